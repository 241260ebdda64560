"""Take out of a conversation or an answer what only its own protocol can read."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import msgspec

from wye.core.chat import Section

S = TypeVar("S", bound=Section)


class _Look(NamedTuple):
    """Where to look in one kind of section."""

    emptied: tuple[str, ...]
    inner: tuple[str, ...]
    """Members that hold sections, or tuples of them, in which there may be something to empty."""


def bare(value: S, *others: str) -> S:
    """Return `value` without the `extras` at any level, and without the members named in `others`.

    For a writer of another protocol than `value` was read from. What holds none comes back as it is.
    """
    return _bare(value, ("extras", *others))


def _bare(value: S, names: tuple[str, ...]) -> S:
    look = _look(type(value), names)
    changes: dict[str, Any] = {}
    for name in look.emptied:
        told = getattr(value, name)
        if told:
            changes[name] = type(told)() if isinstance(told, dict | str) else None
    for name in look.inner:
        held = getattr(value, name)
        if held:
            new = _each(held, names) if type(held) is tuple else _bare(held, names)
            if new is not held:
                changes[name] = new
    return msgspec.structs.replace(value, **changes) if changes else value


def _each(held: tuple[Section, ...], names: tuple[str, ...]) -> tuple[Section, ...]:
    new: list[Section] | None = None
    for at, one in enumerate(held):
        stripped = _bare(one, names)
        if stripped is not one:
            if new is None:
                new = list(held)
            new[at] = stripped
    return held if new is None else tuple(new)


@functools.cache  # a few kinds, and two sets of names
def _look(kind: type[Section], names: tuple[str, ...]) -> _Look:
    hints = get_type_hints(kind)
    emptied = tuple(name for name in names if name in hints)
    inner = tuple(
        name
        for name, hint in hints.items()
        if name not in names and any(any(_look(one, names)) for one in _sections(hint))
    )
    return _Look(emptied, inner)


def _sections(hint: Any) -> Iterator[type[Section]]:  # noqa: ANN401  # any annotation
    if isinstance(hint, type) and issubclass(hint, Section):
        yield hint
    for one in get_args(hint):
        yield from _sections(one)
