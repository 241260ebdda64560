import json

import pytest

from wye.core.errors import BadRequestError
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.gemini.count import GeminiCount

CODEC = GeminiCount("gemini-2.5-flash")
CONTENTS = {"contents": [{"parts": [{"text": "Hi"}]}]}
EDITS = Edits(model="up")


def test_contents_alone() -> None:
    body = json.dumps(CONTENTS).encode()
    request = CODEC.decode(body)
    assert (request.protocol, request.model, request.stream) == (
        "gemini_count_tokens",
        "gemini-2.5-flash",
        False,
    )
    assert CODEC.splice(request, EDITS) is body
    assert CODEC.path("up") == b"/models/up:countTokens"
    CODEC.refuse_duplicates(request)


@pytest.mark.parametrize("name", ["generateContentRequest", "generate_content_request"])
def test_a_whole_request_names_its_model_as_well(name: str) -> None:
    body = json.dumps({name: {"model": "models/alias"} | CONTENTS}).encode()
    request = CODEC.decode(body)
    assert json.loads(CODEC.splice(request, EDITS))[name] == {"model": "models/up"} | CONTENTS
    assert CODEC.splice(request, EDITS) == body.replace(b"models/alias", b"models/up")
    bare = json.dumps({name: CONTENTS}).encode()
    assert CODEC.splice(CODEC.decode(bare), EDITS) is bare


def test_counts() -> None:
    assert CODEC.usage(b'{"totalTokens":36}') == Usage()
    assert CODEC.usage(b"{}") == Usage()  # ProtoJSON leaves out a zero
    for wrong in (b"", b"[]", b'{"error":{"code":400}}', b'{"totalTokens":"x"}'):
        with pytest.raises(ValueError, match=r"."):
            CODEC.usage(wrong)


def test_a_guess() -> None:
    request = CODEC.decode(json.dumps(CONTENTS).encode())
    assert json.loads(CODEC.estimate(request)) == {"totalTokens": len(request.body) // 3 + 1}


def test_errors() -> None:
    error = BadRequestError("no")
    assert json.loads(CODEC.error(error, "r"))["error"]["status"] == "INVALID_ARGUMENT"
    assert json.loads(CODEC.error_event(error, "r"))["error"]["message"] == "no"
    with pytest.raises(BadRequestError):
        CODEC.relay(EDITS)
