"""Keys, budgets and labels bind a client of Messages as they bind everybody."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchanges import play_chat, play_messages
from fake_upstream import FakeUpstream
from running import KEY, Answered, Running, running

MESSAGES = "/v1/messages"


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    upstream.scripts |= {"up-anthropic": play_messages, "up-openai": play_chat}

    def deployment(model: str, protocol: str, lane: str) -> dict[str, Any]:
        return {
            "model": model,
            "protocol": protocol,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": lane,
            "networks": ["127.0.0.0/8"],
            "price": price,
        }

    settings = {
        "deployments": {
            "closed": deployment("up-anthropic", "anthropic_messages", "closed"),
            "own": deployment("up-openai", "openai_chat", "own"),
        },
        "aliases": {"both": ["closed", "own"]},
    }
    with running(tmp_path_factory.mktemp("keys"), settings, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        yield gateway


def key(gateway: Running, name: str, *options: str) -> dict[str, str]:
    """Make a key; return the headers of an Anthropic client that has it, once it works."""
    command = [sys.executable, "-m", "wye", "keys", "create", name, *options, "--json"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(gateway.state), "WYE_STATE_DIR": str(gateway.state)}
    folder: Path = gateway.state.parent
    made = subprocess.run(command, env=environ, cwd=folder, capture_output=True, check=True)
    headers = {"x-api-key": json.loads(made.stdout)["secret"], "anthropic-version": "2023-06-01"}
    deadline = time.monotonic() + 60
    while gateway.ask("GET", "/v1/models", headers=headers).status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    return headers


def ask(gateway: Running, model: str, headers: dict[str, str], **fields: Any) -> Answered:
    body = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]} | fields
    return gateway.ask("POST", MESSAGES, body, headers)


@pytest.mark.parametrize("model", ["closed", "own"])
def test_a_budget_holds_whoever_answers(gateway: Running, model: str) -> None:
    small = key(gateway, f"small-{model}", "--budget", "0.003/total")
    answers = [ask(gateway, model, small) for _ in range(12)]
    served = [a for a in answers if a.status == 200]
    # Each costs $0.00034, and at worst about .0009: 64 tokens out, and the bytes of the request in.
    assert 3 <= len(served) <= 8
    assert {a.status for a in answers} == {200, 402}
    assert answers[-1].json["error"]["type"] == "billing_error"
    assert "max_tokens" in answers[-1].error["message"]
    count = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    assert gateway.ask("POST", f"{MESSAGES}/count_tokens", count, small).status == 200


def test_what_tokens_do_not_bound_is_refused_under_a_budget(gateway: Running) -> None:
    limited = key(gateway, "bounded", "--budget", "5/total")
    search = [{"type": "web_search_20250305", "name": "web_search"}]
    answered = ask(gateway, "closed", limited, tools=search)
    assert (answered.status, answered.error["type"]) == (400, "invalid_request_error")
    assert ask(gateway, "closed", limited, max_tokens=0).status == 200  # fills the cache


def test_too_many_requests_a_minute(gateway: Running) -> None:
    slow = key(gateway, "slow", "--rpm", "2")
    answers = [ask(gateway, "own", slow) for _ in range(4)]
    refused = answers[-1]
    assert (refused.status, refused.error["type"]) == (429, "rate_limit_error")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json["request_id"] == refused.headers["request-id"]


def test_what_must_stay_inside_is_translated_for_an_own_model(
    gateway: Running, upstream: FakeUpstream
) -> None:
    ward = key(gateway, "ward", "--label", "phi")
    before = upstream.seen["up-anthropic"]
    answered = ask(gateway, "both", ward)
    assert answered.headers["x-wye-deployment"] == "own"
    assert answered.json["content"] == [{"type": "text", "text": "Hello."}]
    refused = ask(gateway, "closed", ward)
    assert (refused.status, refused.error["type"]) == (403, "permission_error")
    count = {"model": "closed", "messages": [{"role": "user", "content": "hi"}]}
    assert gateway.ask("POST", f"{MESSAGES}/count_tokens", count, ward).status == 403
    assert upstream.seen["up-anthropic"] == before
