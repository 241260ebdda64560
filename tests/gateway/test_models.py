"""The lists of models, and what is said where nothing is, by a real gateway, in each client's protocol."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_upstream import FakeUpstream
from running import KEY, Running, running

SPEAKS = {
    "openai": {},
    "anthropic": {"anthropic-version": "2023-06-01"},
    "gemini": {"x-goog-api-client": "google-genai-sdk/1"},
}


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def deployment(**fields: Any) -> dict[str, Any]:
        base = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own"}
        return base | {"networks": ["127.0.0.0/8"], "model": "up"} | fields

    settings = {
        "deployments": {
            "own/big": deployment(profile={"context_tokens": 32_768, "tools": True, "vision": False}),
            "own/small": deployment(profile={"context_tokens": 2048, "max_output_tokens": 512}),
            "own/vectors": deployment(operations=["embeddings"]),
        },
        "listener": {"body_bytes": 1_000_000},
        "aliases": {"nick": ["own/small", "own/big"]},
    }
    with running(tmp_path_factory.mktemp("models"), settings) as gateway:
        yield gateway


def test_openais_list_and_what_a_name_can_do(gateway: Running) -> None:
    facts = {row["id"]: row["wye"] for row in gateway.ask("GET", "/v1/models").json["data"]}
    assert facts["nick"] == {
        "kind": "alias",
        "candidates": ["own/small", "own/big"],
        "operations": ["chat"],
        "context_tokens": 32_768,
        "max_output_tokens": 512,
        "tools": True,
        "vision": None,
    }
    assert facts["own/small"]["context_tokens"] == 2048


def test_anthropics_list_has_pages(gateway: Running) -> None:
    headers = SPEAKS["anthropic"]
    first = gateway.ask("GET", "/v1/models?limit=2", headers=headers).json
    assert (len(first["data"]), first["has_more"]) == (2, True)
    then = gateway.ask("GET", f"/v1/models?limit=2&after_id={first['last_id']}", headers=headers).json
    assert not {row["id"] for row in first["data"]} & {row["id"] for row in then["data"]}
    refused = gateway.ask("GET", "/v1/models?limit=x", headers=headers)
    assert (refused.status, refused.error["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(("path", "headers"), [("/v1beta/models", {}), ("/v1/models", SPEAKS["gemini"])])
def test_geminis_list(gateway: Running, path: str, headers: dict[str, str]) -> None:
    listed = gateway.ask("GET", f"{path}?pageSize=2", headers=headers).json
    assert len(listed["models"]) == 2
    assert listed["nextPageToken"] == listed["models"][-1]["baseModelId"]
    assert gateway.ask("GET", f"{path}/own/big", headers=headers).json["inputTokenLimit"] == 32_768
    unknown = gateway.ask("GET", f"{path}/nobody", headers=headers)
    assert (unknown.status, unknown.error["status"]) == (404, "NOT_FOUND")


def test_ollamas_list(gateway: Running) -> None:
    tags = {model["name"]: model for model in gateway.ask("GET", "/api/tags").json["models"]}
    assert tags["own/vectors"]["capabilities"] == ["embedding"]
    shown = gateway.ask("POST", "/api/show", {"model": "nick"})
    assert shown.json["capabilities"] == ["completion", "tools"]
    assert gateway.ask("POST", "/api/show", {"name": "nick"}).json == shown.json
    unknown = gateway.ask("POST", "/api/show", {"model": "nobody"})
    assert (unknown.status, unknown.json) == (
        404,
        {"error": "there is no model 'nobody'; GET /api/tags lists what there is"},
    )
    assert gateway.ask("POST", "/api/show", b"{").status == 400
    large = gateway.ask("POST", "/api/show", b'{"model":"nick","x":"' + b"x" * 2_000_000 + b'"}')
    assert (large.status, list(large.json)) == (413, ["error"])
    assert gateway.ask("GET", "/api/version").json["version"].count(".") == 2
    assert gateway.ask("HEAD", "/api/tags").status == 200


MESSAGE = {
    "openai": lambda body: body["error"]["message"],
    "anthropic": lambda body: body["error"]["message"],
    "gemini": lambda body: body["error"]["message"],
    "ollama": lambda body: body["error"],
}


@pytest.mark.parametrize(
    ("protocol", "method", "path", "headers", "words"),
    [
        ("openai", "POST", "/v1/files", {}, "content into the request"),
        ("openai", "GET", "/v1/batches?limit=2", {}, "one by one"),
        ("anthropic", "POST", "/v1/messages/batches", {}, "one by one"),
        ("anthropic", "GET", "/v1/files", SPEAKS["anthropic"], "content into the request"),
        ("gemini", "POST", "/upload/v1beta/files", {}, "content into the request"),
        ("gemini", "POST", "/v1beta/models/m:batchGenerateContent", {}, "one by one"),
        ("gemini", "GET", "/v1beta/cachedContents", {}, "each request"),
        ("ollama", "DELETE", "/api/delete", {}, "wye.yaml"),
        ("openai", "POST", "/chat/completions", {}, "must end in /v1"),
        ("anthropic", "POST", "/v1/v1/messages", SPEAKS["anthropic"], "must not end in /v1"),
        ("openai", "GET", "/v1/nowhere", {}, "GET /v1/models lists models"),
        ("gemini", "GET", "/v1beta/nowhere", {}, "lists models"),
        ("ollama", "GET", "/api/nowhere", {}, "lists models"),
    ],
)
def test_what_is_not_served(  # noqa: PLR0913, PLR0917  # a request, and two facts of its answer
    gateway: Running, protocol: str, method: str, path: str, headers: dict[str, str], words: str
) -> None:
    answered = gateway.ask(method, path, None if method == "GET" else {}, headers)
    assert answered.status == 404
    assert words in MESSAGE[protocol](answered.json)
    assert ("type" in answered.json) == (protocol == "anthropic")
    assert ("status" in answered.json["error"]) == (protocol == "gemini")
    id_header = "request-id" if protocol == "anthropic" else "x-request-id"
    assert answered.headers[id_header]


def test_a_method_that_is_not_there(gateway: Running) -> None:
    refused = gateway.ask("DELETE", "/v1beta/models/m")
    assert (refused.status, refused.error["status"]) == (405, "UNIMPLEMENTED")
    assert "GET" in refused.headers["allow"]


def test_keys_are_asked_for(tmp_path: Path) -> None:
    with running(tmp_path, {}, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        for path in ("/v1/models", "/v1beta/models", "/api/tags", "/api/version"):
            assert gateway.ask("GET", path).status == 401
            assert gateway.ask("GET", path, headers={"authorization": f"Bearer {KEY}"}).status == 200
        told = gateway.ask("GET", "/v1beta/models", headers={"x-goog-api-key": "nobody"})
        assert (told.status, told.error["status"]) == (401, "UNAUTHENTICATED")
        assert gateway.ask("GET", "/api/tags", headers={"authorization": "Bearer x"}).json["error"]
