"""Embeddings for clients of Gemini and Ollama, from upstreams that speak OpenAI's protocol."""

from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import Call, FakeUpstream
from running import Running, running

PART = {"parts": [{"text": "hi"}]}
ONE, BATCH = "/v1beta/models/vectors:embedContent", "/v1/models/vectors:batchEmbedContents"


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    @upstream.script("up-vectors")
    async def vectors(call: Call) -> None:
        told = [
            {"object": "embedding", "index": at, "embedding": [at, 0.10]}
            for at, _ in enumerate(call.json["input"])
        ]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        await call.answer(body={"object": "list", "data": told[::-1], "model": "up", "usage": usage})

    @upstream.script("up-few")
    async def few(call: Call) -> None:
        await call.answer(body={"object": "list", "data": [], "model": "up"})

    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}/v1"
        told = {"model": model, "base_url": url, "lane": "own", "networks": ["127.0.0.0/8"]}
        return told | {"operations": ["embeddings"], "price": {"input": 1, "output": 0}} | fields

    settings = {
        "deployments": {
            "vectors": deployment("up-vectors"),
            "few": deployment("up-few", retries=0),
            "google": deployment("up-google", protocol="gemini"),
        }
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def test_geminis_one_text(gateway: Running, upstream: FakeUpstream) -> None:
    asked = {"content": PART, "taskType": "RETRIEVAL_QUERY", "output_dimensionality": 2}
    answered = gateway.ask("POST", ONE, asked)
    assert answered.json == {"embedding": {"values": [0, 0.1]}}
    assert answered.headers["x-wye-lost"] == "taskType"
    sent = {"model": "up-vectors", "input": ["hi"], "encoding_format": "float", "dimensions": 2}
    assert upstream.calls[-1].json == sent
    record = gateway.record(answered)
    assert (record["operation"], record["usage"]["input_tokens"]) == ("embeddings", 7)
    assert record["attempts"][0]["translated"] == "openai_embeddings"


def test_geminis_batch_comes_in_order(gateway: Running) -> None:
    one = {"model": "models/vectors", "content": PART}
    answered = gateway.ask("POST", BATCH, {"requests": [one, one]})
    assert answered.json == {"embeddings": [{"values": [0, 0.1]}, {"values": [1, 0.1]}]}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ONE, {}, "content"),
        (ONE, {"content": {"parts": [{"inlineData": {"data": ""}}]}}, "content.parts[0].inlineData"),
        (ONE, {"content": {"parts": []}}, "content.parts"),
        (BATCH, {"requests": []}, "requests"),
        (BATCH, {"requests": [{"content": PART, "outputDimensionality": at} for at in (1, 2)]}, "requests"),
    ],
)
def test_what_gemini_cannot_have_embedded(gateway: Running, path: str, body: Any, field: str) -> None:
    refused = gateway.ask("POST", path, body)
    assert (refused.status, refused.error["status"]) == (400, "INVALID_ARGUMENT")
    assert refused.error["details"][0]["metadata"]["field"] == field


def test_ollamas(gateway: Running) -> None:
    asked = {"model": "vectors", "input": ["a", "b"], "truncate": True, "keep_alive": "5m", "x\r\ny": 1}
    answered = gateway.ask("POST", "/api/embed", asked)
    assert answered.json == {"model": "vectors", "embeddings": [[0, 0.1], [1, 0.1]], "prompt_eval_count": 7}
    assert answered.headers["x-wye-lost"] == "keep_alive, unknown_member"
    one = gateway.ask("POST", "/api/embed", {"model": "vectors", "input": "a"})
    assert one.json["embeddings"] == [[0, 0.1]]
    older = gateway.ask("POST", "/api/embeddings", {"model": "vectors", "prompt": "a"})
    assert older.json == {"embedding": [0, 0.1]}
    for path in ("/api/embed", "/api/embeddings"):
        refused = gateway.ask("POST", path, {"model": "vectors"})
        assert (refused.status, "must not be empty" in refused.json["error"]) == (400, True)


def test_who_serves_none(gateway: Running) -> None:
    refused = gateway.ask("POST", "/api/embed", {"model": "google", "input": "a"})
    assert refused.status == 400
    assert refused.json["error"].startswith("'google' does not serve embeddings in OpenAI's protocol")
    few = gateway.ask("POST", "/api/embed", {"model": "few", "input": "a"})
    assert (few.status, "no answer" in few.json["error"]) == (502, True)
