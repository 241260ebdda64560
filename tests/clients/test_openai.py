"""The official OpenAI SDK, unmodified: Chat, Responses, Completions, embeddings, whoever answers."""

from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from openai.types.responses import FunctionToolParam, ResponseInputParam

from clients.conftest import EMBEDDED, PROTOCOLS
from exchanges import CALLS, SCHEMA

QUESTION = "Weather in Paris and Rome?"
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather.", "parameters": dict(SCHEMA)},
}
FUNCTION: FunctionToolParam = {
    "type": "function",
    "name": "weather",
    "description": "The weather.",
    "parameters": dict(SCHEMA),
    "strict": False,
}
ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)
CITIES = [call["input"] for call in CALLS]


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@ANYBODY
def test_chat(client: openai.OpenAI, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "Hello."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 20)
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 40


@ANYBODY
def test_a_chat_as_a_stream(client: openai.OpenAI, model: str) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    with client.chat.completions.stream(
        model=model, messages=messages, stream_options={"include_usage": True}
    ) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
        final = stream.get_final_completion()
    assert text == "Hello."
    assert final.choices[0].message.content == "Hello."
    assert final.usage is not None
    assert final.usage.total_tokens == 120


@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_in_chat(client: openai.OpenAI, model: str, *, stream: bool) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
    if stream:
        with client.chat.completions.stream(model=model, messages=messages, tools=[TOOL]) as events:
            first = events.get_final_completion().choices[0]
    else:
        first = client.chat.completions.create(model=model, messages=messages, tools=[TOOL]).choices[0]
    assert first.finish_reason == "tool_calls"
    calls = [call for call in first.message.tool_calls or [] if call.type == "function"]
    assert [call.function.name for call in calls] == ["weather", "weather"]
    messages.append(first.message.to_dict())  # type: ignore[arg-type]  # as its documentation does it
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in calls]
    last = client.chat.completions.create(model=model, messages=messages, tools=[TOOL])
    assert last.choices[0].message.content == "Hello."


@ANYBODY
def test_a_response(client: openai.OpenAI, model: str) -> None:
    answer = client.responses.create(model=model, input="Hi", instructions="Be brief.")
    assert answer.output_text == "Hello."
    assert answer.status == "completed"
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 20)
    assert answer.usage.input_tokens_details.cached_tokens == 40


@ANYBODY
def test_a_response_as_a_stream(client: openai.OpenAI, model: str) -> None:
    with client.responses.stream(model=model, input="Hi") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == "Hello."
    assert final.usage is not None
    assert final.usage.total_tokens == 120


@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_in_responses(client: openai.OpenAI, model: str, *, stream: bool) -> None:
    turns: ResponseInputParam = [{"role": "user", "content": QUESTION}]
    if stream:
        with client.responses.stream(model=model, input=turns, tools=[FUNCTION], store=False) as events:
            output = events.get_final_response().output
    else:
        output = client.responses.create(model=model, input=turns, tools=[FUNCTION], store=False).output
    calls = [item for item in output if item.type == "function_call"]
    assert [call.name for call in calls] == ["weather", "weather"]
    turns += [item.to_dict() for item in output]  # type: ignore[misc]  # as its documentation does it
    turns += [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in calls]
    last = client.responses.create(model=model, input=turns, tools=[FUNCTION], store=False)
    assert last.output_text == "Hello."


@ANYBODY
def test_a_legacy_completion(client: openai.OpenAI, model: str) -> None:
    answer = client.completions.create(model=model, prompt="Say hello", max_tokens=8)
    assert answer.choices[0].text == "Hello."
    pieces = client.completions.create(model=model, prompt="Say hello", max_tokens=8, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces if piece.choices) == "Hello."


def test_the_embedded_model_in_responses(client: openai.OpenAI) -> None:
    answer = client.responses.create(model=EMBEDDED, input="Name a colour.", max_output_tokens=8)
    assert answer.output_text
    events = list(
        client.responses.create(model=EMBEDDED, input="A colour?", max_output_tokens=4, stream=True)
    )
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type in {"response.completed", "response.incomplete"}


def test_a_rate_limit_says_when_to_come_back(client: openai.OpenAI) -> None:
    for ask in (
        lambda: client.chat.completions.create(model="busy", messages=[{"role": "user", "content": "Hi"}]),
        lambda: client.responses.create(model="busy", input="Hi"),
    ):
        with pytest.raises(openai.RateLimitError) as refused:
            ask()
        assert refused.value.response.headers["retry-after"] == "7"
        assert refused.value.code


def test_what_another_protocol_refuses_raises_what_openais_would(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as long:
        client.responses.create(model="long", input="Hi")
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.InternalServerError) as shed:
        client.chat.completions.create(model="overloaded", messages=[{"role": "user", "content": "Hi"}])
    assert shed.value.response.headers["x-ratelimit-limit-requests"] == "50"


def test_what_is_not_served_is_refused_clearly(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="nobody", input="Hi")
    with pytest.raises(openai.APIStatusError, match="does not serve GET /v1/files"):
        client.files.list()
    with pytest.raises(openai.APIStatusError, match="does not serve GET /v1/batches"):
        client.batches.list()
