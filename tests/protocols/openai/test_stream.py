import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.usage import Usage
from wye.protocols.openai.stream import ChatRelay
from wye.protocols.wire.relay import MAX_HELD_BYTES


def event(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


TEXT = event(choices=[{"index": 0, "delta": {"content": "hé"}, "finish_reason": None}])
FINISH = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
USAGE = event(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 3})
DONE = b"data: [DONE]\n\n"


STREAM = TEXT + b": ping\n\n" + FINISH + USAGE + DONE


@pytest.mark.parametrize("drop", [True, False])
def test_the_extra_chunk_is_taken_out_or_left(*, drop: bool) -> None:
    relay = ChatRelay(drop_usage=drop)
    out = relay.feed(STREAM)
    assert DONE not in out
    assert out + relay.finish() == (STREAM.replace(USAGE, b"") if drop else STREAM)
    assert relay.usage == Usage(7, 3)
    assert relay.error == ""


def test_every_cut_passes_the_same_bytes_on() -> None:
    for ends in (b"\n", b"\r\n"):
        stream = STREAM.replace(b"\n", ends)
        for cut in range(len(stream) + 1):
            relay = ChatRelay(drop_usage=True)
            out = relay.feed(stream[:cut]) + relay.feed(stream[cut:])
            assert DONE.replace(b"\n", ends) not in out
            assert out + relay.finish() == (TEXT + b": ping\n\n" + FINISH + DONE).replace(b"\n", ends), cut
            assert (relay.usage, relay.error) == (Usage(7, 3), "")
        relay = ChatRelay(drop_usage=True)
        passed = b"".join(relay.feed(stream[i : i + 1]) for i in range(len(stream)))
        assert passed + relay.finish() == (TEXT + b": ping\n\n" + FINISH + DONE).replace(b"\n", ends)


def test_nothing_after_done_overtakes_it() -> None:
    relay = ChatRelay(drop_usage=True)
    assert relay.feed(TEXT + DONE) == TEXT
    assert relay.feed(b": late\n\n") == b""
    assert relay.finish() == DONE + b": late\n\n"


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (TEXT, "ended before"),
        (b"", "ended before"),
        (TEXT + event(error={"message": "overloaded", "code": 429}) + DONE, "reported an error"),
        (b'event: error\ndata: {"message":"x"}\n\n', "reported an error"),
        (b'event:error\rdata: {"message":"x"}\r\r: ', "reported an error"),
        (TEXT + event(id="x", error={"code": 502}, choices=[]), "reported an error"),
        (event(choices=[{"delta": {}, "finish_reason": "error"}], error="overloaded"), "reported an error"),
        (event(object="error", message="out of memory", code=500) + DONE, "reported an error"),
        (event(id="x", nested={"error": {"code": 502}}), "ended before"),
    ],
)
def test_a_broken_stream_says_so(stream: bytes, says: str) -> None:
    relay = ChatRelay(drop_usage=True)
    relay.feed(stream)
    relay.finish()
    assert says in relay.error


def test_a_stream_without_done_is_whole_once_it_finished() -> None:
    relay = ChatRelay(drop_usage=True)
    assert relay.feed(TEXT + FINISH) + relay.finish() == TEXT + FINISH
    assert relay.error == ""


def test_a_last_event_without_its_blank_line_is_kept() -> None:
    relay = ChatRelay(drop_usage=True)
    out = relay.feed(TEXT + FINISH + DONE.rstrip())
    assert out + relay.finish() == TEXT + FINISH + DONE


def test_usage_beside_the_last_choice_stays_in_the_stream() -> None:
    last = event(
        choices=[{"delta": {}, "finish_reason": "stop"}], usage={"prompt_tokens": 1, "completion_tokens": 2}
    )
    relay = ChatRelay(drop_usage=True)
    assert relay.feed(TEXT + last) == TEXT + last
    assert relay.usage == Usage(1, 2)


def test_an_endless_event_is_refused() -> None:
    relay = ChatRelay(drop_usage=True)
    for _ in range(8):
        assert relay.feed(b"x" * 1024 * 1024) == b""
    with pytest.raises(ValueError, match="larger than"):
        relay.feed(b"x")


@pytest.mark.parametrize(
    "said",
    [
        {"choices": [{"delta": {"content": "error"}}]},
        {"choices": [{"delta": {"content": '{"error": {"message": "x"}}'}}]},
        {"choices": [{"delta": {"content": "\n\nevent: error\n\n"}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": {"arguments": '{"error":"x"}'}}]}}]},
        {"choices": [{"delta": {"error": "a delta's own"}}]},
        {"choices": [], "error": None, "object": "chat.completion.chunk"},
        {"choices": [], "error": ""},
    ],
)
def test_talk_of_errors_is_none(said: dict[str, object]) -> None:
    relay = ChatRelay(drop_usage=True)
    assert relay.feed(event(**said) + FINISH) == event(**said) + FINISH
    assert relay.error == ""


def test_a_document_too_deep_to_read_is_passed_on() -> None:
    junk = b"[" * 20_000 + b"]" * 20_000
    deep = b'data: {"usage":{"x":%b},"error":{},"choices":[]}\n\n' % junk
    relay = ChatRelay(drop_usage=True)
    assert relay.feed(deep + FINISH) == deep + FINISH
    assert (relay.usage, relay.error) == (None, "")


@given(
    st.lists(st.sampled_from([TEXT, FINISH, USAGE, DONE, b"\xff", b'"error"', b"{", b"data: ", b"\r\n\n"]))
)
def test_any_bytes_are_passed_on(pieces: list[bytes]) -> None:
    relay = ChatRelay(drop_usage=False)
    out = b"".join(relay.feed(piece) for piece in pieces) + relay.finish()
    assert out.removesuffix(b"\n\n") == b"".join(pieces).removesuffix(b"\n\n")


def test_an_endless_end_is_refused() -> None:
    relay = ChatRelay(drop_usage=True)
    half = b":" + b"x" * (MAX_HELD_BYTES // 2) + b"\n\n"
    assert relay.feed(DONE + half) == b""
    with pytest.raises(ValueError, match="from the end"):
        relay.feed(half)


@pytest.mark.parametrize("ends", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_large_event_in_small_pieces_takes_no_time(ends: bytes) -> None:
    sent = b'data: {"x":"' + b"x" * (MAX_HELD_BYTES - 2000) + b'"}' + ends + FINISH
    relay = ChatRelay(drop_usage=True)
    began = time.process_time()
    out = b"".join(relay.feed(sent[i : i + 1400]) for i in range(0, len(sent), 1400))
    assert time.process_time() - began < 0.5
    assert out + relay.finish() == sent
