"""Turns are kept and put together again without a change to any item."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.turns import (
    Kept,
    Page,
    answer_id,
    asked_items,
    begun_id,
    expanded,
    items_page,
    last_response,
)

words = st.text(max_size=8)
items = st.lists(
    st.builds(lambda text: {"role": "user", "content": text, "x": [1.5, {"y": None}]}, words)
    | st.builds(lambda text: {"type": "function_call_output", "call_id": "c", "output": text}, words),
    max_size=4,
)
turns = st.lists(st.tuples(words | items, items), max_size=4)


def body(said: object, **more: Any) -> bytes:
    return json.dumps({"input": said, "model": "m"} | more).encode()


def listed(said: Any) -> list[Any]:
    return [{"type": "message", "content": said, "role": "user"}] if isinstance(said, str) else said


@given(turns, words | items)
def test_all_that_came_before_stands_in_front(before: list[tuple[Any, Any]], said: Any) -> None:
    kept = [
        Kept(asked_items(body(asked)), json.dumps({"id": "r", "output": output})) for asked, output in before
    ]
    whole = json.loads(expanded(body(said, previous_response_id="r", temperature=1), kept))
    wanted: list[Any] = []
    for asked, output in before:
        wanted += listed(asked) + output
    assert whole == {
        "input": wanted + listed(said),
        "model": "m",
        "previous_response_id": None,
        "temperature": 1,
    }


def test_what_is_expanded_is_a_request_that_brings_it_all() -> None:
    kept = Kept(
        asked_items(body("one")), '{"id":"r","output":[{"type":"message","role":"assistant","content":[]}]}'
    )
    codec = OpenAIResponses()
    asked = body("two", previous_response_id="r", stream=True)
    assert codec.decode(asked).previous == "r"
    whole = codec.decode(expanded(asked, [kept]))
    assert (whole.previous, whole.model, whole.stream, whole.keep) == ("", "m", True, True)
    assert whole.body[slice(*whole.model_at)] == b'"m"'


@pytest.mark.parametrize("told", [b'{"model":"m"}', b'{"model":"m","input":null}'])
def test_a_request_may_bring_nothing(told: bytes) -> None:
    assert asked_items(told) == "[]"
    assert json.loads(expanded(told, []))["input"] == []


def test_escapes_stay_as_they_are() -> None:
    assert asked_items(b'{"input": [ {"a" : "h\\u00e9" } , 1.0 ]}') == '[{"a" : "h\\u00e9" },1.0]'
    assert asked_items(b'{"input":"h\\u00e9"}') == '[{"type":"message","content":"h\\u00e9","role":"user"}]'


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | members)}\n\n".encode()


CREATED = event("response.created", response={"id": "resp_1", "output": []})
DONE = event("response.completed", response={"id": "resp_1", "output": [1]})


def test_ids_and_ends_of_streams() -> None:
    assert begun_id(CREATED + DONE) == begun_id(b": hello\n\n" + CREATED) == "resp_1"
    assert msgspec.json.decode(last_response(CREATED + DONE)) == {"id": "resp_1", "output": [1]}
    assert last_response(CREATED) == last_response(b"") == b""
    assert answer_id(b'{"id":"resp_2","output":[]}') == "resp_2"
    cut = event("response.incomplete", response={"id": "resp_3"})
    assert answer_id(last_response(DONE + cut)) == "resp_3"


@given(st.binary() | st.binary().map(lambda raw: b"data:" + raw))
def test_what_is_no_stream_has_no_id(raw: bytes) -> None:
    assert begun_id(raw) == ""
    assert last_response(raw) == b""
    assert answer_id(raw) == ""


@given(st.lists(words, max_size=12), st.integers(1, 5), st.sampled_from(["asc", "desc"]))
def test_pages_hold_every_item_once(said: list[str], limit: int, order: Any) -> None:
    asked = json.dumps([{"role": "user", "content": text} for text in said])
    found: list[str] = []
    after = ""
    while True:
        page = json.loads(items_page("resp_1", asked, Page(limit, order, after)))
        assert len(page["data"]) <= limit
        found += [item["content"][0]["text"] for item in page["data"]]
        if not page["has_more"]:
            break
        after = page["last_id"]
    assert found == (said if order == "asc" else said[::-1])


def test_items_are_listed_with_a_type_and_an_id() -> None:
    asked = [
        {"id": "msg_1", "role": "assistant", "content": "a"},
        {"type": "function_call", "id": "fc_1"},
        {"role": "user", "content": [{"type": "input_text", "text": "b"}]},
    ]
    page = json.loads(items_page("r", json.dumps(asked), Page(order="asc")))
    said = [{"type": "output_text", "text": "a", "annotations": []}]
    assert page["data"] == [
        {"id": "msg_1", "type": "message", "role": "assistant", "content": said},
        asked[1],
        {"id": "item_2_r", "type": "message"} | asked[2],
    ]
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("msg_1", "item_2_r", False)
    with pytest.raises(ValueError, match="nobody"):
        items_page("r", "[]", Page(after="nobody"))
