"""Which slots of own machines requests held, hour by hour, by the ledger's attempts."""

from collections.abc import Collection, Mapping

from wye.economics.allocation import BusyHour, Held, busy_hours
from wye.economics.history import History
from wye.economics.showback import Group, column

_LONGEST = 86_400
"""Seconds before the period that a request may have begun and still be under way in it."""


def hours(  # noqa: PLR0913, PLR0917  # which, of whom, when
    history: History,
    deployments: Collection[str],
    by: Group,
    since: float,
    until: float,
    projects: Mapping[str, str] | None = None,
) -> list[BusyHour]:
    """Return every hour of the period with the slots that were held at `deployments`, by group.

    A gate's second opinions, shadows and hedges held slots like anybody, and what got no answer may have been
    worked on; what was not sent, or turned away, held none. `projects`: key id -> project.
    """
    spans = f"""
        SELECT grp, began, began + CAST(round(one.duration_ms * 1000) AS BIGINT) AS ended
        FROM (SELECT grp, one, CAST(round("at" * 1000000 + one.started_ms * 1000) AS BIGINT) AS began
              FROM (SELECT "at", CAST({column(by)} AS VARCHAR) AS grp, unnest(tried) AS one
                    FROM request WHERE "at" >= ? AND "at" < ?))
        WHERE list_contains(?, one.deployment) AND one.cause <> 'skip' AND one.duration_ms > 0
          AND (one.status BETWEEN 200 AND 299 OR one.status = 0)
    """  # noqa: S608  # our own names
    parameters = [since - _LONGEST, until, sorted(deployments)]
    # Nearly all lie in one hour of the period: those are summed up where they are.
    found = history.rows(
        f"""
        SELECT began // 3600000000, grp, coalesce(sum(ended - began) FILTER (inside), 0),
               list([began, ended]) FILTER (NOT inside)
        FROM (SELECT *, began >= ? AND ended <= ?
                        AND began // 3600000000 = (ended - 1) // 3600000000 AS inside
              FROM ({spans}))
        GROUP BY 1, 2
        """,  # noqa: S608  # our own names
        [round(since * 1_000_000), round(until * 1_000_000), *parameters],
    )
    known = projects or {}

    def name(group: str | None) -> str:
        return known.get(group or "", "") if by == "project" else group or ""

    held = (
        Held(began / 1_000_000, ended / 1_000_000, name(group))
        for _, group, _, spanning in found
        for began, ended in spanning or ()
    )
    within = ((int(index), name(group), int(micros)) for index, group, micros, _ in found if micros)
    return list(busy_hours(held, since, until, within))
