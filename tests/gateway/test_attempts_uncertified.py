"""Whoever serves that no certificate covers: the record says so."""

from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import Call, FakeUpstream
from routing.granted import grant
from running import Running, running

DOWN: set[str] = set()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    return grant(tmp_path_factory.getbasetemp() / "covered" / "state").id


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, certificate: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    assert certificate
    for model in ("big", "small", "other"):

        @upstream.script(model)
        async def serve(call: Call) -> None:
            if call.name in DOWN:
                await call.answer(500, {})
            else:
                await call.answer()

    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        base_url = f"http://127.0.0.1:{upstream.port}/v1"
        return {
            "model": model,
            "base_url": base_url,
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
        } | fields

    deployments = {
        "strong": deployment("big", profile={"strong": True}),
        "weak": deployment("small"),
        "else": deployment("other"),
    }
    with running(tmp_path_factory.getbasetemp() / "covered", {"deployments": deployments}) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("down", "serves", "covered"),
    [(set(), "strong", True), ({"big"}, "weak", True), ({"big", "small"}, "else", False)],
)
def test_a_fallback_that_leaves_what_is_covered_is_uncertified(
    gateway: Running, certificate: str, down: set[str], serves: str, *, covered: bool
) -> None:
    DOWN.clear()
    DOWN.update(down)
    record = gateway.record(gateway.chat("auto"))
    assert record["decision"]["certificate"] == certificate, record["decision"]["reasons"]
    assert record["decision"]["covered"] == ["strong", "weak"]
    assert record["deployment"] == serves
    assert record.get("certificate", "") == (certificate if covered else "")
