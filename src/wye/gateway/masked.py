"""What leaves for a deployment that the verdict obliges to mask for, and its answer with the values put back.

Rules:

- It is the body as it leaves that is masked, whoever asks and in whichever protocol: retry, fallback, hedge,
  gate, shadow and judge end here. It is the answer as it arrives that is restored, before anybody reads it.
- What cannot be looked into, or not in time, does not leave: that deployment is refused.
- Nor does what nobody can read: pictures, sound, files, and texts given as numbers of tokens.
- Tokens live as long as their request, in memory. Records hold kinds and counts.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import msgspec

from wye.core.errors import MaskingError
from wye.core.usage import Usage
from wye.policy.detectors import Finding
from wye.policy.joined import across, joined
from wye.policy.leaves import Leaf, asked, in_numbers, leaves
from wye.policy.masking import Filter, Mint, Restoration, mask, restored
from wye.protocols.codec import Relay

log = logging.getLogger("wye")

Find = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[Finding]]]]
"""What finds things in texts, text by text. Raises `MaskingError`."""
_AS_NUMBERS, _MEDIA = "a text as numbers", "a picture, sound or file"


class Tokens:
    """The tokens of one request, and what was found in its texts."""

    __slots__ = ("found", "mint")

    def __init__(self) -> None:
        self.mint = Mint()
        self.found: dict[str, Sequence[Finding]] = {}


class Veil(msgspec.Struct, frozen=True):
    """One body that leaves masked, and what its answer needs."""

    body: bytes
    counts: dict[str, int]
    restoration: Restoration

    @property
    def header(self) -> bytes:
        """A header line that tells kinds and counts; empty = nothing had to be masked."""
        told = ", ".join(f"{kind}={count}" for kind, count in self.counts.items())
        return b"x-wye-masked: %b\r\n" % told.encode("ascii", "replace") if told else b""

    def answer(self, body: bytes) -> bytes:
        """Return a whole answer, or an error, with the values."""
        return restored(body, self.restoration) if self.counts else body

    def relay(self, relay: Relay, protocol: str) -> Relay:
        """Return what reads a streamed answer with the values; `protocol` is the upstream's."""
        return Unveiling(relay, Filter(protocol, self.restoration)) if self.counts else relay


class Unveiling:
    """Restores a stream in front of the relay that reads it, and tells what that reads."""

    __slots__ = ("_filter", "_relay", "error", "trouble", "usage")

    def __init__(self, relay: Relay, through: Filter) -> None:
        self._relay = relay
        self._filter = through
        self.usage: Usage | None = None
        self.error = ""
        self.trouble = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those to pass on now. Raises as the relay does."""
        return self._fed(self._filter.feed(chunk))

    def finish(self) -> bytes:
        """The upstream ended; return the answer's last bytes."""
        ready = self._fed(self._filter.finish())
        last = self._relay.finish()
        self._tell()
        return ready + last

    def broken(self) -> bytes:
        """The upstream broke off; return what was held since it might have been a token."""
        return self._fed(self._filter.held())

    def _fed(self, ready: bytes) -> bytes:
        passed = self._relay.feed(ready) if ready else b""
        self._tell()
        return passed

    def _tell(self) -> None:
        relay = self._relay
        self.usage, self.error, self.trouble = relay.usage, relay.error, relay.trouble


class Masker:
    """Masks what leaves."""

    def __init__(self, find: Find | None = None) -> None:
        """`find`: None = nobody looks, so that nothing leaves."""
        self._find = find or _nobody

    async def veil(self, body: bytes, kinds: frozenset[str], tokens: Tokens) -> Veil:
        """Return `body` with tokens for what is found of `kinds`. Raises `MaskingError`."""
        try:
            if in_numbers(body):
                raise _unreadable(_AS_NUMBERS)
            content = [leaf for leaf in leaves(body) if not leaf.sealed]
            if any(leaf.media for leaf in content):
                raise _unreadable(_MEDIA)
            found = await self._found(content, tokens)
            masked = mask(body, content, found, kinds, tokens.mint)
        except (ValueError, KeyError, RecursionError) as error:
            # Nothing of the error's text: it may hold what should have been masked.
            message = f"what has to be masked cannot be read ({type(error).__name__})"
            raise MaskingError(message) from None
        return Veil(masked.body, masked.counts, Restoration(tokens.mint))

    async def _found(self, content: Sequence[Leaf], tokens: Tokens) -> Sequence[Sequence[Finding]]:
        """Return what is found in each leaf, alone and with its neighbours. Raises `MaskingError`."""
        texts = [asked(leaf) for leaf in content]
        together = [*joined(content)]
        wanted = dict.fromkeys((*(text for _, text in texts), *(one.text for one in together)))
        new = [text for text in wanted if text not in tokens.found]
        if new:
            tokens.found.update(zip(new, await self._find(new), strict=True))
        found = [[*_moved(tokens.found[text], before)] for before, text in texts]
        for one in together:
            for leaf, finding in across(one, tokens.found[one.text]):
                found[leaf].append(finding)
        return found


def unmasked(name: str) -> MaskingError:
    """Return the error for what is said of an answer that deployment `name` holds, and that nobody masks."""
    error = MaskingError(f"'{name}' is told nothing unmasked: what it holds cannot be changed, or searched")
    error.status = HTTPStatus.BAD_REQUEST
    return error


async def _nobody(_: Sequence[str]) -> Sequence[Sequence[Finding]]:
    message = "nobody looks for what has to be masked"
    raise MaskingError(message)


def _unreadable(what: str) -> MaskingError:
    told = f"it holds {what}, which cannot be masked: leave it out, or ask for a model on your own machines"
    error = MaskingError(told)
    error.status = HTTPStatus.BAD_REQUEST  # asking again does not help
    return error


def _moved(found: Sequence[Finding], before: int) -> Sequence[Finding]:
    """Return what was found behind the first characters, placed from there."""
    if not before:
        return found
    return [
        msgspec.structs.replace(one, start=max(one.start - before, 0), end=one.end - before)
        for one in found
        if one.end > before
    ]
