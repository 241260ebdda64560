"""Google's SDK, unmodified, whoever answers."""

from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors, types

from clients.conftest import EMBEDDED, PROTOCOLS
from exchanges import SCHEMA

TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name="weather", description="The weather.", parameters_json_schema=SCHEMA)
    ]
)
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
"""google-genai inherits from what aiohttp would rather not have inherited from."""
ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)


@pytest.fixture(params=["v1beta", "v1"])
def client(url: str, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=url, api_version=request.param)
    client = genai.Client(api_key="unused", http_options=options)
    yield client
    client.close()


@ANYBODY
def test_an_answer(client: genai.Client, model: str) -> None:
    answer = client.models.generate_content(model=model, contents="Hi")
    assert answer.text == "Hello."
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    usage = answer.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (100, 40)
    assert usage.total_token_count == 120


@ANYBODY
def test_a_stream(client: genai.Client, model: str) -> None:
    pieces = list(client.models.generate_content_stream(model=model, contents="Hi"))
    assert "".join(piece.text or "" for piece in pieces) == "Hello."
    assert pieces[-1].usage_metadata is not None
    assert pieces[-1].usage_metadata.total_token_count == 120


@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop(client: genai.Client, model: str, *, stream: bool) -> None:
    config = types.GenerateContentConfig(tools=[TOOL], system_instruction="Be brief.")
    turns: list[types.ContentUnion] = [
        types.Content(role="user", parts=[types.Part(text="Weather in Paris and Rome?")])
    ]
    if stream:
        pieces = client.models.generate_content_stream(model=model, contents=turns, config=config)
        told = [piece.candidates[0].content for piece in pieces if piece.candidates]
        parts = [part for content in told if content for part in content.parts or []]
    else:
        answer = client.models.generate_content(model=model, contents=turns, config=config)
        assert answer.candidates is not None
        assert answer.candidates[0].content is not None
        parts = answer.candidates[0].content.parts or []
    calls = [part.function_call for part in parts if part.function_call]
    assert [(call.name, call.args) for call in calls] == [
        ("weather", {"city": "Paris"}),
        ("weather", {"city": "Rome"}),
    ]
    turns.append(types.Content(role="model", parts=parts))
    results = [
        types.Part(
            function_response=types.FunctionResponse(id=call.id, name=call.name, response={"sky": "sunny"})
        )
        for call in calls
    ]
    turns.append(types.Content(role="user", parts=results))
    assert client.models.generate_content(model=model, contents=turns, config=config).text == "Hello."


def test_python_functions_are_called_by_themselves(client: genai.Client) -> None:
    asked = []

    def weather(city: str) -> str:
        """Tell the weather of a city."""
        asked.append(city)
        return "sunny"

    config = types.GenerateContentConfig(tools=[weather])
    answer = client.models.generate_content(
        model="chat", contents="Weather in Paris and Rome?", config=config
    )
    assert asked == ["Paris", "Rome"]
    assert answer.text == "Hello."


def test_counts_and_models(client: genai.Client) -> None:
    assert client.models.count_tokens(model="gemini", contents="Hi").total_tokens == 42
    assert (client.models.count_tokens(model=EMBEDDED, contents="Hi").total_tokens or 0) > 0
    names = {model.name for model in client.models.list()}
    assert {"models/auto", f"models/{EMBEDDED}"} <= names
    assert client.models.get(model="auto").name == "models/auto"


def test_the_embedded_model(client: genai.Client) -> None:
    config = types.GenerateContentConfig(max_output_tokens=8)
    assert client.models.generate_content(model=EMBEDDED, contents="Name a colour.", config=config).text


def test_errors(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as missing:
        client.models.generate_content(model="nobody", contents="Hi")
    assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError) as limited:
        client.models.generate_content(model="busy", contents="Hi")
    assert (limited.value.code, limited.value.status) == (429, "RESOURCE_EXHAUSTED")


async def test_the_async_client(url: str) -> None:
    client = genai.Client(api_key="unused", http_options=types.HttpOptions(base_url=url))
    stream = await client.aio.models.generate_content_stream(model="messages", contents="Hi")
    assert "".join([piece.text or "" async for piece in stream]) == "Hello."
    await client.aio.aclose()
