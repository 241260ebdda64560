"""What statements look at: a verdict may be used again for whatever differs only in the rest."""

from typing import Any

import msgspec

from wye.policy.cedar.statements import Statement, parsed

_LABELS = {".": {"left": {"Var": "context"}, "attr": "labels"}}
_HOLDS = frozenset({"contains", "containsAll", "containsAny", "==", "!="})
_NOW = {".": {"left": {"Var": "context"}, "attr": "now"}}
_ORDERS = frozenset({"<", "<=", ">", ">=", "==", "!="})
_AGREED = [
    {".": {"left": {"Var": "resource"}, "attr": attribute}}
    for attribute in ("baa_until", "zero_retention_until")
]
_CONTEXT = frozenset({"labels", "purpose", "size", "now"})


class Reads(msgspec.Struct, frozen=True):
    """Whether anything depends on who asks, what for, how much, and when; and on which labels."""

    principal: bool
    action: bool
    purpose: bool
    size: bool
    now: bool
    dates_only: bool
    """The time is held against dates of agreements and nothing else: it matters when one of them comes."""
    words: frozenset[str]
    """All strings in the statements: two labels that are not among them are the same to every one."""
    exact: bool
    """Labels are held against something else than what a statement spells out: each counts."""

    @property
    def only_labels(self) -> bool:
        """Whether labels decide everything."""
        return self.anonymous and not (self.action or self.now)

    @property
    def anonymous(self) -> bool:
        """Whether it is the same whoever asks, what for and how much; the time may matter, and the action."""
        return not (self.principal or self.purpose or self.size)


def reads(statements: tuple[Statement, ...]) -> Reads:
    """Find out. What is not understood counts as looked at."""
    found: set[str] = set()
    words: set[str] = set()
    for statement in statements:
        policy = parsed(statement)
        found |= {scope for scope in ("principal", "action") if policy[scope]["op"] != "All"}
        for condition in policy["conditions"]:
            _walk(condition["body"], found, words)
    if "context" in found:
        found |= _CONTEXT
    return Reads(
        principal="principal" in found,
        action="action" in found,
        purpose="purpose" in found,
        size="size" in found,
        now=not found.isdisjoint(("now", "dates")),
        dates_only="now" not in found,
        words=frozenset(words),
        exact="labels" in found,
    )


def _walk(node: Any, found: set[str], words: set[str]) -> None:  # noqa: ANN401  # decoded JSON
    """Note every variable of `node`, every attribute of the context, and every string."""
    if isinstance(node, str):
        words.add(node)
    elif isinstance(node, list):
        for one in node:
            _walk(one, found, words)
    elif isinstance(node, dict):
        if _spelled_out(node, words):
            return
        if _dated(node):
            found.add("dates")
            return
        attribute = _of_context(node)
        if attribute:
            found.add(attribute)
            return
        if set(node) == {"Var"}:
            found.add(node["Var"])
            return
        for one in node.values():
            _walk(one, found, words)


def _spelled_out(node: dict[str, Any], words: set[str]) -> bool:
    """Whether `node` holds the labels against strings that stand there, which are noted."""
    for operator, operands in node.items():
        if operator == "isEmpty" and operands == {"arg": _LABELS}:
            return True
        if operator in _HOLDS and isinstance(operands, dict):
            left, right = operands.get("left"), operands.get("right")
            other = right if left == _LABELS else left if right == _LABELS else None
            if other is not None and _literal(other):
                _walk(other, set(), words)
                return True
    return False


def _dated(node: dict[str, Any]) -> bool:
    """Whether `node` holds the time against a date of an agreement."""
    if len(node) != 1:
        return False
    [(operator, operands)] = node.items()
    if operator not in _ORDERS:
        return False
    left, right = operands.get("left"), operands.get("right")
    return (left == _NOW and right in _AGREED) or (right == _NOW and left in _AGREED)


def _literal(node: Any) -> bool:  # noqa: ANN401  # decoded JSON
    if set(node) == {"Set"}:
        return all(map(_literal, node["Set"]))
    return set(node) == {"Value"}


def _of_context(node: dict[str, Any]) -> str:
    """Return which attribute of the context `node` asks for, whether it is there or what it is."""
    for operator in (".", "has"):
        inner = node.get(operator)
        if isinstance(inner, dict) and inner.get("left") == {"Var": "context"}:
            name = inner.get("attr")
            if isinstance(name, str) and name in _CONTEXT:
                return name
    return ""
