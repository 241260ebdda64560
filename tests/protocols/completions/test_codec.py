import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import BadRequestError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.completions.codec import OpenAICompletions

CODEC = OpenAICompletions()
CHUNK = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "up"}
COUNTS = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def decoded(**members: Any) -> Request:
    return CODEC.decode(json.dumps({"model": "m", "prompt": "Once", **members}).encode())


def event(**members: Any) -> bytes:
    return b"data: " + json.dumps(CHUNK | members).encode() + b"\n\n"


def test_what_deciding_needs_to_know() -> None:
    plain = decoded()
    assert (plain.operation, plain.model, plain.stream, plain.wants_usage) == (
        Operation.CHAT,
        "m",
        False,
        False,
    )
    assert (plain.max_output_tokens, plain.choices, plain.unbounded, plain.unpriced) == (None, 1, False, "")
    assert decoded(max_tokens=0).max_output_tokens == 0
    assert decoded(stream=True, stream_options={"include_usage": True}).wants_usage
    assert decoded(prompt_embeds="AA==").unbounded
    assert decoded(models=["dearer"]).unpriced == "models"
    assert decoded(provider={"only": ["x"]}, route=None).steers == "provider"


def test_what_not_every_upstream_heeds() -> None:
    assert decoded(suffix=None, echo=False, best_of=1, response_format={"type": "text"}).rare == ()
    assert decoded(n=3, best_of=3).rare == ()
    told = decoded(best_of=2, echo=True, suffix=" end", response_format={"type": "json_object"})
    assert told.rare == ("suffix", "echo", "response_format", "best_of")


@pytest.mark.parametrize(
    ("members", "choices"),
    [
        ({"n": 3}, 3),
        ({"n": 2, "best_of": 5}, 5),
        ({"n": 2, "best_of": 0}, 2),
        ({"prompt": ["a", "b"]}, 2),
        ({"prompt": [1, 2, 3]}, 1),
        ({"prompt": [[1, 2], [3]], "n": 2}, 4),
        ({"prompt": []}, 1),
    ],
)
def test_how_many_answers_could_be_billed(members: dict[str, Any], choices: int) -> None:
    assert decoded(**members).choices == choices


def test_only_what_must_changes() -> None:
    body = b'{"prompt": "Once", "best_of": 2,  "model":"m", "echo": true, "max_tokens": null, "x": [1.0]}'
    request = CODEC.decode(body)
    assert CODEC.splice(request, Edits("m")) is body
    assert CODEC.splice(request, Edits("up")) == body.replace(b'"m"', b'"up"')
    capped = Edits("m", output_cap=9, output_cap_field="max_completion_tokens")
    assert CODEC.splice(request, capped) == body.replace(b"null", b"9")
    counted = json.loads(CODEC.splice(request, Edits("m", include_usage=True)))
    assert counted == json.loads(body) | {"stream_options": {"include_usage": True}}


@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name not in ("model", "prompt", "max_tokens")),
        st.none() | st.text() | st.integers(-9, 9) | st.lists(st.integers(0, 9), max_size=3),
        max_size=4,
    ),
    st.text(max_size=20),
)
def test_the_rest_stays_as_it_came(members: dict[str, Any], prompt: str) -> None:
    sent = members | {"model": "m", "prompt": prompt}
    try:
        request = CODEC.decode(json.dumps(sent).encode())
    except BadRequestError:
        return
    spliced = json.loads(CODEC.splice(request, Edits("up", output_cap=3)))
    assert spliced == sent | {"model": "up", "max_tokens": 3}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"n": 0}, "n"),
        ({"best_of": -1}, "best_of"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"prompt": {"a": 1}}, "prompt"),
        ({"prompt": [1.5]}, "prompt[0]"),
        ({"model": None}, "model"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_bad_requests_name_the_field(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        decoded(**members)
    assert caught.value.param == param


def test_a_field_that_bounds_the_cost_stands_there_once() -> None:
    with pytest.raises(BadRequestError, match="best_of"):
        CODEC.refuse_duplicates(CODEC.decode(b'{"model":"m","prompt":"a","best_of":1,"best_of":9}'))


def test_usage_of_a_whole_answer() -> None:
    answer = CHUNK | {"choices": [{"text": "x", "index": 0, "finish_reason": "stop"}]}
    assert CODEC.usage(json.dumps(answer | {"usage": COUNTS}).encode()) == Usage(5, 7)
    assert CODEC.usage(json.dumps(answer).encode()) is None
    with pytest.raises(ValueError, match="choices"):
        CODEC.usage(b'{"error":{}}')


@pytest.mark.parametrize("dropped", [True, False])
def test_a_stream_is_passed_on(dropped: bool) -> None:  # noqa: FBT001  # a parameter
    said = event(choices=[{"text": " upon", "index": 0, "logprobs": None, "finish_reason": None}])
    ended = event(choices=[{"text": "", "index": 0, "finish_reason": "length"}])
    counts, done = event(choices=[], usage=COUNTS), b"data: [DONE]\n\n"
    relay = CODEC.relay(Edits("up", include_usage=dropped))
    passed = relay.feed(said + ended + counts + done) + relay.finish()
    assert passed == said + ended + (b"" if dropped else counts) + done
    assert (relay.usage, relay.error) == (Usage(5, 7), "")


def test_a_stream_without_an_end_is_broken() -> None:
    relay = CODEC.relay(Edits("up"))
    relay.feed(event(choices=[{"text": "x", "index": 0, "finish_reason": None}]))
    relay.finish()
    assert "before the answer was finished" in relay.error


@pytest.mark.parametrize("body", [b'{"model":"m"}', b'{"model":"m","prompt":null}'])
def test_there_is_nothing_to_go_on_with_without_a_prompt(body: bytes) -> None:
    with pytest.raises(BadRequestError, match="`prompt` is required") as caught:
        OpenAICompletions().decode(body)
    assert caught.value.param == "prompt"
