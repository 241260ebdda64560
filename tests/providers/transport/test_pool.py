"""Who gets which connection, in which order, and what is closed when."""

import asyncio
from pathlib import Path

import pytest

from providers.transport.upstreams import Wire, answer, echo, file_descriptors, read_request, settled, wired
from wye.catalog.deployments import Timeouts
from wye.providers.transport.errors import AbortedError, WaitTimeoutError
from wye.providers.transport.limits import Limits


async def slow_echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        _, body = await read_request(reader)
        await asyncio.sleep(0.02)
        writer.write(answer(body))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_more_connections_than_allowed_and_first_come_first_served(
    scheme: str, tmp_path: Path
) -> None:
    async with wired(scheme, tmp_path, limits=Limits(connections=2)) as wire:
        grant = await wire.up(slow_echo)
        order = []

        async def ask(number: int) -> None:
            response = await wire.transport.send(grant, b"POST", b"/", body=b"%d" % number)
            order.append(number)
            assert await response.read(10) == b"%d" % number

        await asyncio.gather(*(ask(number) for number in range(12)))
        assert wire.connections == 2
        assert [sorted(order[at : at + 2]) for at in range(0, 12, 2)] == [
            [at, at + 1] for at in range(0, 12, 2)
        ]


async def test_a_waiter_that_leaves_loses_no_slot(tmp_path: Path) -> None:
    async with wired("http", tmp_path, limits=Limits(connections=1)) as wire:
        grant = await wire.up(slow_echo)
        for leave_after in (0, 0.01, 0.02, 0.021, 0.022, 0.03):
            tasks = [
                asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=b"x")) for _ in range(4)
            ]
            await asyncio.sleep(leave_after)
            tasks[1].cancel()
            tasks[2].cancel()
            await asyncio.wait(tasks)
            assert await tasks[3].result().read(1) == b"x"
        assert grant.origin.pool is not None
        assert (grant.origin.pool.slots, grant.origin.pool.waiting) == (1, 0)


async def test_a_failed_dial_hands_its_slot_on(tmp_path: Path) -> None:
    async with wired("http", tmp_path, limits=Limits(connections=1)) as wire:
        port = await wire.listen(echo)
        wire.servers[0].close()
        await asyncio.sleep(0.01)
        grant = wire.grant(port)
        results = await asyncio.gather(
            *(wire.transport.send(grant, b"GET", b"/") for _ in range(5)), return_exceptions=True
        )
        assert {type(result).__name__ for result in results} == {"ConnectError"}
        assert grant.origin.pool is not None
        assert grant.origin.pool.slots == 0


async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.sleep(20)


async def test_waiting_too_long_is_named(tmp_path: Path) -> None:
    async with wired("http", tmp_path, limits=Limits(connections=1)) as wire:
        grant = await wire.up(never)
        first = asyncio.ensure_future(wire.transport.send(grant, b"GET", b"/"))
        await asyncio.sleep(0.05)
        with pytest.raises(WaitTimeoutError, match="wait: all 1 connections"):
            await wire.transport.send(grant, b"GET", b"/", timeouts=Timeouts(total=0.1))
        first.cancel()
        await asyncio.wait([first])


async def ask(wire: Wire, port: int) -> None:
    response = await wire.transport.send(wire.grant(port), b"POST", b"/", body=b"x")
    assert await response.read(1) == b"x"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_idle_connections_are_closed(scheme: str, tmp_path: Path) -> None:
    async with wired(scheme, tmp_path, limits=Limits(idle_seconds=0.5)) as wire:
        port = await wire.listen(echo)
        await asyncio.gather(*(ask(wire, port) for _ in range(3)))
        assert wire.connections == 3
        before = file_descriptors()
        pool = wire.grant(port).origin.pool
        assert pool is not None
        async with asyncio.timeout(30):
            while pool.slots:  # noqa: ASYNC110  # the pool is the point
                await asyncio.sleep(0.01)
        assert pool.idle == 0
        assert await settled(before - 3)
        assert wire.transport._sweeper is None
        await ask(wire, port)
        assert wire.connections == 4


async def test_old_connections_take_no_new_request(tmp_path: Path) -> None:
    async with wired("http", tmp_path, limits=Limits(age_seconds=0.15)) as wire:
        port = await wire.listen(echo)
        for _ in range(12):
            await ask(wire, port)
            await asyncio.sleep(0.03)
        assert 2 <= wire.connections < 12


async def test_closing_ends_what_runs_and_what_waits(tmp_path: Path) -> None:
    async with wired("http", tmp_path, limits=Limits(connections=1)) as wire:
        grant = await wire.up(never)
        tasks = [asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=b"x")) for _ in "abc"]
        await asyncio.sleep(0.01)
        await wire.transport.aclose()
        assert [type(result) for result in await asyncio.gather(*tasks, return_exceptions=True)] == [
            AbortedError
        ] * 3
        with pytest.raises(AbortedError):
            await wire.transport.send(grant, b"GET", b"/")


async def test_deployments_of_one_endpoint_and_lane_share_connections(wire: Wire) -> None:
    port = await wire.listen(echo)
    for _ in range(2):
        await ask(wire, port)
    operator = wire.egress.admit_operator(wire.endpoint(port), "probe")
    assert await (await wire.transport.send(operator, b"POST", b"/", body=b"y")).read(1) == b"y"
    assert wire.egress.opened == {"own": 1, "operator": 1}
