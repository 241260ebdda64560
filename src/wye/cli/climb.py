"""A load test of one deployment through the running gateway: level by level, within bounds."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import msgspec

from wye.cli.answer import Question, Reply, Turn, ask, look_up
from wye.cli.client import Gateway, GatewayError
from wye.core.lane import Lane
from wye.economics.measuring import LABEL, Point, Sample, point, rises

_LEAST = 2
"""Requests of each worker at each level."""
_TOKENS_A_WORD = 1.05
_WORDS = (
    *("river", "stone", "market", "window", "garden", "letter", "engine", "winter", "harbour", "teacher"),
    *("bridge", "candle", "forest", "silver", "mountain", "paper", "summer", "kitchen", "village", "doctor"),
    *("island", "basket", "copper", "morning", "shadow", "ticket", "valley", "water", "yellow", "orchard"),
    *("pencil", "quarter", "railway", "season", "thunder", "uncle", "violin", "weather", "farmer", "glass"),
)


class Bounds(msgspec.Struct, frozen=True):
    """How far a test may go."""

    requests: int
    seconds: float
    cost: Decimal
    """USD, as far as costs are known."""
    level_seconds: float
    concurrency: int


class Shape(msgspec.Struct, frozen=True):
    """What is asked."""

    input_tokens: int
    output_tokens: int


class Climbed(msgspec.Struct):
    """What came of it."""

    points: list[Point] = []
    stopped: str = ""
    """Why, for people."""
    spent: Decimal = Decimal(0)
    unknown: int = 0
    """Requests whose cost nobody knows."""
    sent: int = 0


class _Stop:
    """When to send no more: shared by the workers."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._ends = time.monotonic() + bounds.seconds
        self.sent = 0
        self.why = ""

    def may_send(self) -> bool:
        """Count one more request, or say why not."""
        with self._lock:
            if not self.why and self.sent >= self._bounds.requests:
                self.why = f"{self._bounds.requests} requests were sent"
            if not self.why and time.monotonic() >= self._ends:
                self.why = f"{self._bounds.seconds:g} s were over"
            if self.why:
                return False
            self.sent += 1
            return True

    @property
    def stopped(self) -> bool:
        """Tell whether no more are to be sent."""
        return bool(self.why)

    def because(self, why: str) -> None:
        """Stop everything, unless it is stopped already."""
        with self._lock:
            self.why = self.why or why


def climb(
    gateway: Gateway, deployment: str, shape: Shape, bounds: Bounds, told: Callable[[Point], None]
) -> Climbed:
    """Double the requests under way until they bring no more, something fails, or a bound is met.

    `told` hears of each level. A level that did not go well to its end is left out.
    """
    result, stop = Climbed(), _Stop(bounds)
    # The first warms up, and shows that it answers at all.
    levels = _levels(bounds.concurrency) if _one(gateway, deployment, shape, stop) else ()
    for concurrency in levels:
        before = result.spent
        found, replies = _level(gateway, deployment, shape, (concurrency, bounds.level_seconds), stop)
        for reply in replies:
            look_up(gateway, reply)
            if reply.cost is None or reply.cost.amount is None or reply.cost.currency != "USD":
                result.unknown += 1
            else:
                result.spent += reply.cost.amount
        if found is None:
            break
        result.points.append(found)
        told(found)
        if not rises(result.points):
            stop.because("more at once brought no more")
        if result.spent + 2 * (result.spent - before) > bounds.cost:
            stop.because(f"the next level might go beyond {bounds.cost} USD")
        if stop.stopped:
            break
    result.stopped = stop.why or f"{bounds.concurrency} at once are the most that was asked for"
    result.sent = stop.sent
    return result


def _levels(most: int) -> Iterator[int]:
    level = 1
    while level <= most:
        yield level
        level *= 2


def _level(
    gateway: Gateway, deployment: str, shape: Shape, level: tuple[int, float], stop: _Stop
) -> tuple[Point | None, list[Reply]]:
    """Run one level; the point is None unless each worker had its share answered."""
    concurrency, seconds = level
    ends = time.monotonic() + seconds

    def work() -> tuple[list[Sample], list[Reply], float]:
        samples: list[Sample] = []
        replies: list[Reply] = []
        while len(samples) < _LEAST or time.monotonic() < ends:
            answered = _one(gateway, deployment, shape, stop)
            if answered is None:
                break
            samples.append(answered[0])
            replies.append(answered[1])
        return samples, replies, time.perf_counter()

    with ThreadPoolExecutor(concurrency) as pool:
        running = [pool.submit(work) for _ in range(concurrency)]
        try:
            found = [one.result() for one in running]
        except BaseException:  # interrupted: what is under way is heard out, and nothing more is sent
            stop.because("it was interrupted")
            raise
    replies = [reply for _, heard, _ in found for reply in heard]
    if any(len(samples) < _LEAST for samples, _, _ in found):
        return None, replies
    samples = [sample for mine, _, _ in found for sample in mine]
    return point(concurrency, samples, min(ended for _, _, ended in found)), replies


def _one(gateway: Gateway, deployment: str, shape: Shape, stop: _Stop) -> tuple[Sample, Reply] | None:
    """Send one request and hear it out; None = no more are to be sent."""
    if not stop.may_send():
        return None
    reply, began, first = Reply(), time.perf_counter(), 0.0
    question = Question((Turn("user", _prompt(shape)),), deployment, (LABEL,), shape.output_tokens)
    try:
        for _ in ask(gateway, question, stream=True, reply=reply):
            first = first or time.perf_counter()
    except GatewayError as error:
        stop.because(f"a request failed: {error.message}")
        return None
    ended = time.perf_counter()
    if reply.deployment != deployment or reply.lane != Lane.OWN:
        stop.because(f"{reply.deployment} in the {reply.lane} lane answered in its place")
        return None
    if reply.usage is None or not first:
        stop.because("it tells no usage, or says nothing: nothing can be counted")
        return None
    usage = reply.usage
    return Sample(began, first, ended, usage.prompt_tokens, usage.completion_tokens), reply


def _prompt(shape: Shape) -> str:
    """Return words that nobody has cached: it begins with other ones each time."""
    draw = random.SystemRandom()
    count = max(1, int((shape.input_tokens - 12) / _TOKENS_A_WORD))
    return f"Write a long story about: {' '.join(draw.choice(_WORDS) for _ in range(count))}"
