"""Who asks for what: all of a question but its labels."""

from enum import Enum

import msgspec


class Action(Enum):
    """What is to be done with a request's content."""

    INFER = "infer"
    SHADOW = "shadow"
    JUDGE = "judge"
    CACHE = "cache"
    STORE = "store"
    EXPORT = "export"


class Asking(msgspec.Struct, frozen=True):
    """Who asks, for what, and how much of it there is."""

    key: str = ""
    team: str = ""
    purpose: str = ""
    size: int = 0
    """Bytes of the request."""


NOBODY = Asking()
