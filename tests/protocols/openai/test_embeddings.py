import json

import pytest

from wye.core.errors import BadRequestError
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.openai.embeddings import OpenAIEmbeddings

CODEC = OpenAIEmbeddings()


@pytest.mark.parametrize("given", ["hi", ["a", "b"], [1, 2, 3], [[1, 2], [3]]])
def test_only_the_models_name_changes(given: object) -> None:
    asked = CODEC.decode(json.dumps({"input": given, "model": "m", "dimensions": 8}).encode())
    assert asked.model == "m"
    assert CODEC.splice(asked, Edits("m")) is asked.body
    assert CODEC.splice(asked, Edits("up")) == asked.body.replace(b'"m"', b'"up"')


@pytest.mark.parametrize("given", ["7", [7] * 1000, [[7]] * 1000, ["", ""]])
def test_the_bytes_bound_the_tokens(given: str | list[object]) -> None:
    asked = CODEC.decode(json.dumps({"model": "m", "input": given}, separators=(",", ":")).encode())
    assert asked.input_token_bound >= 2 * len(given)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"model":"m","input":""}', "input"),
        (b'{"model":"m","input":[]}', "input"),
        (b'{"model":"m","input":[{"image":"x"}]}', "input[0]"),
        (b'{"model":"%b","input":"x"}' % (b"m" * 257), "model"),
    ],
)
def test_bad_requests_name_the_field(body: bytes, param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        CODEC.decode(body)
    assert caught.value.param == param


def test_what_bounds_the_cost_may_not_stand_twice() -> None:
    with pytest.raises(BadRequestError, match="`input`"):
        CODEC.refuse_duplicates(CODEC.decode(b'{"model":"m","input":"long","input":"x"}'))


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (b'{"prompt_tokens":5,"total_tokens":5}', Usage(5)),
        (b"null", None),
        (b'{"prompt_tokens":"five"}', None),
        (b"[]", None),
        (b'{"x":%b%b}' % (b"[" * 20_000, b"]" * 20_000), None),
    ],
)
def test_odd_usage_makes_no_answer_wrong(usage: bytes, read: Usage | None) -> None:
    assert CODEC.usage(b'{"data":[],"usage":%b}' % usage) == read


def test_what_is_no_answer_is_told_apart() -> None:
    with pytest.raises(ValueError, match="data"):
        CODEC.usage(b'{"usage":{"prompt_tokens":5}}')


def test_embeddings_are_not_streamed() -> None:
    with pytest.raises(BadRequestError):
        CODEC.relay(Edits("m"))
