"""Names in statements: one that cannot be meant would make a statement hold never, and nobody would notice.

A caller may name any model of a provider whose list is open, in any case, and providers answer to `GPT-5.5`
as they do to `gpt-5.5`. So what rules see of a model is in lower case (`Facts.entity`), and what they hold
against it has to be. To name a deployment is no way out: its model can be reached by other names as well.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from wye.config.problems import suggestion
from wye.core.errors import BadRequestError
from wye.core.label import Labels, parse_labels
from wye.core.lane import Lane
from wye.policy.cedar.facts import KIND
from wye.policy.cedar.statements import Statement, parsed

_ROLE = "Role"
_LANES = tuple(lane.value for lane in Lane)


def misspelt(statement: Statement, roles: Collection[str]) -> list[str]:
    """Return what is wrong with the names in a statement; empty = nothing. `roles`: those there are."""
    policy = parsed(statement)
    wrong = {told for kind, id_ in _entities(policy) if (told := _entity(kind, id_, roles))}
    for condition in policy["conditions"]:
        for rule, name in _compared(condition["body"]):
            if told := rule(name):
                wrong.add(f"`{name}`: {told}")
    return sorted(wrong)


def labels_in(statement: Statement) -> Labels:
    """Return the labels that a statement speaks of."""
    conditions = parsed(statement)["conditions"]
    return frozenset(name for one in conditions for rule, name in _compared(one["body"]) if rule is _label)


def named_in(statement: Statement, kind: str) -> frozenset[str]:
    """Return whom of a kind (`Team`, `Key`) a statement names."""
    return frozenset(id_ for of, id_ in _entities(parsed(statement)) if of == kind)


def _entity(kind: str, id_: str, roles: Collection[str]) -> str:
    if kind == KIND:
        told = "its model can be reached by other names; ask `resource.processor` and `resource.model`"
    elif kind == _ROLE and id_ not in roles:
        told = f"`policy.roles` gives this role to nobody. {suggestion(id_, roles)}".rstrip()
    else:
        return ""
    return f'`{kind}::"{id_}"`: {told}'


def _model(name: str) -> str:
    low = name.casefold()
    told = f"`resource.model` is in lower case, however a caller spells it; write `{low}`"
    return "" if name == low else told


def _lane(name: str) -> str:
    return "" if name in _LANES else f"there is no such lane; lanes are {', '.join(_LANES)}"


def _label(name: str) -> str:
    try:
        return "" if parse_labels(name) == {name} else "labels are in lower case, and one each"
    except BadRequestError as error:
        return error.message


def _attribute(of: str, name: str) -> dict[str, Any]:
    return {".": {"left": {"Var": of}, "attr": name}}


_RULES: tuple[tuple[dict[str, Any], Callable[[str], str]], ...] = (
    (_attribute("resource", "model"), _model),
    (_attribute("resource", "lane"), _lane),
    (_attribute("context", "labels"), _label),
)


def _entities(node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # decoded JSON
    """Yield kind and id of everything that is named anywhere."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str) and isinstance(node.get("id"), str):
            yield node["type"], node["id"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _entities(one)


def _compared(node: Any) -> Iterator[tuple[Callable[[str], str], str]]:  # noqa: ANN401  # decoded JSON
    """Yield what is held against an attribute that has a rule, with the rule."""
    if isinstance(node, list):
        for one in node:
            yield from _compared(one)
    elif isinstance(node, dict):
        for operands in node.values():
            if isinstance(operands, dict):
                for attribute, rule in _RULES:
                    if attribute in operands.values():
                        yield from ((rule, text) for text in _texts(operands))
            yield from _compared(operands)


def _texts(node: Any) -> Iterator[str]:  # noqa: ANN401  # decoded JSON
    """Yield the strings that stand there, a pattern as one."""
    if isinstance(node, list):
        for one in node:
            yield from _texts(one)
    elif isinstance(node, dict):
        for name, inner in node.items():
            if name == "pattern":
                yield "".join("*" if piece == "Wildcard" else piece["Literal"] for piece in inner)
            elif name == "Value" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
