"""The official OpenAI SDK, unmodified, against a running gateway with the real embedded model."""

from collections.abc import Iterator

import openai
import pytest

from running import Running, running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sdk"), {"embedded": {"enabled": True}}) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Running) -> Iterator[openai.OpenAI]:
    url = f"http://127.0.0.1:{gateway.port}/v1"
    with openai.OpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        yield client


MESSAGES: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "What is 2 + 2?"}]


def test_a_completion(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=16, temperature=0)
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert answer.usage.completion_tokens <= 16


def test_a_stream_without_and_with_usage(client: openai.OpenAI) -> None:
    plain = list(client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=8, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in plain)
    assert not any(chunk.usage for chunk in plain)
    counted = list(
        client.chat.completions.create(
            model="auto", messages=MESSAGES, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
    )
    assert counted[-1].usage is not None
    assert counted[-1].choices == []


def test_a_text_is_continued(client: openai.OpenAI) -> None:
    told = client.completions.create(model="auto", prompt="Once upon a time", max_tokens=6)
    assert (told.object, told.choices[0].finish_reason) == ("text_completion", "length")
    assert told.usage is not None
    assert told.usage.completion_tokens == 6
    stream = client.completions.create(model="auto", prompt="Once upon a time", max_tokens=6, stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream)


def test_what_is_not_served_raises_at_once(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="content into the request"):
        client.files.create(file=("a.jsonl", b"x" * 5_000_000), purpose="batch")
    with pytest.raises(openai.NotFoundError, match="one by one"):
        client.batches.list()


def test_headers_say_who_answered(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="auto", messages=MESSAGES, max_tokens=4)
    assert raw.headers["x-wye-deployment"] == "embedded/smollm2-135m"
    assert raw.headers["x-wye-lane"] == "own"
    assert raw.parse().choices


def test_structured_output(client: openai.OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"answer": {"type": "integer"}},
        "required": ["answer"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        model="auto",
        messages=MESSAGES,
        max_tokens=32,
        response_format={"type": "json_schema", "json_schema": {"name": "sum", "schema": schema}},
    )
    assert '"answer"' in (answer.choices[0].message.content or "")


def test_embeddings(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="auto", input=["a cat", "a kitten", "the stock market"])
    cat, kitten, market = (row.embedding for row in answer.data)
    assert len(cat) == 384

    def likeness(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert likeness(cat, kitten) > likeness(cat, market) + 0.2


def test_models(client: openai.OpenAI) -> None:
    assert {"auto", "embedded/smollm2-135m"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("auto").owned_by == "wye"


def test_errors_raise_what_the_sdk_promises(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="smollm2"):
        client.chat.completions.create(model="smollm", messages=MESSAGES)
    with pytest.raises(openai.BadRequestError, match="at least one message"):
        client.chat.completions.create(model="auto", messages=[])
    with pytest.raises(openai.PermissionDeniedError, match="web pages"):
        client.chat.completions.create(
            model="auto", messages=MESSAGES, extra_headers={"origin": "https://evil.example"}
        )


async def test_the_async_client(gateway: Running) -> None:
    url = f"http://127.0.0.1:{gateway.port}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="embedded/smollm2-135m", messages=MESSAGES, max_tokens=6, stream=True
        )
        assert [chunk async for chunk in stream]
