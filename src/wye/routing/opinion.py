"""What to expect of a prompt before anything is sent: quality and length by model, gain, task.

An opinion costs a fraction of a millisecond. One of a prompt seen before costs some microseconds: opinions
are cached by a hash of the prompt, and of the prompt itself nothing is kept.
"""

import hashlib
import logging
import math
from collections import OrderedDict

import msgspec

from wye.catalog.deployments import Deployment
from wye.core.request import Operation, Request
from wye.routing.conversation import Conversation
from wye.routing.features import extractor
from wye.routing.quality import Estimate
from wye.routing.revision import Learnt
from wye.routing.tasks import BUILT_IN, Tasks

log = logging.getLogger("wye")

MOST_CACHED = 8_192
"""Opinions of a route: 6 MB with two models each."""
_DIGEST_BYTES = 16
_CHAT = Operation.CHAT


class Opinion(msgspec.Struct, frozen=True):
    """Of one prompt."""

    quality: dict[str, Estimate] = {}
    """Model -> expected score; no entry = nothing was learnt of it."""
    tokens: dict[str, float] = {}
    """Model -> expected output tokens."""
    widths: dict[str, float] = {}
    """Model -> bytes of a request for each token that it counts."""
    gain: float | None = None
    """By how much the strong model is expected to be better than the weak one; None = nothing was learnt."""
    unlike: bool = False
    """The prompt is unlike any that was learnt from."""
    task: str = ""

    def right(self, deployment: Deployment) -> float | None:
        """Return the expected score of a deployment's answer; None = nothing was learnt of it."""
        quality = self.quality
        known = quality.get(deployment.id) or quality.get(deployment.model)
        return None if known is None else known.right

    def output_tokens(self, deployment: Deployment) -> float | None:
        """Return the expected length of a deployment's answer; None = nothing was learnt of it."""
        tokens = self.tokens
        return tokens.get(deployment.id) or tokens.get(deployment.model)

    def bytes_per_token(self, deployment: Deployment) -> float | None:
        """Return how many bytes of a request make a token there; None = nothing was learnt of it."""
        widths = self.widths
        return widths.get(deployment.id) or widths.get(deployment.model)


NONE = Opinion()
"""Of a request without text, or whose answer is no text."""


class Opinions:
    """Forms opinions for one route, and remembers them."""

    def __init__(self, learnt: Learnt | None = None, tasks: Tasks = BUILT_IN) -> None:
        self._learnt = learnt
        self._tasks = tasks
        paces = learnt.revision.paces if learnt else {}
        self._widths = {name: pace.bytes_per_token for name, pace in paces.items() if pace.bytes_per_token}
        self._tokens = {name: pace.output_tokens for name, pace in paces.items() if pace.output_tokens}
        self._known: OrderedDict[bytes, Opinion] = OrderedDict()
        self._told: set[str] = set()
        self.defects = 0
        """Prompts of which nothing could be said, since forming an opinion failed."""

    def of(self, request: Request, conversation: Conversation) -> Opinion:
        """Return what to expect of `request`."""
        if request.operation is not _CHAT:
            return NONE
        prompt = conversation.prompt()
        if not prompt:
            return NONE
        key = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()[:_DIGEST_BYTES]
        known = self._known.get(key)
        if known is None:
            try:
                known = self._known[key] = self.form(prompt)
            except Exception as error:  # noqa: BLE001  # what was learnt must not fail a request: strong serves
                return self._defect(error)
            if len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)
        return known

    def _defect(self, error: Exception) -> Opinion:
        """Log what is wrong, once a kind, and count it. Who knows nothing of a prompt calls it unlike any."""
        self.defects += 1
        if type(error).__name__ not in self._told:
            self._told.add(type(error).__name__)
            route = self._learnt.revision.route if self._learnt else "any"
            log.error("route '%s': no opinion of a prompt, so strong serves", route, exc_info=error)
        return Opinion(unlike=True)

    def form(self, prompt: str) -> Opinion:
        """Return what to expect of a prompt, whoever sends it. Remembers nothing."""
        features = extractor()(prompt)
        task = self._tasks(prompt, features)
        if self._learnt is None:
            return Opinion(task=task)
        revision = self._learnt.revision
        quality, like = self._learnt.quality.estimate(features)
        if revision.priors:
            # Whatever kinds wye.yaml adds: a guess was drawn towards labels by the built-in ones.
            kind = task if self._tasks is BUILT_IN else BUILT_IN(prompt, features)
            shifts = revision.priors.get(kind, {})
            quality |= {name: _shifted(quality[name], by) for name, by in shifts.items()}
        tokens = self._tokens | self._learnt.lengths.expect(self._learnt.place(features.dense))
        gain = quality[revision.strong].right - quality[revision.weak].right
        return Opinion(quality, tokens, self._widths, gain, not like, task)


def _shifted(estimate: Estimate, by: float) -> Estimate:
    """Return an estimate with `by` added to its logit."""
    logit = math.log(estimate.right / (1 - estimate.right)) + by
    return Estimate(0.5 * (1 + math.tanh(0.5 * logit)), estimate.variance)
