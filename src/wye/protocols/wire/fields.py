"""Take a decoded JSON object apart: each member by name and type, and what is left over.

Built for translation, where nothing may be dropped in silence: what nobody took is in `rest()`.
"""

from typing import Any, NoReturn

from wye.core.chat import Extras

_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "an integer",
    list: "a list",
    dict: "an object",
}


class FieldError(ValueError):
    """A member has the wrong type or is missing. `path` names it, as in `messages[0].content`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"`{path}` {problem}" if path else f"the body {problem}")
        self.path = path


class Fields:
    """The members of one object. A null counts as left out."""

    __slots__ = ("_left", "path")

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise FieldError(path, "must be an object")
        self.path = path
        if None in value.values():
            self._left = {name: one for name, one in value.items() if one is not None}
        else:
            self._left = value.copy()

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, problem: str) -> FieldError:
        """Return the error that `name` has `problem`."""
        return FieldError(self.at(name), problem)

    def refuse(self, name: str, problem: str) -> NoReturn:
        """Raise the error that `name` has `problem`."""
        raise self.wrong(name, problem)

    def take(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        """Take a member of any type; None = left out."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str:
        """Take text; empty = left out."""
        value = self._left.pop(name, None)
        if value is None:
            return ""
        if type(value) is str:
            return value
        raise self.wrong(name, f"must be {_KINDS[str]}")

    def word(self, name: str) -> str:
        """Take text that must be there."""
        if name not in self._left:
            raise self.wrong(name, "is required")
        return self.text(name)

    def flag(self, name: str) -> bool | None:
        """Take true or false."""
        value: bool | None = self._typed(name, bool)
        return value

    def integer(self, name: str) -> int | None:
        """Take an integer."""
        value: int | None = self._typed(name, int)
        return value

    def number(self, name: str) -> float | None:
        """Take a number."""
        value = self._left.pop(name, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.wrong(name, "must be a number")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take one text or a list of them."""
        value = self._left.pop(name, None)
        if value is None:
            return ()
        many = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in many):
            raise self.wrong(name, "must be text or a list of texts")
        return tuple(many)

    def object(self, name: str) -> Extras | None:
        """Take an object as it is."""
        value: Extras | None = self._typed(name, dict)
        return value

    def fields(self, name: str) -> "Fields | None":
        """Take an object, to be taken apart."""
        value = self._left.pop(name, None)
        return None if value is None else Fields(value, self.at(name))

    def many(self, name: str) -> "list[Fields]":
        """Take a list of objects, to be taken apart; empty = left out."""
        value: list[Any] | None = self._typed(name, list)
        if not value:
            return []
        path = self.at(name)
        return [Fields(one, f"{path}[{at}]") for at, one in enumerate(value)]

    def has(self, name: str) -> bool:
        """Tell whether a member is there and was not taken."""
        return name in self._left

    def kind(self, name: str) -> type | None:
        """Return the type of a member that was not taken; None = left out."""
        return type(self._left[name]) if name in self._left else None

    def peek(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        """Return a member of any type and leave it in place; None = left out."""
        return self._left.get(name)

    def put_back(self, name: str, rest: Extras) -> None:
        """Put back what was not known of a member that was taken."""
        if rest:
            self._left[name] = rest

    def rest(self) -> Extras:
        """Return what was not taken."""
        return self._left

    def _typed(self, name: str, kind: type) -> Any:  # noqa: ANN401  # what `kind` says
        value = self._left.pop(name, None)
        if value is not None and type(value) is not kind:  # exactly: true and false are no integers
            raise self.wrong(name, f"must be {_KINDS[kind]}")
        return value


def overlay(known: Extras, extras: Extras) -> Extras:
    """Put `extras` back into `known`, in place: objects are merged, anything else is added or replaced."""
    for name, value in extras.items():
        there = known.get(name)
        both = isinstance(there, dict) and isinstance(value, dict)
        known[name] = overlay(dict(there), value) if both else value  # type: ignore[arg-type]  # `both`
    return known
