"""One gateway for all clients: the embedded model, and an upstream of each protocol."""

from collections.abc import Iterator
from typing import Any

import pytest

from clients.played import play_gemini, play_responses
from exchanges import play_chat, play_messages
from fake_upstream import Call, FakeUpstream
from running import Running, running

EMBEDDED = "embedded/smollm2-135m"
PROTOCOLS = {
    "chat": ("openai_chat", "/v1", play_chat),
    "messages": ("anthropic_messages", "/v1", play_messages),
    "responses": ("openai_responses", "/v1", play_responses),
    "gemini": ("gemini", "/v1beta", play_gemini),
}
"""Deployment -> what its upstream speaks, below which path, and what it answers."""


async def refuse(call: Call) -> None:
    """Answer as an upstream that has had enough of us."""
    await call.answer(
        429, {"error": {"message": "slow down", "type": "rate_limit_error"}}, "Retry-After: 7\r\n"
    )


async def shed(call: Call) -> None:
    """Answer as Anthropic does when it has too much to do."""
    error = {"type": "overloaded_error", "message": "Overloaded"}
    await call.answer(529, {"type": "error", "error": error}, "anthropic-ratelimit-requests-limit: 50\r\n")


async def too_long(call: Call) -> None:
    """Answer as Anthropic does to a conversation that does not fit."""
    error = {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}
    await call.answer(400, {"type": "error", "error": error})


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    fake.scripts |= {name: play for name, (_, _, play) in PROTOCOLS.items()} | {
        "busy": refuse,
        "overloaded": shed,
        "long": too_long,
    }
    yield fake
    fake.stop()


def deployments(upstream: FakeUpstream) -> dict[str, Any]:
    """One deployment for each protocol, and some whose upstreams refuse."""

    def deployment(model: str, protocol: str, path: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}{path}"
        return {"model": model, "base_url": url, "protocol": protocol, "lane": "own", "retries": 0}

    made = {name: deployment(name, protocol, path) for name, (protocol, path, _) in PROTOCOLS.items()}
    return made | {
        "busy": deployment("busy", "openai_chat", "/v1"),
        "overloaded": deployment("overloaded", "anthropic_messages", "/v1"),
        "long": deployment("long", "anthropic_messages", "/v1"),
    }


@pytest.fixture(scope="session")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {"embedded": {"enabled": True}, "deployments": deployments(upstream)}
    with running(tmp_path_factory.mktemp("clients"), settings) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def url(gateway: Running) -> str:
    """The gateway's address, without a path."""
    return f"http://127.0.0.1:{gateway.port}"
