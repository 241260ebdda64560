"""What attempts share: the job, what an attempt holds, and how it ends."""

import time
from collections.abc import Mapping
from typing import cast

import msgspec

from wye.core.decision import Decision, Verdict
from wye.core.errors import BadRequestError, WyeError
from wye.core.record import Attempt
from wye.core.request import Request
from wye.core.usage import Usage
from wye.gateway.crossing import Crossing
from wye.gateway.headers import limit_lines
from wye.gateway.hedge import Hedge
from wye.gateway.keys import Caller
from wye.gateway.limits import Reservation
from wye.gateway.listening import Listening
from wye.gateway.masked import Tokens, Veil
from wye.gateway.session import Session
from wye.gateway.target import Target
from wye.ledger.entry import Entry
from wye.protocols.codec import Codec, NativeCodec, Relay
from wye.providers.transport.response import Response


class Hold(msgspec.Struct, eq=False):
    """What an attempt occupies: a place in the gate, and part of a budget. Given back once."""

    target: Target
    reservation: Reservation
    entered: float
    cause: str
    crossing: Crossing | None = None
    """Translates; None = the upstream speaks the client's protocol."""
    lost: tuple[str, ...] = ()
    """Hints of the request that the upstream did not get."""
    released: bool = False
    veil: Veil | None = None
    """What was masked of it, and how its answer is restored; None = nothing has to be."""
    exchanges: list[Response] = []
    """What was exchanged with the upstream for it, answered or not: they count the bytes."""

    first_byte: float = 0.0
    """When the upstream's answer began; 0 = it has not."""

    @property
    def emulated(self) -> tuple[str, ...]:
        """What the upstream was made to look as if it could."""
        return () if self.crossing is None else self.crossing.emulated

    def limits(self, response: Response, *, retry: bool = True) -> bytes:
        """Return header lines that tell the client of the upstream's limits. `retry`: with `Retry-After`."""
        protocol = None if self.crossing is None else self.crossing.protocol
        return limit_lines(self.target.deployment, response.headers, protocol, retry=retry)

    def release(self) -> None:
        """Give the place back."""
        if not self.released:
            self.released = True
            self.target.gate.leave(self.entered)


class Answer(msgspec.Struct, eq=False):
    """An upstream's answer, or the head of a streamed one, and what is to be given back after it."""

    status: int
    body: bytes
    """The whole body; of a stream the first events."""
    usage: Usage | None
    response: Response
    hold: Hold
    streamed: bool = False
    """The body is events."""
    relay: Relay | None = None
    """Reads the rest of a stream; None = `body` is all there is."""
    error: WyeError | None = None
    """What an error answer says, for where its body cannot be passed on."""

    @property
    def headers(self) -> bytes:
        """Header lines that tell the client who answered, their limits, and what was lost or emulated."""
        hold = self.hold
        lines = hold.target.answer_headers + hold.limits(self.response)
        if hold.veil is not None:
            lines += hold.veil.header
        if hold.crossing is None and not hold.lost:
            return lines
        for name, told in ((b"lost", hold.lost), (b"emulated", hold.emulated)):
            if told:
                lines += b"x-wye-%b: %b\r\n" % (name, ", ".join(told).encode("ascii", "replace"))
        return lines


class Failure(msgspec.Struct, eq=False):
    """Why an attempt gave no answer, and what may be done about it."""

    error: WyeError
    retry: bool = False
    fallback: bool = True
    next_cause: str = "fallback"
    retry_after: float | None = None
    passed: Answer | None = None
    """An error answer that goes to the client as it came, if nothing better is found."""


class Job(msgspec.Struct, eq=False):
    """One request with all that binds its attempts."""

    request: Request
    verdict: Verdict
    decision: Decision
    codec: Codec
    caller: Caller
    entry: Entry
    targets: Mapping[str, Target]
    session: Session
    betas: bytes = b""
    """The client's `anthropic-beta`, for upstreams of Anthropic's protocol."""
    refused: BadRequestError | None = None
    """Why a candidate was passed over."""
    hedge: Hedge | None = None
    """When to ask the next candidate as well; None = never."""
    listening: Listening | None = None
    """Looks at the answer; None = nobody needs to."""
    tokens: Tokens | None = None
    """What is masked of it for whoever it has to be; None = nothing was yet."""

    @property
    def native(self) -> NativeCodec:
        """The codec, for an upstream that takes its requests as they are: such codecs are native."""
        return cast("NativeCodec", self.codec)

    @property
    def verbatim(self) -> bool:
        """Whether some candidate takes the request as it is."""
        return any(self.codec.name in self.targets[c.deployment].verbatim for c in self.decision.candidates)

    def way(self, target: Target) -> Crossing | None:
        """Return what translates for `target`; None = nothing needs to be.

        Raises `BadRequestError`, and notes it, where its protocol cannot carry the request.
        """
        try:
            return self.session.way(target)
        except BadRequestError as error:
            note_unmade(self.entry, target, "skip", error)
            self.refused = error
            raise


def note_unmade(entry: Entry, target: Target, cause: str, error: WyeError) -> None:
    """Note an attempt that was not made, so that the next one's cause can be understood."""
    now = entry.elapsed_ms(time.perf_counter())
    entry.tried.append(Attempt(target.deployment.id, cause, now, 0.0, error=error.noted))
