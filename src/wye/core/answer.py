"""A whole answer, free of any protocol's spelling."""

from wye.core.chat import Extras, Finish, Part, Section
from wye.core.usage import Usage


class Choice(Section, frozen=True):
    """One of the alternatives that were asked for; mostly there is one."""

    parts: tuple[Part, ...]
    finish: Finish = Finish.STOP
    stop_sequence: str = ""
    """Which one ended it, where the upstream says so."""
    native_finish: str = ""
    """The upstream's own word, where `finish` is coarser."""
    logprobs: Extras | None = None
    """In OpenAI Chat's shape."""
    extras: Extras = {}


class Answer(Section, frozen=True):
    """What an upstream answered."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created: int | None = None
    """Unix seconds, where the upstream says so."""
    protocol: str = ""
    """Whose `extras` these are, at every level: a dialect puts back only its own."""
    extras: Extras = {}
