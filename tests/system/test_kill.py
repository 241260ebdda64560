"""Promise 4: a request the client saw answered is in the ledger, whatever is killed when."""

import contextlib
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fake_upstream import DONE, FINISH, USAGE, Call, FakeUpstream, delta
from running import Running, running
from wye.cli.sealed import verified_state
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger, Reader
from wye.ledger.reader import Filter

CLIENTS = 4


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()

    @fake.script("ok")
    async def ok(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([delta("a"), delta("b"), FINISH, USAGE, DONE])
        else:
            await call.answer()

    yield fake
    fake.stop()


def load(gateway: Running, seen: list[str]) -> None:
    """Send until the gateway is gone; note every answer that was complete."""
    sent = {"Content-Type": "application/json"}
    with contextlib.closing(gateway.connect(timeout=5)) as connection:
        for number in range(1_000_000):
            body = {"model": "ok", "messages": [{"role": "user", "content": "hi"}], "stream": number % 2 == 0}
            try:
                connection.request("POST", "/v1/chat/completions", json.dumps(body), sent)
                with connection.getresponse() as response:
                    content = response.read()
            except (OSError, http.client.HTTPException):
                return
            assert response.status == 200
            assert content.endswith((DONE, b"}"))
            seen.append(response.headers["x-wye-decision"])


def killed_once(folder: Path, upstream: FakeUpstream, seconds: float, *, sealed: bool) -> list[str]:
    """Run a gateway under load and kill it after `seconds`; return what clients saw answered."""
    reached = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "networks": ["127.0.0.0/8"]}
    seen: list[str] = []
    settings = {"deployments": {"ok": {"model": "ok", **reached}}, "ledger": {"transparency": sealed}}
    with running(folder, settings) as gateway:
        clients = [threading.Thread(target=load, args=(gateway, seen)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(seconds)
        children = psutil.Process(gateway.process.pid).children(recursive=True)
        gateway.process.kill()
        gateway.process.wait()
        for client in clients:
            client.join()
        assert psutil.wait_procs(children, timeout=20)[1] == [], "the ledger's writer outlived its gateway"
    return seen


def times(folder: Path) -> Counter[str]:
    """How often each id is in the ledger, once the next start has replayed what was left."""
    settings, state = LedgerSettings(), folder / "state"
    Ledger.open(settings, state).close()
    with Reader(settings, state) as reader:
        return Counter(record.id for record in reader.requests(Filter(), limit=None))


def survive(folder: Path, upstream: FakeUpstream, kills: int, *, sealed: bool) -> int:
    """Return how many answers were seen."""
    chance = random.Random(20261122)  # noqa: S311  # moments, not secrets
    moments = [chance.uniform(0.02, 0.4) for _ in range(kills)]
    seen = [one for moment in moments for one in killed_once(folder, upstream, moment, sealed=sealed)]
    counted = times(folder)
    assert len(seen) > kills * 5
    assert [one for one in seen if counted[one] != 1] == []
    assert set(counted.values()) == {1}
    if sealed:
        check(folder / "state", counted)
    return len(seen)


def check(state: Path, stored: Counter[str]) -> None:
    """Every record that is stored was sealed once, as it is stored, in logs that verify."""
    found = verified_state(LedgerSettings(), state, None, [])
    assert found["ok"], found
    assert found["ledger"]["records"] == len(stored)


@pytest.mark.parametrize(("kills", "sealed"), [(8, False), (2, True)])
def test_kills_under_load_lose_nothing_that_was_answered(
    *, kills: int, sealed: bool, upstream: FakeUpstream, tmp_path: Path
) -> None:
    survive(tmp_path, upstream, kills, sealed=sealed)


@pytest.mark.deep
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("sealed", [False, True])
def test_two_hundred_kills_under_load(
    *, sealed: bool, upstream: FakeUpstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = survive(tmp_path, upstream, kills=200, sealed=sealed)
    with capsys.disabled():
        print(f"\n200 kills: {answers:,} answers, each recorded once{', and sealed once' if sealed else ''}")  # noqa: T201  # the figure
