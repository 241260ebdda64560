import json
from typing import Any

import pytest

from wye.core.chat import Reasoning
from wye.core.errors import BadRequestError, RateLimitError, UpstreamError
from wye.core.request import Needs, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.compact import OpenAIResponsesCompact
from wye.protocols.responses.count import OpenAIResponsesCount
from wye.protocols.seal import seal

CODEC = OpenAIResponses()
USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 10},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 120,
}


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "input": "hi"} | fields).encode()


def decoded(**fields: Any) -> Request:
    return CODEC.decode(body(**fields))


@pytest.mark.parametrize(
    ("members", "refers"),
    [
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input"),
        ({"conversation": None, "prompt": None}, ""),
    ],
)
def test_what_an_account_keeps(members: dict[str, Any], refers: str) -> None:
    assert CODEC.decode(json.dumps({"model": "m", "input": "hi"} | members).encode()).refers == refers


def test_what_the_gateway_needs_to_know_is_read() -> None:
    request = decoded(stream=True, max_output_tokens=9, store=False, previous_response_id="resp_1")
    assert (request.protocol, request.model, request.stream) == ("openai_responses", "m", True)
    assert (request.max_output_tokens, request.keep, request.previous) == (9, False, "resp_1")
    assert request.body[slice(*request.model_at)] == b'"m"'
    assert request.wants_usage, "the last event always tells it"
    assert decoded().keep, "it is kept unless the client says no"
    assert CODEC.path("m") == b"/responses"


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, Needs()),
        ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, Needs()),
        ({"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}}, Needs(json=True)),
        ({"tools": [{"type": "function", "name": "f"}]}, Needs(tools=True)),
        ({"tools": [{"type": "custom", "name": "f"}]}, Needs(tools=True, custom_tools=True)),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://x/y"}]}]},
            Needs(vision=True),
        ),
        (
            {
                "input": [
                    {
                        "type": "function_call_output",
                        "call_id": "c",
                        "output": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}],
                    }
                ]
            },
            Needs(vision=True),
        ),
    ],
)
def test_what_a_deployment_must_be_able_to(fields: dict[str, Any], needs: Needs) -> None:
    assert decoded(**fields).needs == needs


@pytest.mark.parametrize(
    ("fields", "unbounded"),
    [
        ({}, False),
        ({"input": [{"role": "user", "content": "x", "type": None}]}, False),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]}, False),
        ({"input": [{"type": "reasoning", "summary": [], "encrypted_content": "x", "id": "rs"}]}, False),
        ({"input": [{"type": "local_shell_call_output", "id": "x", "output": "{}"}]}, False),
        ({"input": [{"type": "shell_call_output", "call_id": "x", "output": [{"stdout": "a"}]}]}, False),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, True),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, True),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, True),
        (
            {"input": [{"type": "computer_call_output", "output": {"type": "computer_screenshot"}}]},
            True,
        ),
        ({"input": [{"type": "of_next_year"}]}, True),
        ({"previous_response_id": "resp_1"}, True),
        ({"previous_response_id": None, "conversation": None}, False),
        ({"conversation": "conv_1"}, True),
        ({"prompt": {"id": "pmpt_1"}}, True),
    ],
)
def test_only_text_is_bounded_by_its_bytes(fields: dict[str, Any], *, unbounded: bool) -> None:
    assert decoded(**fields).unbounded is unbounded


@pytest.mark.parametrize(
    ("fields", "unpriced"),
    [
        ({"tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "apply_patch"}]}, ""),
        ({"tools": [{"type": "local_shell"}, {"type": "apply_patch"}, {"type": "namespace"}]}, ""),
        ({"tools": [{"type": "shell", "environment": {"type": "local"}}]}, ""),
        ({"tools": [{"type": "shell"}]}, "tools"),
        ({"tools": [{"type": "shell", "environment": {"type": "container_auto"}}]}, "tools"),
        ({"tools": [{"type": "tool_search", "execution": "client"}]}, ""),
        ({"tools": [{"type": "tool_search"}]}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs"]}]}, "tools"),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, "tools"),
        ({"tools": [{"type": "image_generation"}]}, "tools"),
        ({"tools": [{"type": "computer"}]}, "tools"),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "web_search"}]}]}, "tools"),
        ({"input": [{"type": "mcp_list_tools", "tools": [{"name": "ask"}]}]}, ""),
        ({"service_tier": "auto"}, ""),
        ({"service_tier": "flex"}, "service_tier"),
        ({"background": False}, ""),
        ({"background": True}, "background"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"plugins": [{"id": "web"}]}, "plugins"),
        ({"plugins": []}, ""),
    ],
)
def test_what_has_a_price_of_its_own_is_named(fields: dict[str, Any], unpriced: str) -> None:
    assert decoded(**fields).unpriced == unpriced


@pytest.mark.parametrize(
    ("fields", "steers"),
    [
        ({}, ""),
        ({"tools": [{"type": "mcp", "server_label": "a", "server_url": "https://x"}]}, "tools[].server_url"),
        ({"tools": [{"type": "mcp", "server_label": "a", "connector_id": "c"}]}, "tools[].connector_id"),
        (
            {
                "input": [
                    {
                        "type": "additional_tools",
                        "role": "developer",
                        "tools": [{"type": "mcp", "server_url": "https://x"}],
                    }
                ]
            },
            "tools[].server_url",
        ),
        ({"models": ["a", "b"]}, "models"),
        ({"provider": {"order": ["x"]}}, "provider"),
        ({"provider": None, "models": []}, ""),
        ({"base_url": "https://x"}, "base_url"),
    ],
)
def test_who_else_would_get_it_is_named(fields: dict[str, Any], steers: str) -> None:
    assert decoded(**fields).steers == steers


@pytest.mark.parametrize(
    ("sent", "says", "param"),
    [
        (b"", "not valid JSON", None),
        (b"[]", "expected `object`", None),
        (b'{"model": 1, "input": "x"}', "expected", "model"),
        (b'{"model": "m", "input": 1}', "expected", "input"),
        (b'{"model": "m", "input": [{"content": 1}]}', "expected", "input[0].content"),
        (b'{"model": "m", "tools": [{}]}', "required", "tools[0].type"),
        (b'{"model": "m", "max_output_tokens": 0}', "at least 1", "max_output_tokens"),
        (b'{"model": "m", "max_output_tokens": "9"}', "expected `int", "max_output_tokens"),
        (b'{"model": "m", "x": "\xff"}', "UTF-8", None),
        (b'{"model": "a", "model": "b"}', "more than once", "model"),
    ],
)
def test_what_cannot_be_understood_names_the_field(sent: bytes, says: str, param: str | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        CODEC.decode(sent)
    assert says in caught.value.message
    assert caught.value.param == param


def test_fields_that_bound_the_cost_stand_there_once() -> None:
    request = CODEC.decode(b'{"model": "m", "max_output_tokens": 1, "max_output_tokens": 9000}')
    with pytest.raises(BadRequestError, match="max_output_tokens"):
        CODEC.refuse_duplicates(request)


@pytest.mark.parametrize("again", [b'"previous_response_id"', b'"previous_response_\\u0069d"'])
def test_whose_answer_it_goes_on_from_stands_there_once(again: bytes) -> None:
    with pytest.raises(BadRequestError, match="previous_response_id"):
        CODEC.decode(
            b'{"model": "m", "input": "x", "previous_response_id": "resp_other", ' + again + b": null}"
        )


def test_only_what_the_edit_list_says_is_changed() -> None:
    request = CODEC.decode(b'{ "input" : "hi", "model":"m", "odd":[1, 2 ] }')
    assert CODEC.splice(request, Edits(model="m")) is request.body
    assert CODEC.splice(request, Edits(model="up")) == b'{ "input" : "hi", "model":"up", "odd":[1, 2 ] }'
    capped = CODEC.splice(request, Edits(model="m", output_cap=7, include_usage=True))
    assert capped == b'{"max_output_tokens":7, "input" : "hi", "model":"m", "odd":[1, 2 ] }'


@pytest.mark.parametrize("sent", [b"{}", b'{"model": null, "input": "hi"}'])
def test_a_request_may_name_no_model(sent: bytes) -> None:
    request = CODEC.decode(sent)
    assert (request.model, request.model_at) == ("auto", (0, 0))
    assert json.loads(CODEC.splice(request, Edits(model="up"))) == json.loads(sent) | {"model": "up"}


def test_thoughts_that_were_sealed_for_the_client_do_not_reach_an_upstream_that_cannot_open_them() -> None:
    sealed = seal(Reasoning(text="Hm.", signature="sig", origin="anthropic_messages"))
    theirs = {"type": "reasoning", "summary": [], "encrypted_content": sealed}
    own = {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"}
    said = {"role": "user", "content": f"what is {sealed}?"}
    request = decoded(input=[said, theirs, own], odd=1)
    assert json.loads(CODEC.splice(request, Edits(model="m"))) == {
        "model": "m",
        "input": [said, own],
        "odd": 1,
    }
    plain = decoded(input=f"what is {sealed}?")
    assert CODEC.splice(plain, Edits(model="m")) == plain.body


def test_usage_of_a_whole_answer() -> None:
    answer = json.dumps({"output": [], "usage": USAGE}).encode()
    assert CODEC.usage(answer) == Usage(100, 20, 40, 10, 5)
    assert CODEC.usage(b'{"output": []}') is None
    assert CODEC.usage(b'{"output": [], "usage": {"input_tokens": "many"}}') is None
    assert CODEC.usage(b'{"output": [], "usage": {"input_tokens": -1}}') is None
    assert CODEC.usage(b'{"output": [], "usage": ' + b"[" * 100_000 + b"]" * 100_000 + b"}") is None
    with pytest.raises(ValueError, match="output"):
        CODEC.usage(b'{"choices": []}')
    with pytest.raises(ValueError, match="truncated"):
        CODEC.usage(b'{"output": [')


def test_errors_in_the_protocols_own_shapes() -> None:
    error = RateLimitError("slow down", param="model")
    assert json.loads(CODEC.error(error, "r1"))["error"]["type"] == "rate_limit_error"
    first, second, rest = CODEC.error_event(error, "r1").split(b"\n\n")
    assert rest == b""
    assert first.startswith(b"event: error\ndata: ")
    told = json.loads(first.split(b"data: ")[1])
    assert (told["type"], told["code"], told["message"]) == ("error", "rate_limited", "slow down")
    failed = json.loads(second.split(b"data: ")[1])
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
    other = CODEC.error_event(UpstreamError("gone"), "r1").split(b"data: ")[2]
    assert json.loads(other)["response"]["error"]["code"] == "server_error"


def test_a_count_is_passed_on_and_can_be_guessed() -> None:
    count = OpenAIResponsesCount()
    request = count.decode(b'{"model": "m", "input": "' + b"x" * 300 + b'"}')
    assert (request.protocol, request.max_output_tokens) == ("openai_responses_count", 1)
    assert not request.keep
    assert count.path("m") == b"/responses/input_tokens"
    assert count.splice(request, Edits(model="m", output_cap=5)) == request.body
    count.refuse_duplicates(request)
    assert count.usage(b'{"object": "response.input_tokens", "input_tokens": 7}') == Usage()
    with pytest.raises(ValueError, match="input_tokens"):
        count.usage(b"{}")
    guessed = json.loads(count.estimate(request))
    assert guessed["object"] == "response.input_tokens"
    assert 100 <= guessed["input_tokens"] <= 120
    with pytest.raises(BadRequestError, match="stream"):
        count.relay(Edits(model="m"))


def test_a_compaction_is_passed_on_and_nothing_bounds_its_cost() -> None:
    compact = OpenAIResponsesCompact()
    request = compact.decode(body())
    assert (request.unpriced, request.keep, request.max_output_tokens) == ("compact", False, None)
    assert compact.path("m") == b"/responses/compact"
    assert compact.splice(request, Edits(model="m", output_cap=5)) == request.body
    assert compact.usage(json.dumps({"output": [], "usage": USAGE}).encode()) == Usage(100, 20, 40, 10, 5)
    with pytest.raises(BadRequestError, match="stream"):
        compact.relay(Edits(model="m"))
