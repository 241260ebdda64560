"""pydantic-ai's agents on three protocols, unmodified, whoever answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from anthropic import AsyncAnthropic
from google import genai
from google.genai import types
from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from clients.conftest import EMBEDDED, PROTOCOLS

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
"""google-genai inherits from what aiohttp would rather not have inherited from."""

Make = Callable[[str, str], AbstractAsyncContextManager[Model]]


@asynccontextmanager
async def by_chat(url: str, model: str) -> AsyncIterator[Model]:
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="unused") as client:
        yield OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client))


@asynccontextmanager
async def by_responses(url: str, model: str) -> AsyncIterator[Model]:
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="unused") as client:
        yield OpenAIResponsesModel(model, provider=OpenAIProvider(openai_client=client))


@asynccontextmanager
async def by_messages(url: str, model: str) -> AsyncIterator[Model]:
    async with AsyncAnthropic(base_url=url, api_key="unused") as client:
        yield AnthropicModel(model, provider=AnthropicProvider(anthropic_client=client))


@asynccontextmanager
async def by_gemini(url: str, model: str) -> AsyncIterator[Model]:
    client = genai.Client(api_key="unused", http_options=types.HttpOptions(base_url=url))
    async with client.aio:
        yield GoogleModel(model, provider=GoogleProvider(client=client))
    client.close()


CLIENTS = pytest.mark.parametrize("make", [by_chat, by_responses, by_messages, by_gemini])
ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)


@CLIENTS
@ANYBODY
async def test_an_agent_uses_its_tool(url: str, make: Make, model: str) -> None:
    asked = []

    def weather(city: str) -> str:
        """Tell the weather of a city."""
        asked.append(city)
        return "sunny"

    async with make(url, model) as reached:
        agent = Agent(reached, instructions="Be brief.", tools=[weather])
        done = await agent.run("Weather in Paris and Rome?")
        assert done.output == "Hello."
        assert sorted(asked) == ["Paris", "Rome"]
        assert done.usage.input_tokens == 200
        asked.clear()
        async with agent.run_stream("Weather in Paris and Rome?") as stream:
            assert await stream.get_output() == "Hello."
        assert sorted(asked) == ["Paris", "Rome"]


@CLIENTS
async def test_the_embedded_model(url: str, make: Make) -> None:
    async with make(url, EMBEDDED) as reached:
        done = await Agent(reached).run("Name a colour.", model_settings={"max_tokens": 8})
        assert done.output


@CLIENTS
async def test_errors(url: str, make: Make) -> None:
    async with make(url, "nobody") as reached:
        with pytest.raises(ModelHTTPError) as refused:
            await Agent(reached).run("Hi")
        assert refused.value.status_code == 404
