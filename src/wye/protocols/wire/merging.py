"""What a stream says of one thing in several pieces."""

from typing import TypeVar

import msgspec

_Told = TypeVar("_Told", bound=msgspec.Struct)


def merge(earlier: _Told | None, later: _Told) -> _Told:
    """Return what is known after `later` came: a field that it leaves out (None) stays as it was.

    `earlier` is changed.
    """
    if earlier is None:
        return later
    for name in later.__struct_fields__:
        value = getattr(later, name)
        if value is not None:
            setattr(earlier, name, value)
    return earlier
