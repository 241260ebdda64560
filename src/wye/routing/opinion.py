"""What to expect of a prompt before anything is sent: quality and length by model, gain, task.

An opinion costs a fraction of a millisecond. One of a prompt seen before costs some microseconds: opinions
are cached by a hash of the prompt, and of the prompt itself nothing is kept.
"""

import hashlib
from collections import OrderedDict

import msgspec

from wye.core.request import Operation, Request
from wye.routing.conversation import Conversation
from wye.routing.features import Extractor
from wye.routing.quality import Estimate
from wye.routing.revision import Learnt

MOST_CACHED = 20_000
"""Opinions; some 10 MB with a handful of models each."""
_DIGEST_BYTES = 16


class Opinion(msgspec.Struct, frozen=True):
    """Of one prompt."""

    quality: dict[str, Estimate] = {}
    """Model -> expected score; no entry = nothing was learnt of it."""
    tokens: dict[str, float] = {}
    """Model -> expected output tokens."""
    gain: float | None = None
    """By how much the strong model is expected to be better than the weak one; None = nothing was learnt."""
    unlike: bool = False
    """The prompt is unlike any that was learnt from."""
    task: str = ""


NONE = Opinion()
"""Of a request without text, or whose answer is no text."""


class Opinions:
    """Forms opinions for one route, and remembers them."""

    def __init__(self, extractor: Extractor, learnt: Learnt | None = None) -> None:
        self._extractor = extractor
        self._learnt = learnt
        self._known: OrderedDict[bytes, Opinion] = OrderedDict()

    def of(self, request: Request, conversation: Conversation) -> Opinion:
        """Return what to expect of `request`."""
        if request.operation is not Operation.CHAT:
            return NONE
        prompt = conversation.prompt()
        if not prompt:
            return NONE
        key = hashlib.blake2b(prompt.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).digest()
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._form(prompt)
            if len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)
        return known

    def _form(self, prompt: str) -> Opinion:
        if self._learnt is None:
            return NONE
        features = self._extractor(prompt)
        revision = self._learnt.revision
        quality, like = self._learnt.quality.estimate(features)
        tokens = self._learnt.lengths.expect(self._learnt.place(features.dense))
        gain = quality[revision.strong].right - quality[revision.weak].right
        return Opinion(quality, tokens, gain, not like)
