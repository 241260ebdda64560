"""In a running gateway each connection is one that the egress granted, whatever callers write."""

import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchanges import play_chat, play_messages
from fake_upstream import FakeUpstream
from running import Answered, Running, running

AUDITED = str(Path(__file__).parent / "audited")
FIELDS = (
    "api_base", "base_url", "api_url", "endpoint", "url", "proxy", "host", "callback_url", "webhook",
    "user_config", "litellm_params", "custom_llm_provider", "aws_bedrock_runtime_endpoint", "langfuse_host",
    "server_url", "spec_path",
)  # fmt: skip
"""What gateways have taken addresses from."""
HEADERS = (
    "api-base", "base-url", "destination", "forwarded", "location", "origin-url", "referer", "x-api-base",
    "x-forwarded-host", "x-litellm-api-base", "x-original-url", "x-portkey-custom-host", "x-rewrite-url",
    "x-target-url",
)  # fmt: skip


@dataclass
class Seen:
    """A gateway, an upstream it may ask, and a server that nobody may."""

    gateway: Running
    upstream: FakeUpstream
    trap: FakeUpstream
    audit: Path

    def events(self) -> list[tuple[int, str, list[str], bool]]:
        return [tuple(json.loads(line)) for line in self.audit.read_text().splitlines()]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("audited")
    upstream, trap, audit = FakeUpstream(), FakeUpstream(), folder / "audit"
    upstream.scripts |= {"chat": play_chat, "claude": play_messages}
    here = {
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "lane": "own",
        "networks": ["127.0.0.0/8"],
        "retries": 0,
        "operations": ["chat", "embeddings"],
    }
    deployments = {
        "chat": here | {"model": "chat"},
        "claude": here | {"model": "claude", "protocol": "anthropic_messages", "operations": ["chat"]},
    }
    environ = {"PYTHONPATH": AUDITED, "WYE_AUDIT_FILE": str(audit)}
    with running(folder, {"deployments": deployments}, environ) as gateway:
        yield Seen(gateway, upstream, trap, audit)
    trap.stop()
    upstream.stop()


def addresses(port: int) -> list[str]:
    """The trap, as it may be spelt, and what else is worth asking on a machine."""
    return [
        f"http://127.0.0.1:{port}/v1",
        f"http://2130706433:{port}/",
        f"http://0x7f.1:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://localhost:{port}/x",
        f"http://user@127.0.0.1:{port}#@api.openai.com/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ]


def nested(url: str) -> dict[str, Any]:
    """A request's members with the address wherever one could be."""
    named = dict.fromkeys(FIELDS, url)
    image = {"type": "image_url", "image_url": {"url": url}}
    return {
        **named,
        "metadata": named | {"deep": [named]},
        "litellm_metadata": named,
        "extra_body": named | {"extra_body": named},
        "user_config": {"model_list": [{"model_name": "chat", "litellm_params": named}]},
        "fallbacks": [{"model": "chat", "api_base": url}],
        "tools": [
            {"type": "mcp", "server_label": "x", "server_url": url, "require_approval": "never"},
            {"type": "function", "function": {"name": "f", "description": url, "parameters": {"$ref": url}}},
        ],
        "messages": [{"role": "user", "content": [{"type": "text", "text": url}, image]}],
    }


def ask_everywhere(seen: Seen, url: str) -> list[Answered]:
    """Ask in every protocol."""
    headers, ask = dict.fromkeys(HEADERS, url), seen.gateway.ask
    plain = [{"role": "user", "content": url}]
    source = {"type": "image", "source": {"type": "url", "url": url}}
    claude = nested(url) | {"max_tokens": 5, "messages": [{"role": "user", "content": [source]}], "tools": []}
    claude["mcp_servers"] = [{"type": "url", "url": url, "name": "x"}]
    parts = [{"text": url}, {"fileData": {"fileUri": url, "mimeType": "image/png"}}]
    return [
        ask("POST", "/v1/chat/completions", nested(url) | {"model": "chat"}, headers),
        ask(
            "POST", "/v1/chat/completions", {"model": "chat", "messages": plain} | dict.fromkeys(FIELDS, url)
        ),
        ask("POST", "/v1/chat/completions", {"model": url, "messages": plain}, headers),
        ask("POST", "/v1/chat/completions", {"model": f"openai/{url}", "messages": plain}, headers),
        ask("POST", "/v1/responses", nested(url) | {"model": "chat", "input": url}, headers),
        ask("POST", "/v1/messages", claude | {"model": "claude"}, headers),
        ask("POST", "/v1beta/models/chat:generateContent", {"contents": [{"role": "user", "parts": parts}]}),
        ask(
            "POST",
            "/api/chat",
            {"model": "chat", "messages": plain, "stream": False} | dict.fromkeys(FIELDS, url),
        ),
        ask("POST", "/v1/embeddings", {"model": "chat", "input": url} | dict.fromkeys(FIELDS, url), headers),
        ask("GET", f"/v1/models?api_base={url.partition('#')[0]}", headers=headers),
        ask("GET", f"/{url.partition('#')[0]}", headers=headers),
        ask(
            "POST",
            "/mcp-rest/test/connection",
            {"url": url, "command": "id", "args": [], "transport": "stdio"},
        ),
        ask("GET", f"/health?url={url.partition('#')[0]}", headers=headers),
    ]


def test_nothing_a_caller_writes_makes_a_connection(seen: Seen) -> None:
    answers = [answer for url in addresses(seen.trap.port) for answer in ask_everywhere(seen, url)]
    served = sum(answer.status == 200 for answer in answers)
    assert served >= 20  # so something was asked of the upstream, beside what was refused
    assert seen.trap.connections == 0
    ours = {
        (event, *arguments) for pid, event, arguments, _ in seen.events() if pid == seen.gateway.process.pid
    }
    connected = {arguments[0] for event, *arguments in ours if event == "socket.connect"}
    assert connected == {f"('127.0.0.1', {seen.upstream.port})"}
    assert {event for event, *_ in ours} <= {"socket.connect", "subprocess.Popen"}  # no name was asked for


def test_each_connection_is_one_that_the_egress_granted(seen: Seen) -> None:
    seen.gateway.chat("chat")
    ours = [one for one in seen.events() if one[0] == seen.gateway.process.pid]
    connects = [granted for _, event, _, granted in ours if event.startswith("socket.")]
    assert connects
    assert all(connects)
    opened = sum(
        float(line.rpartition(" ")[2])
        for line in seen.gateway.metrics().splitlines()
        if line.startswith("wye_connections_opened_total{")
    )
    assert opened == len(connects)


def test_the_writer_of_the_ledger_connects_to_nobody(seen: Seen) -> None:
    others = [one for one in seen.events() if one[0] != seen.gateway.process.pid]
    assert [one for one in others if one[1] != "subprocess.Popen"] == []
    started = [one[2] for one in seen.events() if one[1] == "subprocess.Popen"]
    assert all("wye.ledger.follow" in arguments[0] for arguments in started)
    assert started


def test_the_hook_would_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that no grant stands behind is seen for what it is."""
    import subprocess  # noqa: PLC0415  # only here

    audit = tmp_path / "audit"
    monkeypatch.setenv("PYTHONPATH", AUDITED)
    monkeypatch.setenv("WYE_AUDIT_FILE", str(audit))
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        subprocess.run([sys.executable, "-c", code], check=True)
    told = [json.loads(line)[1:] for line in audit.read_text().splitlines()]
    assert [event for event, _, _ in told] == ["socket.getaddrinfo", "socket.connect"]
    assert not any(granted for _, _, granted in told)
