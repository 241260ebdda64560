import pytest

from wye.gateway.clients import ANTHROPIC, GEMINI, OLLAMA, OPENAI, Client, client_of


@pytest.mark.parametrize(
    ("method", "path", "header", "client"),
    [
        ("GET", "/v1/models", "authorization", OPENAI),
        ("GET", "/v1/models", "x-api-key", OPENAI),
        ("GET", "/v1/models", "anthropic-version", ANTHROPIC),
        ("GET", "/v1/models", "x-goog-api-key", GEMINI),
        ("GET", "/v1/models/llama3:8b", "accept", OPENAI),
        ("POST", "/v1/models/gemini-2.5-pro:embedContent", "accept", GEMINI),
        ("POST", "/v1/files", "anthropic-beta", ANTHROPIC),
        ("POST", "/v1/files", "accept", OPENAI),
        ("POST", "/upload/v1beta/files", "accept", GEMINI),
        ("GET", "/v1beta/models", "anthropic-version", GEMINI),
        ("GET", "/v1beta", "accept", GEMINI),
        ("GET", "/v1betatest", "accept", OPENAI),
        ("POST", "/v1/messages/batches", "accept", ANTHROPIC),
        ("POST", "/v1/completes", "accept", OPENAI),
        ("GET", "/api/tags", "x-goog-api-key", OLLAMA),
        ("GET", "/apis", "accept", OPENAI),
        ("GET", "/", "accept", OPENAI),
    ],
)
def test_whose_client_it_is(method: str, path: str, header: str, client: Client) -> None:
    scope = {"method": method, "path": path, "headers": [(b"host", b"x"), (header.encode(), b"1")]}
    assert client_of(scope) is client


@pytest.mark.parametrize(
    ("client", "path"),
    [(OPENAI, "/v1/chat/completions"), (ANTHROPIC, "/v1/messages"), (OLLAMA, "/api/generate")],
)
def test_its_own_routes(client: Client, path: str) -> None:
    assert path in client.routes
    assert all(route.startswith("/v1beta/models/MODEL:") for route in GEMINI.routes)
