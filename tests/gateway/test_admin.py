"""The control plane of a real gateway: who sees which record, and how refusals look."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fake_upstream import Call, FakeUpstream
from running import Running, running
from wye.config.settings import LedgerSettings
from wye.gateway.ids import new_id
from wye.ledger.keystore import Grant, KeyStore, Scope

Headers = dict[str, str]


@pytest.fixture(scope="module")
def grants() -> tuple[Grant, ...]:
    return (
        Grant(name="one"),
        Grant(name="two"),
        Grant(name="auditor", scopes=frozenset({Scope.INFER, Scope.READ})),
        Grant(name="slow", rpm=1),
    )


@pytest.fixture(scope="module")
def tenants(
    upstream: FakeUpstream, grants: tuple[Grant, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, dict[str, Headers]]]:
    """A gateway, and each key's header."""

    @upstream.script("ok")
    async def ok(call: Call) -> None:
        await asyncio.sleep(0)
        await call.answer()

    folder = tmp_path_factory.mktemp("tenants")
    ok_ = {"model": "ok", "base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own"}
    with KeyStore(LedgerSettings(), folder / "state") as keys:
        made = {grant.name: keys.create(grant)[1] for grant in grants}
    headers = {name: {"authorization": f"Bearer {secret.reveal()}"} for name, secret in made.items()}
    settings = {"deployments": {"ok": ok_ | {"networks": ["127.0.0.0/8"]}}}
    with running(folder, settings) as gateway:
        yield gateway, headers


def test_a_record_is_its_keys_own(tenants: tuple[Running, dict[str, Headers]]) -> None:
    gateway, keys = tenants
    answered = gateway.chat("ok", keys["one"])
    id_ = answered.headers["x-wye-decision"]
    assert gateway.record(answered, keys["one"])["id"] == id_
    assert gateway.record(answered, keys["auditor"])["id"] == id_
    told = set()

    def quickest(asked: str, rounds: int = 1) -> float:
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            refused = gateway.ask("GET", f"/v1/wye/requests/{asked}", headers=keys["two"])
            times.append(time.perf_counter() - begun)
            assert refused.status == 404
            told.add(refused.error["message"])
        return min(times)

    for asked in (id_[:12], id_[:1], "x" * 300, "%"):
        quickest(asked)
    another, none = quickest(id_, 5), quickest(new_id(), 5)
    assert len(told) == 1
    assert abs(another - none) < 0.15, "how long it takes would tell that another key has it"
    assert gateway.ask("GET", f"/v1/wye/requests/{id_[:12]}", headers=keys["one"]).status == 404


def test_unknown_ids_keep_nobody_waiting(tenants: tuple[Running, dict[str, Headers]]) -> None:
    gateway, keys = tenants
    id_ = gateway.chat("ok", keys["one"]).headers["x-wye-decision"]
    time.sleep(0.3)

    def ask(asked: str) -> tuple[int, float]:
        begun = time.perf_counter()
        status = gateway.ask("GET", f"/v1/wye/requests/{asked}", headers=keys["one"]).status
        return status, time.perf_counter() - begun

    took: list[float] = []
    while not took or (took[-1] > 1 and len(took) < 5):  # a machine may be busy
        with ThreadPoolExecutor(64) as pool:
            unknown = [pool.submit(ask, new_id()) for _ in range(64)]
            status, seconds = ask(id_)
            assert {future.result()[0] for future in unknown} == {404}
        assert status == 200
        took.append(seconds)
    assert took[-1] < 1


def test_asking_what_there_is_counts_against_no_limit(tenants: tuple[Running, dict[str, Headers]]) -> None:
    gateway, keys = tenants
    assert {gateway.ask("GET", "/v1/models", headers=keys["slow"]).status for _ in range(5)} == {200}
