import json
from typing import Any

import pytest

from wye.core.usage import Usage
from wye.protocols.responses.relay import ResponsesRelay

USAGE = {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 20}


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name} | fields)}\n\n".encode()


BEGUN = event("response.created", response={"status": "in_progress", "usage": None})
DELTA = event("response.output_text.delta", delta='says "response.completed" and "error"')
DONE = event("response.completed", response={"status": "completed", "usage": USAGE})


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("ending", ["response.completed", "response.incomplete"])
def test_bytes_pass_as_they_are_and_the_end_waits(step: int, ending: str) -> None:
    relay, last = ResponsesRelay(), event(ending, response={"usage": USAGE})
    stream = BEGUN + DELTA + last + b": trailing\n\n"
    passed = b"".join(relay.feed(stream[at : at + step]) for at in range(0, len(stream), step))
    assert passed == BEGUN + DELTA
    assert relay.finish() == last + b": trailing\n\n"
    assert relay.usage == Usage(100, 20, 40)
    assert relay.error == ""


def test_a_stream_without_its_last_event_is_broken() -> None:
    relay = ResponsesRelay()
    assert relay.feed(BEGUN + DELTA) == BEGUN + DELTA
    assert relay.finish() == b""
    assert "ended before" in relay.error


@pytest.mark.parametrize(
    "told",
    [
        event("error", code="server_error", message="no"),
        event("response.failed", response={"status": "failed", "error": {"code": "x", "message": "no"}}),
        b'data: {"type": "response.failed", "response": {"usage": null}}\r\n\r\n',
    ],
)
def test_an_error_of_the_upstream_is_passed_on_and_counts(told: bytes) -> None:
    relay = ResponsesRelay()
    assert relay.feed(BEGUN + told) + relay.finish() == BEGUN + told
    assert relay.error == "the upstream reported an error in its stream"


def test_what_a_failed_response_used_is_known() -> None:
    relay = ResponsesRelay()
    relay.feed(event("response.failed", response={"usage": USAGE}))
    assert relay.usage == Usage(100, 20, 40)


@pytest.mark.parametrize("usage", [{"input_tokens": "many"}, {"input_tokens": -5}, "x"])
def test_a_usage_that_makes_no_sense_does_not_spoil_the_answer(usage: object) -> None:
    relay = ResponsesRelay()
    relay.feed(BEGUN + event("response.completed", response={"usage": usage}))
    assert relay.finish().startswith(b"event: response.completed")
    assert (relay.usage, relay.error) == (None, "")


def test_what_is_no_json_passes() -> None:
    relay = ResponsesRelay()
    odd = b'data: "error" [\n\ndata: ' + b"[" * 100_000 + b'"error"\n\n'
    assert relay.feed(odd) == odd
    relay.feed(DONE)
    assert relay.finish() == DONE
    assert relay.error == ""


def test_an_event_beyond_the_limit_is_refused() -> None:
    relay = ResponsesRelay()
    with pytest.raises(ValueError, match="larger than"):
        relay.feed(b"data: " + b"x" * (16 * 1024 * 1024 + 1))


def test_what_follows_the_end_is_bounded() -> None:
    relay = ResponsesRelay()
    relay.feed(DONE)
    for _ in range(15):
        relay.feed(b": " + b"x" * (1024 * 1024) + b"\n\n")
    with pytest.raises(ValueError, match="from the end"):
        relay.feed(b": " + b"x" * (1024 * 1024) + b"\n\n")
