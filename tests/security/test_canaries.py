"""Canaries in every field of requests that must stay inside: none gets out, by whatever way there is."""

import gc
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from security import canaries
from security.canaries import House
from wye.gateway.serve import GC_THRESHOLDS

COUNT = 30_000
DEEP = int(os.environ.get("CANARIES", "3000000"))
DEEP_SECONDS = float(os.environ.get("CANARY_SECONDS", "3000"))
"""`make test-deep` stops there, says how far it came, and goes on from it when CANARY_FROM says so."""


def leaks(house: House) -> dict[str, object]:
    """Where a canary was found that should be nowhere."""
    on_disk = [
        path.name for path in house.folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()
    ]
    found: dict[str, object] = {
        "files": on_disk,
        "logs": house.log.leaks[:1],
        "traces": [body[max(0, body.find(b"canary") - 300) :][:600] for body in house.traced[:1]],
        "metrics": b"canary" in house.metrics.render(),
        "upstreams": {lane: n for lane, n in house.upstreams.told.items() if lane != "own"},
    }
    return {name: what for name, what in found.items() if what}


@contextmanager
def collecting() -> Iterator[None]:
    """Garbage is collected as in a gateway, not as in a suite with a thousand modules."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def run(house: House, kinds: list[bytes], first: int, count: int) -> None:
    async def serve() -> None:
        async with house.running() as state:
            await house.serve(state, kinds, first, count)

    with collecting():
        uvloop.run(serve())


def test_no_canary_gets_out(tmp_path: Path) -> None:
    house = House(tmp_path)
    kinds = canaries.requests(canaries.MODELS, canaries.MUST_STAY)
    run(house, kinds, 0, COUNT)
    assert leaks(house) == {}
    assert sum(house.statuses.values()) == COUNT
    assert house.upstreams.told["own"] > COUNT / 10  # they were served, where they may be
    assert house.statuses[b"200"] > COUNT / 20
    assert house.statuses[b"403"] > COUNT / 20
    assert house.posted


def test_without_the_label_they_do_get_out(tmp_path: Path) -> None:
    """So the count above can tell."""
    house = House(tmp_path)
    run(house, canaries.requests(("chain", "out", "closed"), (None,)), 0, 300)
    assert house.upstreams.told["closed"] > 50


@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_no_canary_of_millions_gets_out(tmp_path: Path) -> None:
    house = House(tmp_path)
    pairs = itertools.product(range(len(canaries.MODELS)), range(len(canaries.MUST_STAY)))
    kinds = [
        kind
        for model, label in pairs
        for kind in canaries.requests((canaries.MODELS[model],), (canaries.MUST_STAY[label],))
    ]
    first = done = int(os.environ.get("CANARY_FROM", "0"))
    until = time.monotonic() + DEEP_SECONDS

    async def serve() -> None:
        nonlocal done
        async with house.running() as state:
            while done < DEEP and time.monotonic() < until:
                await house.serve(state, kinds, done, min(10_000, DEEP - done))
                done = min(done + 10_000, DEEP)
                assert not house.log.leaks
                assert not house.traced
                assert {*house.upstreams.told} <= {"own"}
                if done % 100_000 == 0:
                    print(f"{done:,} of {DEEP:,}: 0 outside", flush=True)  # noqa: T201  # how far it came

    with collecting():
        uvloop.run(serve())
    print(f"{done - first:,} requests with canaries, from {first:,} to {done:,}: {dict(house.statuses)}")  # noqa: T201  # how far it came
    assert leaks(house) == {}
