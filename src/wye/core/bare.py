"""Take out of a conversation or an answer what only its own protocol can read."""

from typing import Any, TypeVar

import msgspec

from wye.core.chat import Section

S = TypeVar("S", bound=Section)


def bare(value: S, *others: str) -> S:
    """Return `value` without the `extras` at any level, and without the members named in `others`.

    For a writer of another protocol than `value` was read from. What holds none comes back as it is.
    """
    stripped: S = _bare(value, ("extras", *others))
    return stripped


def _bare(value: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401  # walks any tree of sections
    if isinstance(value, tuple):
        new = [_bare(one, names) for one in value]
        return value if all(map(_same, new, value)) else tuple(new)
    if not isinstance(value, Section):
        return value
    changes: dict[str, Any] = {}
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        if name in names:
            if inner:
                changes[name] = type(inner)() if isinstance(inner, dict | str) else None
        elif isinstance(inner, Section | tuple):
            new_inner = _bare(inner, names)
            if new_inner is not inner:
                changes[name] = new_inner
    return msgspec.structs.replace(value, **changes) if changes else value


def _same(new: object, old: object) -> bool:
    return new is old
