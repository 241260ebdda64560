"""Groups of rows -> the names that clients ask for: deployments, aliases in order, routes."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wye.config.litellm.rows import Row
from wye.config.litellm.source import Fields, Notes, texts
from wye.config.names import AUTO, is_name
from wye.config.settings import DeploymentSettings, RouteSettings, Rule
from wye.config.tree import Node

MOST = 8
"""Candidates that a request is tried at."""
_BY_COST = "cost-based-routing"

Lists = Mapping[str, tuple[str, ...]]


class References(msgspec.Struct, frozen=True):
    """Where groups lead besides their own rows."""

    fallbacks: Lists
    longer: Lists
    """Fallbacks for what does not fit the context."""
    always: tuple[str, ...]
    """Fallbacks of every group."""
    aliases: Mapping[str, str]
    by_cost: bool

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
            fallbacks=_lists(module.node("fallbacks")) | _lists(router.node("fallbacks")),
            longer=_lists(module.node("context_window_fallbacks"))
            | _lists(router.node("context_window_fallbacks")),
            always=router.names("default_fallbacks") or module.names("default_fallbacks"),
            aliases=_aliases(router.below("model_group_alias")),
            by_cost=strategy == _BY_COST,
        )


def _lists(node: Node | None) -> dict[str, tuple[str, ...]]:
    """Read `[{group: [others]}, ...]`."""
    found = {}
    for entry in node.value if node and isinstance(node.value, list) else []:
        for name, below in Fields(entry).pairs():
            found[name] = texts(below)
    return found


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
        self.auto: tuple[str, ...] = ()
        self._references = references
        self._notes = notes
        self._rows: dict[str, list[Row]] = {}
        for row in rows:
            self._rows.setdefault(row.group, []).append(row)
        self._ids = {name: self._named(name) for name in self._rows}
        for name in self._rows:
            self._settle(name)
        for name, to in references.aliases.items():
            self._alias(name, to)

    def _named(self, group: str) -> tuple[str, ...]:
        """Return the deployments of a group, and declare those that need to be."""
        rows = sorted(self._rows[group], key=lambda row: row.place)
        alone = len(rows) == 1 and not self._further(group) and group != AUTO
        ids = []
        for row in rows:
            if row.plain and (row.plain not in self._rows or (alone and row.plain == group)):
                name = row.plain
            else:
                name = group if alone else self._fresh(f"{group}/{row.litellm}")
                self.deployments[name] = row.settings
            ids.append(name)
        return tuple(dict.fromkeys(ids))

    def _fresh(self, name: str) -> str:
        taken = {*self._rows, *self.deployments, *self._references.aliases}
        number, fresh = 1, name
        while fresh in taken:
            number += 1
            fresh = f"{name}-{number}"
        return fresh

    def _further(self, group: str) -> tuple[str, ...]:
        """Return the groups that follow, those for long requests last."""
        known = self._references
        named = (*known.fallbacks.get(group, known.always), *known.longer.get(group, ()))
        return tuple(name for name in dict.fromkeys(named) if name != group)

    def _settle(self, group: str) -> None:
        """Say what asking for `group` means."""
        references, own = self._references, self._ids[group]
        others = self._found(self._further(group), group)
        ids = tuple(dict.fromkeys((*own, *others)))
        if len(own) > 1 and not references.by_cost:
            what = "load balancing: wye asks in the order given, and the next one when one fails or is full"
            self._notes.add("changed", what, self._rows[group][0].line)
        if len(ids) > MOST:
            self._notes.add("changed", f"'{group}': the first {MOST} of {len(ids)} are tried")
        if group == AUTO:
            self._notes.add(
                "changed", "'auto' is wye's own name: it chooses the cheapest that fits of what stood there"
            )
            self.auto = ids
        elif set(references.longer.get(group, ())) - {group}:
            what = f"'{group}' is a route, since long requests go elsewhere: profiles need `context_tokens`"
            self._notes.add("changed", what)
            self.routes[group] = RouteSettings(candidates=ids, rules=(Rule(name="in order", use=ids),))
        elif references.by_cost and len(own) > 1 and not others:
            self.routes[group] = RouteSettings(candidates=ids)
        elif ids != (group,):
            self.aliases[group] = ids[0] if len(ids) == 1 else ids

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
        if to in self.routes:
            self.routes[name] = self.routes[to]
        elif to in self.aliases:
            self.aliases[name] = self.aliases[to]
        else:
            ids = self._ids[to]
            self.aliases[name] = ids[0]
