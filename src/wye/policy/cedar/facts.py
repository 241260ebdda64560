"""What is known of deployments, as Cedar's entities."""

import fnmatch
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.governance import ComplianceSettings

KIND = "Deployment"


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deployment's attributes. None = not known, and then not there."""

    lane: str
    processor: str
    model: str
    region: str | None = None
    licence: str | None = None
    baa_until: date | None = None
    zero_retention_until: date | None = None
    trains_on_data: bool | None = None

    def entity(self, id_: str) -> dict[str, Any]:
        """Return it in Cedar's JSON; its model in lower case, however a caller spelled it."""
        attributes = {
            name: _when(value) if isinstance(value, date) else value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }
        attributes["model"] = self.model.casefold()
        return {"uid": {"type": KIND, "id": id_}, "attrs": attributes, "parents": []}


def facts(deployment: Deployment, rows: Iterable[ComplianceSettings]) -> Facts:
    """Return what is known of `deployment`, whose lane must be proven. The strictest row holds."""
    assert deployment.lane is not None  # noqa: S101  # the caller refuses what is not proven
    matching = [row for row in rows if _matches(row, deployment)]
    return Facts(
        lane=deployment.lane.value,
        processor=deployment.provider,
        model=deployment.model,
        region=deployment.region,
        licence=_agreed({row.licence for row in matching if row.licence is not None}),
        baa_until=min((row.baa_until for row in matching if row.baa_until), default=None),
        zero_retention_until=min(
            (row.zero_retention_until for row in matching if row.zero_retention_until), default=None
        ),
        trains_on_data=max(
            (r.trains_on_data for r in matching if r.trains_on_data is not None), default=None
        ),
    )


def _matches(row: ComplianceSettings, deployment: Deployment) -> bool:
    """Whether a row speaks of `deployment`, in whatever case: callers spell models as they like."""
    model, host = deployment.model.casefold(), deployment.endpoint.host.casefold()
    return (
        row.provider == deployment.provider
        and (row.endpoint is None or row.endpoint.casefold() == host)
        and any(fnmatch.fnmatchcase(model, glob.casefold()) for glob in row.models)
    )


def _agreed(values: set[str]) -> str | None:
    """Return the one value there is: two that differ are as good as none."""
    return values.pop() if len(values) == 1 else None


def _when(value: date) -> dict[str, Any]:
    return {"__extn": {"fn": "datetime", "arg": value.isoformat()}}
