import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import BadRequestError, RateLimitError
from wye.core.request import Needs, Request
from wye.core.usage import Usage
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.codec import Edits

CODEC = OpenAIChat()
MESSAGES = [{"role": "user", "content": "hi"}]


def request(**fields: object) -> Request:
    return CODEC.decode(json.dumps({"model": "m", "messages": MESSAGES} | fields).encode())


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


def test_custom_tools_are_noted() -> None:
    tools = [{"type": "custom", "custom": {"name": "f"}}]
    assert request(tools=tools).needs == Needs(tools=True, custom_tools=True)


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
        (b'{"model":1,"messages":[]}', "`model`: expected `string`, got `integer`", "model"),
        (b'{"model":"%b","messages":[]}' % (b"m" * 257), "length <= 256", "model"),
        (b'{"messages":[]}', "`model` is required", "model"),
        (b'{"model":"m"}', "`messages` is required", "messages"),
        (b'{"model":"m","messages":[]}', "at least one", "messages"),
        (b'{"model":"m","messages":[{"role":1}]}', "expected `string`", "messages[0].role"),
        (b'{"model":"m","messages":[{"content":"x"}]}', "required", "messages[0].role"),
        (b'{"model":"m","messages":[{"role":"user"}],"max_tokens":-5}', "at least 1, not -5", "max_tokens"),
        (b'{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', "expected `boolean", "stream"),
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


ODD_VALUES = st.sampled_from(
    ["1e999", "-0", '"\\ud800"', '"}"', "[" * 300 + "]" * 300, '{"include_usage":1}', "[ ]", "1" * 400]
)
ODD_KEYS = st.sampled_from(
    ["x", "\\ud83d\\ude00", "\\ud800", "include\\u005fusage", '\\"', "", "stream_options"]
)
ODD_MEMBERS = st.lists(st.tuples(ODD_KEYS, ODD_VALUES), max_size=3)
SAID = st.sampled_from(
    ["", '"include_usage":false', ' "include_usage" : null', '"include_us\\u0061ge":false']
)

KEY = st.sampled_from(["stream_options", "stream\\u005foptions"])


@given(ODD_MEMBERS, ODD_MEMBERS, SAID, st.sampled_from(["", " ", "\n\t"]), KEY)
def test_usage_is_asked_for_in_the_clients_own_bytes(
    outer: list[tuple[str, str]], inner: list[tuple[str, str]], said: str, space: str, key: str
) -> None:
    written = [f'"{name}"{space}:{space}{value}' for name, value in inner] + [said] * bool(said)
    head = "".join(f'"{k}":{v},' for k, v in outer)
    options = f"{{{space}{','.join(written)}{space}}}"
    body = f'{{{head}"model":"m","messages":[{{"role":"user"}}],"{key}":{options}}}'.encode()
    try:
        asked = CODEC.decode(body)
    except BadRequestError:
        return
    sent = CODEC.splice(asked, Edits("m", include_usage=True))
    again = CODEC.decode(sent)
    assert again.wants_usage
    assert sent.endswith(b"}}")
    for _, value in inner:
        assert value.encode() in sent


@pytest.mark.parametrize("value", [b"1e999", b"[" * 300 + b"]" * 300])
def test_options_that_no_python_value_holds_are_left_as_they_are(value: bytes) -> None:
    asked = CODEC.decode(b'{"model":"m","messages":[{"role":"user"}],"stream_options":{"x":%b}}' % value)
    sent = CODEC.splice(asked, Edits("m", include_usage=True))
    assert sent == asked.body.replace(b'{"x"', b'{"include_usage":true,"x"')


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


DEEP = b"[" * 20_000 + b"]" * 20_000


@pytest.mark.parametrize(
    "usage",
    [
        b'{"prompt_tokens":"nine"}',
        b'{"prompt_tokens":9223372036854775813}',
        b'{"prompt_tokens":%b}' % (b"9" * 400),
        b'{"prompt_tokens":1,"x":%b}' % DEEP,
    ],
)
def test_an_answer_whose_usage_makes_no_sense_is_still_one(usage: bytes) -> None:
    assert CODEC.usage(b'{"choices":[],"usage":%b}' % usage) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error":{}}', b"[1]", DEEP, b'{"x":' + DEEP])
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any kind; the message is the gateway's own
        CODEC.usage(body)


@pytest.mark.parametrize("edits", [Edits("m"), Edits("m", include_usage=True)])
def test_the_extra_chunk_is_taken_out_only_if_wye_asked_for_it(edits: Edits) -> None:
    extra = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
    relay = CODEC.relay(edits)
    assert relay.feed(extra) == (b"" if edits.include_usage else extra)
    assert relay.usage == Usage(7, 3)


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


@pytest.mark.parametrize(
    ("fields", "steers"),
    [
        ({}, ""),
        ({"models": ["a"]}, "models"),
        ({"provider": None, "route": "fallback"}, "route"),
        ({"tools": [{"type": "function", "function": {}}]}, ""),
        ({"tools": [{"type": "mcp", "server_url": "https://x"}]}, "tools[].server_url"),
    ],
)
def test_who_else_would_get_it_is_named(fields: dict[str, object], steers: str) -> None:
    assert request(**fields).steers == steers


def test_what_not_every_upstream_heeds() -> None:
    def rare(**members: Any) -> tuple[str, ...]:
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        return CODEC.decode(json.dumps(asked | members).encode()).rare

    assert rare(modalities=["text"], plugins=None) == ()
    assert rare(modalities=["text", "audio"], audio={"voice": "alloy"}) == ("modalities", "audio")
    assert rare(web_search_options={}) == ("web_search_options",)
