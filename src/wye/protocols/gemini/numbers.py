"""Numbers as ProtoJSON has them: an integer may come as `40`, `40.0` or `"40"`. Source: ProtoJSON format."""

from wye.protocols.wire.fields import Fields


def whole(fields: Fields, name: str) -> int | None:
    """Take an integer. Raises `FieldError`."""
    value = fields.take(name)
    if value is None:
        return None
    read = integer(value)
    if read is None:
        fields.refuse(name, "must be an integer")
    return read


def integer(value: object) -> int | None:
    """Return `value` as an integer; None = it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 20:  # noqa: PLR2004  # digits of an int64
        return int(value)
    return value if isinstance(value, int) else None
