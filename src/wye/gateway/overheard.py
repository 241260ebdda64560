"""An answer as the client will see it, and what it says: for whoever must judge it before it is sent."""

import copy

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.fold import FailedError, Folder, fold
from wye.core.request import Request
from wye.core.stream import Delta, Event
from wye.gateway.crossing import Crossing
from wye.gateway.spoken import answerer
from wye.protocols.translate import DownstreamDialect, EventWriter


class Ear:
    """Hears the last answer that a crossing made."""

    def __init__(self) -> None:
        self._said: Answer | Folder | None = None

    @property
    def said(self) -> Answer:
        """What was said. Raises `ValueError` if it was no whole answer."""
        if isinstance(self._said, Folder):
            return self._said.answer()
        if self._said is None:
            message = "nothing was said"
            raise ValueError(message)
        return self._said

    def on(self, crossing: Crossing, *, silent: bool = False, sure: bool = False) -> Crossing:
        """Return `crossing` with this ear at its client's end.

        `silent`: it writes nothing for a client. `sure`: it does not tell it of logprobs.
        """
        heard = copy.copy(crossing)
        heard.source = _Listening(self, crossing.source, silent=silent, sure=sure)
        return heard

    def hear(self, said: Answer | Folder) -> None:
        """Hear an answer, or one that is still to be told event by event."""
        self._said = said


class _Listening:
    """A client's protocol, with somebody who listens."""

    def __init__(self, ear: Ear, source: DownstreamDialect, *, silent: bool, sure: bool) -> None:
        self._ear = ear
        self._source = source
        self._silent = silent
        self._sure = sure
        self.name = source.name

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError`."""
        return self._source.read_request(body)

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for the client."""
        self._ear.hear(answer)
        if self._sure:
            choices = tuple(msgspec.structs.replace(choice, logprobs=None) for choice in answer.choices)
            answer = msgspec.structs.replace(answer, choices=choices)
        return b"" if self._silent else self._source.write_answer(answer)

    def writer(self, *, want_usage: bool) -> EventWriter:
        """Return the writer of one downstream stream."""
        folder = Folder()
        self._ear.hear(folder)
        return _Writer(folder, self._source.writer(want_usage=want_usage), sure=self._sure)


class _Writer:
    """Writes one stream, and folds it."""

    def __init__(self, folder: Folder, writer: EventWriter, *, sure: bool) -> None:
        self._folder = folder
        self._writer = writer
        self._sure = sure

    def write(self, event: Event) -> bytes:
        """Return the bytes that tell `event`. Raises `ValueError` for one that may not come."""
        self._folder.take(event)
        if self._sure and isinstance(event, Delta):
            event = msgspec.structs.replace(event, logprobs=None)
        return self._writer.write(event)


def heard(request: Request, body: bytes, *, streamed: bool) -> Answer:
    """Return what an answer says that came from an upstream of the client's protocol, and whole.

    Raises `ValueError` if it is none, or nothing here reads it.
    """
    dialect = answerer(request)
    if not streamed:
        return dialect.read_answer(body)
    reader = dialect.reader()
    try:
        return fold([*reader.feed(body), *reader.finish()])
    except FailedError as error:
        raise ValueError(str(error)) from error
