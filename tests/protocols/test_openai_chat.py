import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import BadRequestError, RateLimitError
from wye.core.request import Needs, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.openai_chat import OpenAIChat

CODEC = OpenAIChat()
MESSAGES = [{"role": "user", "content": "hi"}]


def request(**fields: object) -> Request:
    return CODEC.decode(json.dumps({"model": "m", "messages": MESSAGES} | fields).encode())


def event(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


TEXT = event(choices=[{"index": 0, "delta": {"content": "hé"}, "finish_reason": None}])
FINISH = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
USAGE = event(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 3})
DONE = b"data: [DONE]\n\n"
AS_IT_IS = Edits("m")
ASK_USAGE = Edits("m", include_usage=True)


def test_what_deciding_needs_is_read() -> None:
    got = request(
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=5,
        max_completion_tokens=9,
        n=2,
        tools=[{"type": "function"}],
        response_format={"type": "json_schema"},
    )
    assert (got.model, got.stream, got.wants_usage, got.max_output_tokens, got.choices) == (
        "m",
        True,
        True,
        9,
        2,
    )
    assert got.needs == Needs(tools=True, json=True)


def test_an_image_needs_vision() -> None:
    parts = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert request(messages=[{"role": "user", "content": parts}]).needs == Needs(vision=True)


@pytest.mark.parametrize(
    ("content", "unbounded"),
    [
        ("hi", False),
        (None, False),
        ([{"type": "text", "text": "hi"}, {"type": "refusal", "refusal": "no"}], False),
        ([{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "data:,"}}], True),
        ([{"type": "file", "file": {"file_id": "f"}}], True),
        ([{"type": "input_audio", "input_audio": {}}], True),
        ([{"type": "of_next_year"}], True),
    ],
)
def test_only_text_is_bounded_by_its_bytes(content: object, *, unbounded: bool) -> None:
    system = {"role": "system", "content": "be kind"}
    assert request(messages=[system, {"role": "user", "content": content}]).unbounded is unbounded


@pytest.mark.parametrize(
    ("fields", "unpriced"),
    [
        ({}, ""),
        ({"service_tier": None, "modalities": None, "audio": None, "plugins": None}, ""),
        ({"service_tier": "auto", "modalities": ["text"]}, ""),
        ({"service_tier": "default"}, ""),
        ({"service_tier": "priority"}, "service_tier"),
        ({"service_tier": 1}, "service_tier"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"modalities": "audio"}, "modalities"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"search_parameters": {"mode": "on"}}, "search_parameters"),
        ({"plugins": [{"id": "web"}]}, "plugins"),
        ({"models": ["a", "b"]}, "models"),
        ({"prediction": {"type": "content", "content": "x"}}, "prediction"),
        ({"tools": [{"type": "function", "function": {}}, {"type": "custom"}]}, ""),
        ({"tools": [{"type": "function"}, {"type": "web_search"}]}, "tools"),
        ({"tools": [{"google_search": {}}]}, "tools"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
        ({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}, "input_audio"),
        ({"messages": [{"role": "assistant", "content": "x", "audio": None}]}, ""),
    ],
)
def test_what_has_a_price_of_its_own_is_named(fields: dict[str, object], unpriced: str) -> None:
    assert request(**fields).unpriced == unpriced


@pytest.mark.parametrize(
    ("body", "says", "param"),
    [
        (b"", "not valid JSON", None),
        (b"{", "not valid JSON", None),
        (b"[]", "expected `object`", None),
        (b'{"model":1,"messages":[]}', "`model`: expected `str`, got `int`", "model"),
        (b'{"messages":[]}', "`model` is required", "model"),
        (b'{"model":"m"}', "`messages` is required", "messages"),
        (b'{"model":"m","messages":[]}', "at least one", "messages"),
        (b'{"model":"m","messages":[{"role":1}]}', "expected `str`", "messages[0].role"),
        (b'{"model":"m","messages":[{"content":"x"}]}', "required", "messages[0].role"),
        (b'{"model":"m","messages":[{"role":"user"}],"max_tokens":0}', "at least 1", "max_tokens"),
        (b'{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', "expected `bool", "stream"),
        (b'{"model":"\xff","messages":[{"role":"user"}]}', "UTF-8", None),
        (b'{"model":"m","messages":[{"role":"user"}],"x":"\xff"}', "UTF-8", None),
        (b'{"model":"m","messages":[{"role":"user"}],"x":' + b"[" * 10_000, "nested too deeply", None),
    ],
)
def test_bad_requests_name_the_field(body: bytes, says: str, param: str | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        CODEC.decode(body)
    assert says in caught.value.message
    assert caught.value.param == param


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(BadRequestError):
        assert CODEC.decode(body).body == body


def test_nothing_changes_without_edits() -> None:
    asked = request()
    assert CODEC.splice(asked, Edits("m")) is asked.body


@pytest.mark.parametrize("options", [{}, {"stream_options": None}, {"stream_options": {"x": 1}}])
def test_usage_is_asked_for_whatever_the_client_said(options: dict[str, object]) -> None:
    asked = request(stream=True, **options)
    sent = json.loads(
        CODEC.splice(asked, Edits("up/m", include_usage=True, output_cap=7, output_cap_field="cap"))
    )
    wanted = {**(options.get("stream_options") or {}), "include_usage": True}  # type: ignore[dict-item]
    expected = json.loads(asked.body) | {"model": "up/m", "stream_options": wanted, "cap": 7}
    assert sent == expected


def test_an_output_cap_replaces_null() -> None:
    sent = json.loads(CODEC.splice(request(max_tokens=None), Edits("m", output_cap=9)))
    assert sent["max_tokens"] == 9


def test_an_escaped_key_does_not_get_a_twin() -> None:
    asked = CODEC.decode(
        b'{"model":"m","messages":[{"role":"user"}],"stream":true,"stream\\u005foptions":{"x":1}}'
    )
    sent = CODEC.splice(asked, Edits("m", include_usage=True))
    assert sent.count(b"include_usage") == 1
    assert json.loads(sent)["stream_options"] == {"x": 1, "include_usage": True}


def test_fields_that_bound_the_cost_may_not_stand_twice() -> None:
    with pytest.raises(BadRequestError, match="max_tokens"):
        CODEC.refuse_duplicates(
            CODEC.decode(b'{"model":"m","messages":[{"role":"user"}],"max_tokens":9,"max_tokens":1}')
        )


def test_usage_of_a_whole_answer() -> None:
    body = {
        "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 2}},
    }
    assert CODEC.usage(json.dumps(body).encode()) == Usage(9, 4, 2)
    assert CODEC.usage(b'{"choices":[],"usage":{"prompt_tokens":"nine"}}') is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error":{}}', b"[1]"])
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any kind; the message is the gateway's own
        CODEC.usage(body)


STREAM = TEXT + b": ping\n\n" + FINISH + USAGE + DONE


@pytest.mark.parametrize("edits", [AS_IT_IS, ASK_USAGE])
def test_the_extra_chunk_is_taken_out_only_if_wye_asked_for_it(edits: Edits) -> None:
    relay = CODEC.relay(edits)
    out = relay.feed(STREAM)
    assert DONE not in out
    assert out + relay.finish() == (STREAM.replace(USAGE, b"") if edits.include_usage else STREAM)
    assert relay.usage == Usage(7, 3)
    assert relay.error == ""


def test_every_cut_passes_the_same_bytes_on() -> None:
    for ends in (b"\n", b"\r\n"):
        stream = STREAM.replace(b"\n", ends)
        for cut in range(len(stream) + 1):
            relay = CODEC.relay(ASK_USAGE)
            out = relay.feed(stream[:cut]) + relay.feed(stream[cut:])
            assert DONE.replace(b"\n", ends) not in out
            assert out + relay.finish() == (TEXT + b": ping\n\n" + FINISH + DONE).replace(b"\n", ends), cut
            assert (relay.usage, relay.error) == (Usage(7, 3), "")
        relay = CODEC.relay(ASK_USAGE)
        passed = b"".join(relay.feed(stream[i : i + 1]) for i in range(len(stream)))
        assert passed + relay.finish() == (TEXT + b": ping\n\n" + FINISH + DONE).replace(b"\n", ends)


def test_nothing_after_done_overtakes_it() -> None:
    relay = CODEC.relay(ASK_USAGE)
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
    ],
)
def test_a_broken_stream_says_so(stream: bytes, says: str) -> None:
    relay = CODEC.relay(ASK_USAGE)
    relay.feed(stream)
    relay.finish()
    assert says in relay.error


def test_a_stream_without_done_is_whole_once_it_finished() -> None:
    relay = CODEC.relay(ASK_USAGE)
    assert relay.feed(TEXT + FINISH) + relay.finish() == TEXT + FINISH
    assert relay.error == ""


def test_a_last_event_without_its_blank_line_is_kept() -> None:
    relay = CODEC.relay(ASK_USAGE)
    out = relay.feed(TEXT + FINISH + DONE.rstrip())
    assert out + relay.finish() == TEXT + FINISH + DONE


def test_usage_beside_the_last_choice_stays_in_the_stream() -> None:
    last = event(
        choices=[{"delta": {}, "finish_reason": "stop"}], usage={"prompt_tokens": 1, "completion_tokens": 2}
    )
    relay = CODEC.relay(ASK_USAGE)
    assert relay.feed(TEXT + last) == TEXT + last
    assert relay.usage == Usage(1, 2)


def test_an_endless_event_is_refused() -> None:
    relay = CODEC.relay(ASK_USAGE)
    for _ in range(8):
        assert relay.feed(b"x" * 1024 * 1024) == b""
    with pytest.raises(ValueError, match="larger than"):
        relay.feed(b"x")


def test_errors_have_openais_shape() -> None:
    error = RateLimitError("slow down", param="model", retry_after=2)
    told = json.loads(CODEC.error(error, "r1"))["error"]
    assert told == {
        "message": "slow down",
        "type": "rate_limit_error",
        "param": "model",
        "code": "rate_limited",
        "request_id": "r1",
    }
    assert CODEC.error_event(error, "r1") == b"data: " + CODEC.error(error, "r1") + b"\n\n"
