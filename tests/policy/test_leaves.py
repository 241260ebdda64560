"""What a body says is found whole, and changed without touching a byte beside it."""

import base64
import json
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden import gemini, requests, responses
from protocols.recordings import recorded
from wye.policy.leaves import MAX_DEPTH, Leaf, Step, in_numbers, leaves, replace

ESCAPED = '"a\\u00e9\\ud83d\\ude00\\\\\\"\\/\\n\\ud800x"'
spaces = st.sampled_from(["", " ", "\n\t", "\r\n "])
strings = st.text(max_size=8) | st.sampled_from(["user", "\ud800", 'a"b', "{}", '{"a":"b"}', "[1"])


class Members(list[tuple[str, Any]]):
    """An object, as the list of its members: a name may stand there twice."""


drawn = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | strings,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(strings, inner), max_size=4).map(Members),
    max_leaves=12,
)


def spelled(value: Any, space: str, *, ascii_only: bool) -> str:
    """Return `value` as JSON with `space` wherever there may be some."""
    if isinstance(value, Members):
        pairs = [
            json.dumps(name, ensure_ascii=ascii_only)
            + f"{space}:{space}"
            + spelled(one, space, ascii_only=ascii_only)
            for name, one in value
        ]
        return f"{{{space}{f'{space},{space}'.join(pairs)}{space}}}"
    if isinstance(value, list):
        items = [spelled(one, space, ascii_only=ascii_only) for one in value]
        return f"[{space}{f'{space},{space}'.join(items)}{space}]"
    return json.dumps(value, ensure_ascii=ascii_only)


bodies = st.builds(
    lambda value, space, ascii_only: spelled(value, space, ascii_only=ascii_only).encode(
        "utf-8", "surrogatepass"
    ),
    st.lists(st.tuples(strings, drawn), max_size=5).map(Members),
    spaces,
    st.booleans(),
)


def said(body: Any) -> list[str]:
    return [leaf.text for leaf in leaves(json.dumps(body).encode())]


@given(bodies)
def test_leaves_replaced_by_themselves_change_no_byte(body: bytes) -> None:
    found = leaves(body)
    assert len({leaf.path for leaf in found}) == len(found)
    assert replace(body, {leaf.path: leaf.text for leaf in found}) == body


@given(bodies, st.data())
def test_one_leaf_is_replaced_and_no_other(body: bytes, data: st.DataObject) -> None:
    found = leaves(body)
    values = [leaf for leaf in found if Step.NAME not in leaf.path]  # another name is another path
    if not values:
        return
    chosen = data.draw(st.sampled_from(values))
    after = leaves(replace(body, {chosen.path: "<é 1>"}))
    assert after == [Leaf(leaf.path, "<é 1>", leaf.media) if leaf == chosen else leaf for leaf in found]


@given(st.lists(st.tuples(strings, drawn), max_size=5).map(Members))
def test_no_string_that_holds_an_at_sign_is_passed_over(members: Members) -> None:
    members.append(("x@y", {"role": "a@b", "id": ["c@d"], "arguments": json.dumps({"e@f": "g@h"})}))
    body = spelled(members, "", ascii_only=True).encode()
    told = {leaf.text for leaf in leaves(body)}
    assert {"x@y", "a@b", "c@d", "e@f", "g@h"} <= told


@pytest.mark.parametrize(
    "body", [*requests.CHAT.values(), *responses.REQUESTS.values(), *gemini.REQUESTS.values()]
)
def test_golden_requests_keep_their_bytes(body: Any) -> None:
    sent = json.dumps(body).encode()
    assert replace(sent, {leaf.path: leaf.text for leaf in leaves(sent)}) == sent


def test_a_tool_loop_says_its_words_and_not_its_protocols() -> None:
    loop = requests.chat(*requests.LOOP, tools=[requests.FUNCTION], user="jane", metadata={"ward": "7"})
    assert said(loop) == [
        "Paris or Rome?", "weather", "city", "Paris", "weather", "city", "Rome", "18 degrees", "24 degrees",
        "weather", "The weather in a city.",
        "type", "object", "properties", "city", "type", "string", "required", "city", "additionalProperties",
        "jane", "ward", "7",
    ]  # fmt: skip
    claude = requests.claude(*requests.CLAUDE_LOOP, system="Be short.")
    assert said(claude) == [
        "Paris or Rome?", "I look.", "weather", "city", "Paris", "weather", "city", "Rome",
        "18 degrees", "24 degrees", "Be short.",
    ]  # fmt: skip


def test_what_is_no_protocol_word_by_its_looks_is_content() -> None:
    assert said({"model": "jane doe", "messages": [{"role": "078-05-1120", "tool_call_id": "call_1"}]}) == [
        "jane doe",
        "078-05-1120",
    ]
    assert said({"patient": {"id": "jane", "type": "x"}}) == ["id", "jane", "type", "x"]
    assert said({"input": [{"type": "message", "content": "hi"}]}) == ["hi"]
    assert said({"messages": [{"input": {"type": "hi"}}]}) == ["type", "hi"]


def test_numbers_that_may_identify_are_content() -> None:
    body = {"max_tokens": 4096, "ssn": 219099999, "input": [50256, 5551234567], "x": 1.5, "y": 123456.5}
    assert said(body) == ["219099999", "5551234567"]
    assert replace(b'{"n":219099999}', {("n",): "<1>"}) == b'{"n":"<1>"}'


def test_media_is_told_from_text() -> None:
    parts = [
        requests.picture(),
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{requests.PNG}"}},
        {"type": "image_url", "image_url": {"url": requests.URL}},
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Jane Doe, born 1961"},
        },
    ]
    assert [leaf.media for leaf in leaves(json.dumps({"messages": [{"content": parts}]}).encode())] == [
        True, True, True, False,
    ]  # fmt: skip


FILE = base64.b64encode(bytes(range(256))).decode()


@pytest.mark.parametrize(
    "member",
    [
        {"type": "file", "file": {"filename": "a", "file_data": f"data:application/pdf;base64,{FILE}"}},
        {"type": "input_file", "file_data": f"data:application/pdf;base64,{FILE}"},
        {"type": "video_url", "video_url": {"url": "https://example.com/a"}},
        {"type": "document_url", "document_url": "https://example.com/a"},
        {"type": "new", "new": {"unheard_of": f"DATA:text/plain;charset=utf-8;base64,{FILE}"}},
        {"type": "input_audio", "input_audio": FILE},
        {"type": "image_generation_call", "result": FILE},
        {"inlineData": {"data": "\n".join(textwrap.wrap(FILE, 76))}},
        {"source": {"type": "base64", "data": "\r\n".join(textwrap.wrap(FILE, 76))}},
    ],
)
def test_a_file_is_a_file_however_it_is_brought(member: Any) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": [member]}]}).encode()
    for spelled in (body, body.replace(b"/", rb"\/")):
        assert any(leaf.media for leaf in leaves(spelled))


def test_a_number_with_a_fraction_of_nothing_is_found() -> None:
    assert said({"ssn": 219099999.0, "rows": [5551234567.0, 50256.0], "x": 1.0}) == [
        "219099999.0",
        "5551234567.0",
    ]


def test_sealed_thoughts_are_no_content_unless_they_say_something() -> None:
    assert said({"messages": [{"content": [{"signature": "c2lnbmVk"}, {"signature": "jane doe"}]}]}) == [
        "jane doe"
    ]


def test_in_what_is_a_tools_nothing_is_sealed() -> None:
    number, signed = {"signature": "219-09-9999"}, {"signature": "c2lnbmVk", "text": "a"}
    for body in (
        {"messages": [{"content": [{"type": "tool_use", "input": number}]}]},
        {
            "contents": [
                {"parts": [{"functionCall": {"args": number}}, {"functionResponse": {"response": number}}]}
            ]
        },
        {"metadata": number},
    ):
        found = [leaf for leaf in leaves(json.dumps(body).encode()) if leaf.text == "219-09-9999"]
        assert found
        assert not any(leaf.sealed for leaf in found)
    for body in (
        {"messages": [{"reasoning_details": [signed]}]},
        {"input": [{"provider_data": [signed]}]},
    ):
        assert [leaf.sealed for leaf in leaves(json.dumps(body).encode()) if leaf.text == "c2lnbmVk"] == [
            True
        ]


def test_a_second_member_of_the_name_is_found() -> None:
    body = rb'{"a":"1","a":"2","b":{"a":"3"},"a":["4"]}'
    assert [leaf.path for leaf in leaves(body)] == [
        ("a",),
        ("a", -1),
        ("b", "a", Step.NAME),
        ("b", "a"),
        ("a", -2, 0),
    ]
    assert replace(body, {("a", -1): "x"}) == rb'{"a":"1","a":"x","b":{"a":"3"},"a":["4"]}'


def test_escapes_are_read_and_kept() -> None:
    body = b'{"x":%b,"y":"z"}' % ESCAPED.encode()
    first = leaves(body)[0]
    assert first.text == 'aé😀\\"/\n\ud800x'
    assert replace(body, {first.path: first.text, ("y",): "\ud800"}) == body.replace(b'"z"', rb'"\ud800"')
    assert leaves(b'{"x":"\xff"}')[0].text == "\udcff"


def test_json_in_strings_is_gone_into_and_put_back() -> None:
    inner = '{ "to": "jane@example.org", "note": "{\\"ssn\\": 219099999}" }'
    body = json.dumps({"messages": [{"tool_calls": [{"function": {"arguments": inner}}]}]}).encode()
    at = ("messages", 0, "tool_calls", 0, "function", "arguments", Step.JSON)
    found = {leaf.path: leaf.text for leaf in leaves(body)}
    assert found[*at, "to"] == "jane@example.org"
    assert found[*at, "note", Step.JSON, "ssn"] == "219099999"
    masked = replace(body, {(*at, "to"): "<A>", (*at, "note", Step.JSON, "ssn"): "<B>"})
    sent = json.loads(masked)["messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert sent == inner.replace("jane@example.org", "<A>").replace("219099999", '\\"<B>\\"')


def test_json_in_json_ends_somewhere() -> None:
    text = "jane@example.org"
    for _ in range(12):
        text = json.dumps({"x": text})
    assert any("jane@example.org" in one for one in said({"y": text}))


def test_what_is_nested_too_deep_is_refused() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    assert leaves(nested(MAX_DEPTH - 1)) == []
    with pytest.raises(ValueError, match="within each other"):
        leaves(nested(MAX_DEPTH))


def test_a_path_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(KeyError):
        replace(b'{"a":"b"}', {("c",): "d"})
    with pytest.raises(KeyError):
        replace(b'{"a":"{}"}', {("a", Step.JSON, "c"): "d"})


@pytest.mark.parametrize("body", [b"]", b'{"a":"\\q"}'])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not JSON|escape"):
        leaves(body)


def test_recorded_requests_keep_their_bytes() -> None:
    for exchange in recorded():
        if exchange["request_kind"] == "json":
            body = json.dumps(exchange["request"]).encode()
            assert replace(body, {leaf.path: leaf.text for leaf in leaves(body)}) == body


def test_only_what_says_that_it_is_a_thought_is_sealed() -> None:
    data = base64.b64encode(bytes(range(90))).decode()
    for part, sealed in (
        (f'{{"type":"redacted_thinking","data":"{data}"}}', True),
        (f'{{"data":"{data}","type":"redacted_thinking"}}', True),
        (f'{{"type":"image","data":"{data}"}}', False),
        (f'{{"type":"redacted_thinking","data":"{data}","type":"image"}}', False),
        (f'{{"data":"{data}"}}', False),
        ('{"type":"redacted_thinking","data":"her number: 219-09-9999"}', False),
    ):
        body = f'{{"messages":[{{"role":"assistant","content":[{part}]}}]}}'.encode()
        assert [leaf.sealed for leaf in leaves(body) if leaf.path[-1] == "data"] == [sealed], part


@pytest.mark.parametrize(
    "body",
    [
        b'{"input":[1,2,3]}',
        b'{"prompt": [ [101, 202], [3] ]}',
        b'{"input":[[],[101,202,303]]}',
        b'{"input":["a",[101,202,303]]}',
        b'{"prompt":["a",101,202]}',
        b'{"input":[101.0,-2e3]}',
        b'{"input":[[[101,202]]]}',
        b'{"\\u0069nput":[1,2,3]}',
        b'{"input":[1,2,3],"input":"a"}',
    ],
)
def test_a_text_given_as_numbers_is_seen_in_every_shape(body: bytes) -> None:
    assert in_numbers(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"input":["1, 2","[3"],"n":[1]}',
        b'{"messages":[{"content":"the prompt: [1, 2]"}],"stop":[",  3"]}',
        b'{"input":[{"content":[{"text":"a"}],"n":[1,2]}]}',
        b'{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"input":[1,2]}}]}]}',
        b'{"input":[true,null,"a"],"x":[5]}',
    ],
)
def test_other_numbers_are_no_text(body: bytes) -> None:
    assert not in_numbers(body)
