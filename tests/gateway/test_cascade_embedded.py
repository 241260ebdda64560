"""The embedded model as the weak one: what it says is not always what it says again."""

from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, delta
from gateway.gated import certify
from running import Running, running
from wye.config.strategies import GateSettings

SMALL = "embedded/smollm2-135m"


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    @upstream.script("strong")
    async def strong(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([delta("Said by the strong one."), FINISH, DONE])
        else:
            await call.answer(body=CHAT)

    folder = tmp_path_factory.mktemp("small")
    certify(folder / "state", "gated", "strong", SMALL, GateSettings(ask=(SMALL,)))
    place = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"]}
    far = {"model": "strong", "lane": "closed", "price": price, "profile": {"strong": True}, **place}
    settings = {
        "embedded": {"enabled": True},
        "deployments": {"strong": far},
        "routes": {"gated": {"candidates": [SMALL, "strong"], "gate": {"ask": [SMALL]}}},
    }
    with running(folder, settings) as gateway:
        yield gateway


@pytest.mark.parametrize("stream", [False, True])
def test_the_small_model_serves_what_it_says_twice(gateway: Running, *, stream: bool) -> None:
    said = "What is the capital of France? Answer with one word."
    asked = [{"role": "user", "content": said}]
    answered = gateway.chat("gated", messages=asked, max_tokens=24, temperature=0, stream=stream)
    assert answered.status == 200, answered.body
    record = gateway.record(answered)
    causes = [(one["deployment"], one["cause"]) for one in record["attempts"]]
    assert (SMALL, "first") in causes
    assert (SMALL, "gate") in causes
    assert record["deployment"] == (SMALL if record["gate"] == "agreed" else "strong")
    assert (("strong", "cascade") in causes) is (record["gate"] != "agreed")


def test_what_it_cannot_finish_the_strong_model_serves(gateway: Running) -> None:
    said = "Tell me a long story about a lighthouse."
    answered = gateway.chat("gated", messages=[{"role": "user", "content": said}], max_tokens=8)
    record = gateway.record(answered)
    assert (record["gate"], record["deployment"]) == ("it ended by length", "strong")
