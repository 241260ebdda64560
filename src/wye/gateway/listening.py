"""One answer looked at while it is passed on: what stands there labels what goes on from it.

An answer that was not looked at to its end counts as if everything had been found in it.
"""

from collections.abc import Callable

from wye.core.label import Labels
from wye.gateway.inspection import Inspection, Raised
from wye.gateway.inspectors import Stream
from wye.ledger.entry import Entry


class Listening:
    """Looks at one answer, and raises its conversation's labels before its last bytes leave."""

    def __init__(
        self, inspection: Inspection, labels: Labels, entry: Entry, learn: Callable[[Labels], None]
    ) -> None:
        """`labels` hold for what goes on anyway; `learn` is told of those that the answer raises."""
        self._inspection = inspection
        self._labels = labels
        self._entry = entry
        self._learn = learn
        self._stream: Stream | None = None
        self._heard = False
        self._over = False
        entry.unheard = self.abandon

    def begin(self) -> None:
        """The answer is a stream: take it from its entry as it passes."""
        self._entry.listener = self.feed

    def feed(self, content: bytes) -> None:
        """Take a piece of a streamed answer. Waits for nobody."""
        self._heard = True
        if self._stream is None:
            self._stream = self._inspection.stream()
        self._stream.feed(content)

    async def whole(self, body: bytes) -> None:
        """Look at an answer that is here whole."""
        self._heard = True
        self._raise(await self._inspection.answer(body, self._labels))

    async def end(self) -> None:
        """The stream is over: wait for what was found."""
        self._entry.listener = None
        if self._stream is not None and not self._over:
            self._raise(await self._inspection.streamed(self._stream, self._labels))

    def abandon(self) -> None:
        """Nobody waits for what is found: some of it was said all the same."""
        self._entry.listener = None
        if self._stream is not None:
            self._stream.drop()
        if self._heard and not self._over:
            self._raise(self._inspection.unread("unfinished", self._labels))

    def _raise(self, raised: Raised) -> None:
        self._over = True
        if raised.labels:
            entry = self._entry
            entry.answer_labels = tuple(sorted(raised.labels))
            entry.origins += raised.origins
            self._learn(raised.labels)
