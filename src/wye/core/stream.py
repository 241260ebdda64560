"""An answer as it arrives: small events, and the order they may come in.

Rules:

- `Begin` comes first. A part is opened, filled and closed; several may be open (parallel tool calls), each
  known by (choice, index). Indexes of a choice are handed out from 0 upwards.
- `Finished` ends a choice, when all of its parts are closed; `Used` may come any time after `Begin`, the last
  one counts; `End` is the last event. `Fail` may come instead of anything, and nothing follows it.
- `Ping` means nothing and may come any time.

`LEGAL` is that as a table; `Order` checks it, `fold.fold` makes the whole answer.
"""

from wye.core.chat import Citation, Extras, Finish, Part, Section
from wye.core.usage import Usage


class Begin(Section, frozen=True, tag="begin"):
    """An answer begins."""

    id: str
    model: str
    created: int | None = None
    protocol: str = ""
    """Whose `extras` these are, here and in what follows."""
    extras: Extras = {}
    """Of the answer."""


class Open(Section, frozen=True, tag="open"):
    """A part begins: `part` holds what is known at once (a tool call's id and name), and no content.

    A part that cannot come in pieces (`Opaque`, an image) is opened whole and closed.
    """

    index: int
    part: Part
    choice: int = 0


class Delta(Section, frozen=True, tag="delta"):
    """More of an open part: text, thought, refusal, or a tool call's arguments."""

    index: int
    text: str
    choice: int = 0
    passage: int | None = None
    """Of a thought: the passage of its `summary` that this is more of, from 0; None = of its text."""
    logprobs: Extras | None = None
    """Of these tokens, in OpenAI Chat's shape."""


class Sign(Section, frozen=True, tag="sign"):
    """A signature or encrypted content for an open part."""

    index: int
    signature: str = ""
    encrypted: str = ""
    choice: int = 0


class Cite(Section, frozen=True, tag="cite"):
    """A citation in an open text."""

    index: int
    citation: Citation
    choice: int = 0


class Close(Section, frozen=True, tag="close"):
    """A part is whole."""

    index: int
    choice: int = 0


class Finished(Section, frozen=True, tag="finished"):
    """A choice is whole."""

    finish: Finish
    stop_sequence: str = ""
    native_finish: str = ""
    choice: int = 0
    extras: Extras = {}
    """Of the choice."""


class Used(Section, frozen=True, tag="used"):
    """Usage so far."""

    usage: Usage


class Ping(Section, frozen=True, tag="ping"):
    """The upstream lives."""


class Fail(Section, frozen=True, tag="fail"):
    """The upstream broke off and said why."""

    message: str
    kind: str = ""
    """The upstream's own word."""


class End(Section, frozen=True, tag="end"):
    """The answer is whole."""


Event = Begin | Open | Delta | Sign | Cite | Close | Finished | Used | Ping | Fail | End

LEGAL: dict[str, tuple[type, ...]] = {
    "idle": (Begin, Ping, Fail),
    "begun": (Open, Delta, Sign, Cite, Close, Finished, Used, Ping, Fail, End),
    "over": (),
}
"""State -> events that may come. Which part may be opened or filled is checked by `Order` beside it."""


class OrderError(ValueError):
    """Events came in an order that no answer has."""


class Order:
    """Watches a stream of events. `see` raises `OrderError` at the first that may not come."""

    def __init__(self) -> None:
        self.state = "idle"
        self._open: set[tuple[int, int]] = set()
        self._next: dict[int, int] = {}
        self._finished: set[int] = set()

    def see(self, event: Event) -> None:
        """Check one event."""
        if not isinstance(event, LEGAL[self.state]):
            message = f"{type(event).__name__} may not come while {self.state}"
            raise OrderError(message)
        match event:
            case Begin():
                self.state = "begun"
            case Fail():
                self.state = "over"
            case End():
                self._demand(not self._open, "a part is still open")
                self.state = "over"
            case Open(index=index, choice=choice):
                self._demand(choice not in self._finished, f"choice {choice} is finished")
                self._demand(index == self._next.get(choice, 0), f"part {index} is out of turn")
                self._next[choice] = index + 1
                self._open.add((choice, index))
            case Finished(choice=choice):
                still = any(of == choice for of, _ in self._open)
                self._demand(not still and choice not in self._finished, f"choice {choice} cannot finish")
                self._finished.add(choice)
            case Delta(index=index, choice=choice) | Sign(index=index, choice=choice):
                self._demand((choice, index) in self._open, f"part {index} is not open")
            case Cite(index=index, choice=choice):
                self._demand((choice, index) in self._open, f"part {index} is not open")
            case Close(index=index, choice=choice):
                self._demand((choice, index) in self._open, f"part {index} is not open")
                self._open.discard((choice, index))

    @staticmethod
    def _demand(true: bool, otherwise: str) -> None:  # noqa: FBT001  # an assertion with words
        if not true:
            raise OrderError(otherwise)
