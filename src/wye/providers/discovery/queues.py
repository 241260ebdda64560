"""How full an engine is, as it says itself: what stands under `/metrics` and `/slots`.

Sources: vLLM "Production Metrics"; SGLang "Production Metrics"; TGI "Metrics"; llama.cpp tools/server/README,
`GET /metrics` (with `--metrics`) and `GET /slots`; the Prometheus text exposition format.
"""

import re
from typing import NamedTuple

import msgspec

TARGETS = (b"/metrics", b"/slots")
"""Where engines say it, below their root; the first that answers is asked from then on."""
MAX_BODY = 4_194_304

_RUNNING = re.compile(
    rb"^(?:vllm:num_requests_running|sglang[:_]num_running_reqs|tgi_batch_current_size"
    rb"|llamacpp:requests_processing)(?:\{[^\n]*\})? +([0-9.eE+]+)",
    re.MULTILINE,
)
_WAITING = re.compile(
    rb"^(?:vllm:num_requests_waiting|sglang[:_]num_queue_reqs|tgi_queue_size"
    rb"|llamacpp:requests_deferred)(?:\{[^\n]*\})? +([0-9.eE+]+)",
    re.MULTILINE,
)


class Queue(NamedTuple):
    """Requests at an engine, whoever sent them."""

    running: int
    waiting: int
    slots: int | None = None
    """How many it serves side by side, where that is fixed."""


class _Slot(msgspec.Struct):
    is_processing: bool


def read_queue(body: bytes) -> Queue | None:
    """Return what an engine says; None = this is no engine's, or not one that is known."""
    if body[:1] == b"[":
        return _slots(body)
    running, waiting = _sum(_RUNNING, body), _sum(_WAITING, body)
    return None if running is None or waiting is None else Queue(running, waiting)


def _sum(pattern: re.Pattern[bytes], body: bytes) -> int | None:
    """Add up one gauge over its labels: an engine of several workers has a line for each."""
    found = pattern.findall(body)
    try:
        return round(sum(float(value) for value in found)) if found else None
    except (ValueError, OverflowError):
        return None


def _slots(body: bytes) -> Queue | None:
    try:
        slots = msgspec.json.decode(body, type=list[_Slot])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    busy = sum(slot.is_processing for slot in slots)
    return Queue(busy, 0, len(slots)) if slots else None
