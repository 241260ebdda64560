"""Groups of rows -> the names that clients ask for: deployments, aliases in order, routes."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from wye.catalog.names import lane_of
from wye.catalog.providers import PROVIDERS
from wye.config.litellm.rows import SHARES, Row
from wye.config.litellm.source import Fields, Notes
from wye.config.names import AUTO, is_name
from wye.config.strategies import Objective, RouteSettings, Rule
from wye.config.upstreams import DeploymentSettings
from wye.core.lane import Lane

MOST = 8
"""Candidates that a request is tried at."""
_OBJECTIVES = {
    "cost-based-routing": Objective(quality=0.0),
    "latency-based-routing": Objective(best="fastest"),
}
"""What LiteLLM's strategies are after; all others share out."""

Lists = Mapping[str, tuple[str, ...]]


class References(msgspec.Struct, frozen=True):
    """Where groups lead besides their own rows."""

    fallbacks: Lists
    longer: Lists
    """Fallbacks for what does not fit the context."""
    always: tuple[str, ...]
    """Fallbacks of every group."""
    aliases: Mapping[str, str]
    objective: Objective | None
    """What the best of a group is; None = it is balanced."""

    @classmethod
    def read(cls, router: Fields, module: Fields, notes: Notes) -> "References":
        """Read them from `router_settings`, else from `litellm_settings`."""
        for section in (router, module):
            line = section.at("content_policy_fallbacks")
            if section.node("content_policy_fallbacks") is not None:
                notes.add(
                    "left out",
                    "`content_policy_fallbacks`: a refusal is an answer, and goes to the client",
                    line,
                )
        strategy = router.text("routing_strategy") or "simple-shuffle"
        router.node("routing_strategy_args")
        return cls(
            fallbacks=module.lists("fallbacks") | router.lists("fallbacks"),
            longer=module.lists("context_window_fallbacks") | router.lists("context_window_fallbacks"),
            always=router.names("default_fallbacks") or module.names("default_fallbacks"),
            aliases=_aliases(router.below("model_group_alias")),
            objective=_OBJECTIVES.get(strategy),
        )


def _aliases(table: Fields) -> dict[str, str]:
    """Read `{alias: group}` and `{alias: {model: group, hidden: ...}}`."""
    found = {}
    for name, node in table.pairs():
        to = node.value if isinstance(node.value, str) else Fields(node).text("model")
        if to:
            found[name] = to
    return found


class Groups:
    """What each name comes to. `auto` has its own place: the name is wye's."""

    def __init__(self, rows: Iterable[Row], references: References, notes: Notes) -> None:
        self.deployments: dict[str, DeploymentSettings] = {}
        self.aliases: dict[str, str | tuple[str, ...]] = {}
        self.routes: dict[str, RouteSettings] = {}
        self.auto = RouteSettings()
        self._references = references
        self._notes = notes
        self._rows: dict[str, list[Row]] = {}
        for row in rows:
            self._rows.setdefault(row.group, []).append(row)
        self._longer = {name: self._held(name) for name in self._rows}
        for name in dict.fromkeys((*references.fallbacks, *references.longer)):
            if not self._group(name):
                notes.add("left out", f"fallbacks of '{name}', which is not there")
        self._made: dict[str, list[tuple[Row, str]]] = {}
        """Group -> its rows in order, and the deployments they became."""
        self._ids = {name: self._named(name) for name in self._rows}
        for name in self._rows:
            self._settle(name)
        for name, to in references.aliases.items():
            self._alias(name, to)

    def _named(self, group: str) -> tuple[str, ...]:
        """Return the deployments of a group, and declare those that need to be."""
        rows = sorted(self._rows[group], key=lambda row: row.place or 0)
        alone = len(rows) == 1 and not self._further(group) and group != AUTO
        ids = []
        for row in rows:
            if row.plain and (row.plain not in self._rows or (alone and row.plain == group)):
                name = row.plain
            else:
                name = group if alone else self._fresh(f"{group}/{row.litellm}")
                self.deployments[name] = row.settings
            ids.append(name)
        self._made[group] = list(zip(rows, ids, strict=True))
        return tuple(dict.fromkeys(ids))

    def _fresh(self, name: str) -> str:
        taken = {*self._rows, *self.deployments, *self._references.aliases}
        number, fresh = 1, name
        while fresh in taken:
            number += 1
            fresh = f"{name}-{number}"
        return fresh

    def _after(self, group: str) -> tuple[str, ...]:
        """Return the groups that follow when this one fails, whatever the reason."""
        named = self._references.fallbacks.get(group, self._references.always)
        return tuple(name for name in dict.fromkeys(named) if name != group)

    def _further(self, group: str) -> tuple[str, ...]:
        return (*self._after(group), *self._longer[group])

    def _group(self, name: str) -> list[Row]:
        return self._rows.get(self._references.aliases.get(name, name), [])

    def _held(self, group: str) -> tuple[str, ...]:
        """Return the groups that get what is too long for this one, and certainly nothing else.

        A route leaves them out while anybody before them fits, which takes a known context. It goes by an
        estimate, so that they may not reach further than the group itself does.
        """
        after, kept = self._after(group), []
        near = [row for name in (group, *after) for row in self._group(name)]
        blind = [row.group for row in near if _context(row) is None]
        for name in dict.fromkeys(self._references.longer.get(group, ())):
            there = self._group(name)
            if name == group or name in after:
                continue
            if not there or not (blind or _widens(self._rows[group], there)):
                kept.append(name)
                continue
            who = f"'{name}' ({', '.join(dict.fromkeys(map(_reach, there)))})"
            if _widens(self._rows[group], there):
                why = f"data of '{group}' ({_reach(self._rows[group][0])}) would reach further"
            else:
                why = f"the context of '{blind[0]}' is not known (`context_tokens` of its `profile`)"
            what = (
                f"`context_window_fallbacks`: what is too long for '{group}' went to {who}, and now fails: "
                f"{why}. As a fallback of wye's {who} would get all traffic of '{group}' whenever that is "
                f"down. Let clients ask for '{name}', or write a route"
            )
            self._notes.add("to do", what, self._rows[group][0].line, first=True)
        return tuple(kept)

    def _settle(self, group: str) -> None:
        """Say what asking for `group` means."""
        references, own, rows = self._references, self._ids[group], self._rows[group]
        others = self._found(self._after(group), group)
        near = tuple(dict.fromkeys((*own, *others)))
        longer = tuple(i for i in dict.fromkeys(self._found(self._longer[group], group)) if i not in near)
        ids = (*near, *longer)
        best = references.objective if len(own) > 1 and not others and not longer else None
        weights = {} if best else self._shares(group)
        for name in self._after(group):
            if _widens(rows, self._group(name)):
                what = (
                    f"'{group}' ({_reach(rows[0])}) falls back to '{name}' ({_reach(self._group(name)[0])}) "
                    "on any failure, as it did: take it out of the list if the data may not go there"
                )
                self._notes.add("to do", what, rows[0].line, first=True)
        if len(ids) > MOST:
            self._notes.add("changed", f"'{group}': the first {MOST} of {len(ids)} are tried")
        if longer:
            what = f"'{group}' is a route: what is too long for it, at 3 bytes a token, goes to"
            self._notes.add("changed", f"{what} {', '.join(longer)}")
        rules = (
            Rule(name="shared out" if weights else "in order", use=near, weights=weights),
            Rule(name="too long for those", use=longer),
        )
        if best:
            route = RouteSettings(candidates=ids, objective=best)
        else:
            route = RouteSettings(candidates=ids, rules=rules[: 1 + bool(longer)] if len(ids) > 1 else ())
        if group == AUTO:
            self._notes.add(
                "changed", "'auto' is wye's own name: it means what stood there, and nothing else"
            )
            self.auto = route
        elif longer or best or weights:
            self.routes[group] = route
        elif ids != (group,):
            self.aliases[group] = ids[0] if len(ids) == 1 else ids

    def _shares(self, group: str) -> dict[str, float]:
        """Return each deployment's share of a balanced group's conversations; empty = it is not balanced."""
        made = self._made[group]
        first = min((row.place for row, _ in made if row.place is not None), default=None)
        there = [(row, id_) for row, id_ in made if row.place == first]
        by = next((name for name in SHARES if any(name in row.shares for row, _ in there)), "")
        shares: dict[str, float] = {}
        for row, id_ in there:
            shares[id_] = shares.get(id_, 0.0) + (row.shares.get(by, 0.0) if by else 1.0)
        if len(shares) == 1 or not any(shares.values()):
            return {}
        told = f"by `{by}`" if by else "evenly"
        if idle := [id_ for id_, share in shares.items() if not share]:
            told += f" ({', '.join(idle)}: none, so only when the others fail)"
        what = (
            f"'{group}' is a route: its conversations are shared out over {len(shares)} deployments, {told}; "
            "LiteLLM drew for each request anew"
        )
        self._notes.add("changed", what, made[0][0].line)
        return shares

    def _found(self, names: Iterable[str], group: str) -> tuple[str, ...]:
        ids: list[str] = []
        for name in names:
            there = self._ids.get(self._references.aliases.get(name, name))
            if there is None:
                self._notes.add("left out", f"'{group}' falls back to '{name}', which is not there")
            ids += there or ()
        return tuple(ids)

    def _alias(self, name: str, to: str) -> None:
        if to not in self._ids or name in self._rows or name == AUTO or not is_name(name):
            self._notes.add("left out", f"the alias '{name}' for '{to}'")
            return
        ids: Sequence[str]
        if to == AUTO:
            self.routes[name] = self.auto
        elif to in self.routes:
            self.routes[name] = self.routes[to]
        elif to in self.aliases:
            self.aliases[name] = self.aliases[to]
        else:
            ids = self._ids[to]
            self.aliases[name] = ids[0]


_FURTHER = {Lane.OWN: 0, Lane.HOSTED: 1, Lane.CLOSED: 2}


def _lane(row: Row) -> Lane:
    return row.settings.lane or lane_of(row.settings.model)


def _reach(row: Row) -> str:
    """Say where a row's data goes."""
    if row.machine:
        return "an engine, perhaps yours"
    who = urlsplit(row.settings.base_url or "").hostname if row.unknown else row.litellm
    return f"{who}, {_lane(row).value}"


def _widens(rows: Iterable[Row], others: Iterable[Row]) -> bool:
    """Tell whether data would go further at `others`. Where nobody is known to be may be its owner's."""
    rows = tuple(rows)
    here = max(0 if row.machine or row.unknown else _FURTHER[_lane(row)] for row in rows)
    places = {row.settings.base_url for row in rows} - {None}
    return any(
        not row.machine and row.settings.base_url not in places and _FURTHER[_lane(row)] > here
        for row in others
    )


def _context(row: Row) -> int | None:
    """Return the context that is written down, else the one that wye knows of."""
    settings = row.settings
    if settings.profile.context_tokens is not None or settings.provider is None:
        return settings.profile.context_tokens
    models = PROVIDERS[settings.provider].models
    return next((one.profile.context_tokens for one in models if one.id == settings.model), None)
