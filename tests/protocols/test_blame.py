import json

import pytest

from wye.core.errors import FILTERED, NO_MODEL, TOO_LONG, BadRequestError, UpstreamRefusedError
from wye.protocols.anthropic.errors import error_body as anthropic
from wye.protocols.blame import Told, blamed, told_by
from wye.protocols.gemini.errors import error_body as gemini
from wye.protocols.openai.errors import error_body as openai

OPENAI_LONG = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens."
)
ANTHROPIC_LONG = "prompt is too long: 10000 tokens > 8192 maximum"
GEMINI_LONG = "The input token count (10000) exceeds the maximum number of tokens allowed (8192)."
LLAMA_LONG = "the request exceeds the available context size (8192 tokens), try increasing it"
FILTER = "Output blocked by content filtering policy"


def blame(status: int, message: str, *, openai: bool = False, **said: object) -> UpstreamRefusedError:
    return blamed(status, f"'up' refused: {message}", Told(message, **said), openai=openai)


@pytest.mark.parametrize(
    ("status", "said", "kind", "tokens"),
    [
        (400, {"message": OPENAI_LONG, "code": "context_length_exceeded"}, TOO_LONG, (10_000, 8192)),
        (400, {"message": OPENAI_LONG, "code": 400, "type": "BadRequestError"}, TOO_LONG, (10_000, 8192)),
        (400, {"message": ANTHROPIC_LONG, "type": "invalid_request_error"}, TOO_LONG, (10_000, 8192)),
        (400, {"message": GEMINI_LONG, "code": 400}, TOO_LONG, (10_000, 8192)),
        (400, {"message": LLAMA_LONG, "type": "exceed_context_size_error"}, TOO_LONG, None),
        (400, {"message": "too many", "code": "context_length_exceeded"}, TOO_LONG, None),
        (400, {"message": FILTER, "type": "invalid_request_error"}, FILTERED, None),
        (400, {"message": "no", "code": "content_policy_violation"}, FILTERED, None),
        (404, {"message": "model: claude-0", "type": "not_found_error"}, NO_MODEL, None),
        (404, {"message": "no", "code": "model_not_found"}, NO_MODEL, None),
        (404, {"message": "no such file"}, "upstream_refused", None),
        (400, {"message": "temperature: range is 0..1"}, "upstream_refused", None),
        (400, {"message": "max_tokens: 9000 tokens > 8192 maximum"}, "upstream_refused", None),
    ],
)
def test_what_a_request_is_blamed_for(
    status: int, said: dict[str, object], kind: str, tokens: tuple[int, int] | None
) -> None:
    error = blame(status, **said)  # type: ignore[arg-type]  # drawn from a table
    assert (error.status, error.kind, error.tokens) == (status, kind, tokens)


@pytest.mark.parametrize("message", [OPENAI_LONG, ANTHROPIC_LONG, GEMINI_LONG])
def test_too_long_is_said_in_each_clients_words(message: str) -> None:
    error = blame(400, message)
    told = json.loads(openai(error, "r"))["error"]
    assert (told["type"], told["code"]) == ("invalid_request_error", "context_length_exceeded")
    assert "maximum context length is 8192 tokens" in told["message"]
    told = json.loads(anthropic(error, "r"))["error"]
    assert told["type"] == "invalid_request_error"
    assert "prompt is too long: 10000 tokens > 8192 maximum" in told["message"]
    told = json.loads(gemini(error, "r"))["error"]
    assert (told["code"], told["status"]) == (400, "INVALID_ARGUMENT")
    wanted = "The input token count (10000) exceeds the maximum number of tokens allowed (8192)"
    assert wanted in told["message"]


def test_without_counts_the_words_stand_alone() -> None:
    error = blame(400, "no", code="context_length_exceeded")
    assert told_by("anthropic", error) == "prompt is too long: 'up' refused: no"
    assert told_by("gemini", error).startswith("The input token count exceeds the maximum")
    assert told_by("openai", error).startswith("maximum context length: ")


def test_a_filter_is_a_filter_everywhere() -> None:
    error = blame(400, "no", code="content_filter")
    assert FILTER in told_by("anthropic", error)
    assert json.loads(openai(error, "r"))["error"]["code"] == "content_filter"
    assert json.loads(gemini(error, "r"))["error"]["details"][0]["reason"] == "CONTENT_FILTER"


def test_openais_words_stay_between_its_protocols() -> None:
    said = {"type": "invalid_request_error", "param": "temperature", "code": "unsupported_value"}
    told = json.loads(openai(blame(400, "no", openai=True, **said), "r"))["error"]
    assert {name: told[name] for name in said} == said
    assert (
        json.loads(openai(blame(400, "no", **said), "r"))["error"].items()
        >= {
            "param": None,
            "code": "upstream_refused",
        }.items()
    )


@pytest.mark.parametrize("odd", [None, 400, "", ["x"], "x" * 201])
def test_what_is_no_word_is_not_passed_on(odd: object) -> None:
    told = json.loads(openai(blame(400, "no", openai=True, type=odd, param=odd, code=odd), "r"))["error"]
    assert (told["type"], told["param"], told["code"]) == ("invalid_request_error", None, "upstream_refused")


def test_errors_of_wyes_own_are_told_as_they_are() -> None:
    assert told_by("anthropic", BadRequestError("prompt")) == "prompt"
