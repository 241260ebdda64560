"""While records cannot be sealed nobody is served: in the client's protocol, before anything is sent."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_upstream import Call, FakeUpstream
from running import Running, running
from wye.ledger.sealer import logs


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()

    @fake.script("ok")
    async def ok(call: Call) -> None:
        await call.answer()

    yield fake
    fake.stop()


def until_ready(gateway: Running, status: int) -> str:
    deadline = time.monotonic() + 60
    while (told := gateway.ask("GET", "/readyz")).status != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return told.body.decode()


def test_a_key_that_is_gone_stops_the_gateway_until_it_is_back(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    reached = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "networks": ["127.0.0.0/8"]}
    settings = {"deployments": {"ok": {"model": "ok", **reached}}, "ledger": {"transparency": True}}
    with running(tmp_path, settings) as gateway:
        assert gateway.chat("ok").status == 200
        key = logs(gateway.state)[0] / "private" / "key"
        key.rename(tmp_path / "away")
        assert "put it back" in until_ready(gateway, 503)
        refused = gateway.chat("ok")
        assert refused.status == 503
        assert "records cannot be sealed, so nothing is served" in refused.error["message"]
        message = {"model": "ok", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
        refused = gateway.ask("POST", "/v1/messages", message)
        assert refused.status == 503
        assert refused.json["type"] == "error"
        assert len(upstream.calls) == 1, "nothing was sent"
        (tmp_path / "away").rename(key)
        until_ready(gateway, 200)
        assert gateway.chat("ok").status == 200
