"""What a check found, and what to do about it."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """wye starts, without something or with a risk."""
    FAIL = "fail"
    """wye does not start, or does not do what was asked of it."""


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor. Holds no secret."""

    check: str
    level: Level
    message: str
    todo: str = ""


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, message)


def warn(check: str, message: str, todo: str = "") -> Finding:
    """Something is missing or risky."""
    return Finding(check, Level.WARN, message, todo)


def fail(check: str, message: str, todo: str = "") -> Finding:
    """Something is broken."""
    return Finding(check, Level.FAIL, message, todo)
