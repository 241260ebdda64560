"""Cedar asked about deployments: one batch a question, parsed handles, what it depends on as the key."""

import bisect
import math
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import cedarpy
import msgspec

from wye.config.governance import RoleSettings
from wye.core.label import Labels
from wye.policy.cedar.asking import Action, Asking
from wye.policy.cedar.facts import KIND, Facts
from wye.policy.cedar.reads import Reads, reads
from wye.policy.cedar.statements import Statement, policies

OTHER = "\x00other"
"""Stands for every label that no statement names. No label is spelled like it."""
MINUTE = 60
_UNPERMITTED = "no rule of the policy permits it"

Key = tuple[Any, ...]


class Refusal(msgspec.Struct, frozen=True):
    """Why something is not permitted, and by which statements."""

    reasons: tuple[str, ...]
    statements: tuple[str, ...] = ()
    """Their names, a reason each; empty = it is no statement that refuses."""

    @property
    def reason(self) -> str:
        """All of them in a sentence."""
        return "; ".join(self.reasons)


class Engine:
    """Statements, roles and facts, ready to be asked. Immutable."""

    def __init__(
        self,
        statements: tuple[Statement, ...],
        known: Mapping[str, Facts],
        roles: Mapping[str, RoleSettings] | None = None,
        clock: Callable[[], float] = time.time,
        dates: Iterable[date] | None = None,
    ) -> None:
        """`dates`: every one that the facts of any deployment, a late one too, can hold; None = not known."""
        self._statements = statements
        self._policies = policies(statements)
        self._known = known
        self._entities = _entities(known)
        self._roles = roles or {}
        self._clock = clock
        self.reads: Reads = reads(statements)
        self._turns = None if dates is None or not self.reads.dates_only else _turns(dates)

    def key(self, labels: Labels, action: Action, asking: Asking) -> Key:
        """Return what the answer depends on: questions with equal keys have equal answers."""
        seen = self.reads
        told = labels
        if not seen.exact:
            told = frozenset([label if label in seen.words else OTHER for label in labels])
        return (
            told,
            action if seen.action else Action.INFER,
            (asking.key, asking.team) if seen.principal else None,
            asking.purpose if seen.purpose else "",
            asking.size if seen.size else 0,
            int(self.span()[0] // MINUTE) if seen.now else 0,
        )

    def span(self) -> tuple[float, float]:
        """Return from when until when (Unix time) the time changes no answer; now is within.

        Where it is only held against dates, that is between two of those, else this minute.
        """
        now = self._clock()
        if self._turns is None:
            begun = now // MINUTE * MINUTE
            return begun, begun + MINUTE
        at = bisect.bisect_right(self._turns, now)
        return self._turns[at - 1] if at else 0.0, self._turns[at] if at < len(self._turns) else math.inf

    def ask(self, key: Key, late: Mapping[str, Facts] | None = None) -> dict[str, Refusal | None]:
        """Return for every deployment, or those in `late`, why it is refused; None = permitted.

        A statement that cannot be evaluated refuses: Cedar itself would pass over it.
        """
        labels, action, who, purpose, size, minute = key
        key_id, team = who or ("", "")
        facts = self._known if late is None else late
        base = self._entities if late is None else _entities(late)
        entities = base.with_added_json_str(msgspec.json.encode([self._principal(key_id, team)]).decode())
        context = {"labels": sorted(labels), "size": size, "now": _moment(minute * MINUTE)}
        if purpose:
            context["purpose"] = purpose
        asked = [
            {
                "principal": {"type": "Key", "id": key_id},
                "action": {"type": "Action", "id": action.value},
                "resource": {"type": KIND, "id": id_},
                "context": context,
            }
            for id_ in facts
        ]
        results = cedarpy.is_authorized_batch(asked, self._policies, entities) if asked else []
        return {id_: self._refusal(result, facts[id_]) for id_, result in zip(facts, results, strict=True)}

    def roles(self, key_id: str, team: str) -> list[str]:
        """Return the roles of a key."""
        return [
            name
            for name, role in self._roles.items()
            if (key_id and key_id in role.keys) or (team and team in role.teams)
        ]

    def _principal(self, key_id: str, team: str) -> dict[str, Any]:
        parents = [{"type": "Role", "id": name} for name in self.roles(key_id, team)]
        if team:
            parents.append({"type": "Team", "id": team})
        return {"uid": {"type": "Key", "id": key_id}, "attrs": {}, "parents": parents}

    def _refusal(self, result: cedarpy.AuthzResult, facts: Facts) -> Refusal | None:
        diagnostics = result.diagnostics
        if diagnostics.errors:
            errors = "; ".join(map(str, diagnostics.errors))
            return Refusal((f"a rule could not be evaluated: {errors}"[:512],))
        if result.allowed:
            return None
        deciding = sorted(int(name.removeprefix("policy")) for name in diagnostics.reasons)
        if not deciding:
            return Refusal((_UNPERMITTED,))
        statements = [self._statements[number] for number in deciding]
        told = tuple(_told(statement, facts) for statement in statements)
        return Refusal(told, tuple(statement.name for statement in statements))


def _told(statement: Statement, facts: Facts) -> str:
    reason = statement.reason or f"`{statement.name}` forbids it"
    for name in ("lane", "processor", "region"):
        reason = reason.replace(f"{{{name}}}", getattr(facts, name) or "not stated")
    return reason


def _entities(known: Mapping[str, Facts]) -> cedarpy.Entities:
    content: Iterable[Any] = [facts.entity(id_) for id_, facts in known.items()]
    return cedarpy.Entities.from_json_str(msgspec.json.encode(content).decode())


def _turns(dates: Iterable[date]) -> list[float]:
    """Return when a comparison with one of `dates` can change: as it comes, and once its minute is over."""
    begins = {datetime.combine(one, datetime.min.time(), UTC).timestamp() for one in dates}
    return sorted(begins | {begin + MINUTE for begin in begins})


def _moment(seconds: int) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"__extn": {"fn": "datetime", "arg": stamp}}
