"""LangChain's models for three protocols, unmodified, whoever answers."""

from collections.abc import Callable

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import SecretStr

from clients.conftest import EMBEDDED, PROTOCOLS

KEY = SecretStr("unused")
Make = Callable[[str, str], BaseChatModel]
KEPT: list[object] = []
"""Models, which cannot be closed: one collected while connected warns in whichever test runs then."""


def by_chat(url: str, model: str) -> BaseChatModel:
    return ChatOpenAI(base_url=f"{url}/v1", api_key=KEY, model=model, stream_usage=True, max_retries=0)


def by_responses(url: str, model: str) -> BaseChatModel:
    return ChatOpenAI(base_url=f"{url}/v1", api_key=KEY, model=model, use_responses_api=True, max_retries=0)


def by_messages(url: str, model: str) -> BaseChatModel:
    return ChatAnthropic(base_url=url, api_key=KEY, model_name=model, max_retries=0, timeout=None, stop=None)


def by_gemini(url: str, model: str) -> BaseChatModel:
    return ChatGoogleGenerativeAI(base_url=url, google_api_key=KEY, model=model, max_retries=1)


CLIENTS = pytest.mark.parametrize("make", [by_chat, by_responses, by_messages, by_gemini])
ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@CLIENTS
@ANYBODY
def test_an_answer_and_a_stream(url: str, make: Make, model: str) -> None:
    chat = make(url, model)
    KEPT.append(chat)
    answer = chat.invoke("Hi")
    assert answer.text == "Hello."
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (100, 20)
    assert "".join(piece.text for piece in chat.stream("Hi")) == "Hello."


@CLIENTS
@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop(url: str, make: Make, model: str, *, stream: bool) -> None:
    chat = make(url, model).bind_tools([weather])
    KEPT.append(chat)
    turns: list[BaseMessage] = [HumanMessage("Weather in Paris and Rome?")]
    if stream:
        gathered: AIMessageChunk | None = None
        for piece in chat.stream(turns):
            assert isinstance(piece, AIMessageChunk)
            gathered = piece if gathered is None else gathered + piece
        assert gathered is not None
        first = gathered
    else:
        first = chat.invoke(turns)  # type: ignore[assignment]  # an AIMessage
    assert [(call["name"], call["args"]) for call in first.tool_calls] == [
        ("weather", {"city": "Paris"}),
        ("weather", {"city": "Rome"}),
    ]
    turns.append(first)
    turns += [ToolMessage(weather(**call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]
    assert chat.invoke(turns).text == "Hello."


@CLIENTS
def test_the_embedded_model(url: str, make: Make) -> None:
    longest = "max_output_tokens" if make is by_gemini else "max_tokens"
    chat = make(url, EMBEDDED)
    KEPT.append(chat)
    assert chat.invoke("Name a colour.", **{longest: 8}).text


def test_embeddings(url: str) -> None:
    embedding = OpenAIEmbeddings(
        base_url=f"{url}/v1", api_key=KEY, model="auto", check_embedding_ctx_length=False
    )
    KEPT.append(embedding)
    assert len(embedding.embed_query("a cat")) == 384
