"""Opening a connection: which addresses, in which order, and leaving at any moment without a trace."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from providers.transport.upstreams import Wire, echo, file_descriptors, read_request, settled, wired
from wye.catalog.deployments import LOOPBACK, Endpoint, Timeouts
from wye.core.errors import EgressRefusedError
from wye.providers.egress import Egress
from wye.providers.transport import resolve
from wye.providers.transport.errors import (
    ConnectError,
    ConnectTimeoutError,
    ResolveError,
    TransportError,
)
from wye.providers.transport.proxy import Proxy, ProxySettings

V4, V6 = socket.AF_INET, socket.AF_INET6
Found = list[tuple[socket.AddressFamily, resolve.SocketAddress]]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> dict[str, Found]:
    """Names this test resolves itself; an unknown one takes for ever."""
    names: dict[str, Found] = {}

    async def ask(host: str, port: int) -> resolve.Resolved:
        if host not in names:
            await asyncio.sleep(20)
        return resolve.interleave([(family, (address[0], port)) for family, address in names[host]])

    monkeypatch.setattr(resolve, "_ask", ask)
    return names


@contextlib.contextmanager
def black_hole() -> "contextlib.AbstractContextManager[int]":
    """A port of 127.0.0.2 whose queue is full: connections to it neither succeed nor fail."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003  # the socket module's own signature
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def get(wire: Wire, endpoint: Endpoint, **timeouts: float) -> bytes:
    grant = wire.egress.admit_operator(endpoint, "a test", Timeouts(**timeouts))
    return await (await wire.transport.send(grant, b"POST", b"/", body=b"x")).read(10)


async def test_the_next_address_is_tried_after_a_quarter_of_a_second(
    wire: Wire, zone: dict[str, Found]
) -> None:
    with black_hole() as port:
        await wire.listen(echo, wire.server_context("two.test") if wire.scheme == "https" else None, port)
        zone["two.test"] = [(V4, ("127.0.0.2", 0)), (V4, ("127.0.0.1", 0))]
        before = file_descriptors()
        began = time.monotonic()
        assert await get(wire, wire.endpoint(port, "two.test")) == b"x"
        assert 0.25 <= time.monotonic() - began < 10
        assert wire.egress.opened == {"operator": 2}
        await asyncio.sleep(0.01)
        # Ours and the server's end of one connection: the attempt that lost is gone.
        assert await settled(before + 2)


async def test_the_next_address_is_tried_at_once_after_a_refusal(
    zone: dict[str, Found], tmp_path: Path
) -> None:
    async with wired("http", tmp_path) as wire:
        port = await wire.listen(echo)
        took = []
        for name in ("two.test", "three.test", "four.test", "five.test", "six.test"):
            zone[name] = [(V4, ("127.0.0.3", 0)), (V4, ("127.0.0.1", 0))]
            began = time.monotonic()
            assert await get(wire, wire.endpoint(port, name)) == b"x"
            took.append(time.monotonic() - began)
        assert min(took) < 0.2


async def test_addresses_outside_are_not_connected_to_even_beside_good_ones(
    zone: dict[str, Found], tmp_path: Path
) -> None:
    async with wired("http", tmp_path) as wire:
        port = await wire.listen(echo)
        zone["mixed.test"] = [(V4, ("169.254.169.254", 0)), (V4, ("10.0.0.1", 0)), (V4, ("127.0.0.1", 0))]
        assert await get(wire, wire.endpoint(port, "mixed.test")) == b"x"
        assert wire.egress.opened == {"operator": 1}
        zone["inside.test"] = [(V4, ("127.0.0.1", 0)), (V6, ("::1", 0)), (V6, ("::ffff:127.0.0.1", 0))]
        with pytest.raises(EgressRefusedError, match="not public"):
            await get(wire, Endpoint("http", "inside.test", port))
        assert wire.egress.opened == {"operator": 1}


async def test_a_refused_connection_says_where(wire: Wire) -> None:
    with pytest.raises(ConnectError, match=r"connect: 127\.0\.0\.1:1: ") as caught:
        await get(wire, wire.endpoint(1))
    assert caught.value.replay_safe


async def test_a_name_that_does_not_resolve(tmp_path: Path) -> None:
    async with wired("http", tmp_path) as wire:
        with pytest.raises(ResolveError, match="no-such-name"):
            await get(wire, Endpoint("http", "no-such-name.invalid", 80))


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take everything, answer nothing, and notice the end."""
    while await reader.read(65_536):
        pass
    raise ConnectionResetError


async def half_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    await silence(reader, writer)


Reach = Callable[[], Awaitable[bytes]]


@contextlib.asynccontextmanager
async def stuck(phase: str, tmp_path: Path) -> AsyncIterator[tuple[Wire, Endpoint, bytes]]:
    """An exchange that will stand still in `phase`."""
    scheme = "https" if phase in {"tls", "proxy", "write, tls", "body, tls", "first byte, tls"} else "http"
    async with wired(scheme, tmp_path) as wire:
        if phase == "dns":
            yield wire, Endpoint("http", "slow.test", 80, networks=LOOPBACK), b""
        elif phase == "connect":
            with black_hole() as port:
                yield wire, Endpoint("http", "127.0.0.2", port, networks=LOOPBACK), b""
        elif phase == "tls":
            wire.scheme = "http"
            port = await wire.listen(silence)
            wire.scheme = "https"
            yield wire, wire.endpoint(port), b""
        elif phase == "proxy":
            wire.scheme = "http"
            port = await wire.listen(silence)
            wire.egress._proxies = ProxySettings(https=Proxy("127.0.0.1", port))
            yield wire, Endpoint("https", "example.com", 443), b""
        elif phase.startswith("write"):

            async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.transport.pause_reading()
                await asyncio.sleep(0.25)
                writer.transport.resume_reading()
                await silence(_, writer)

            yield wire, wire.endpoint(await wire.listen(deaf)), b"x" * 20_000_000
        elif phase.startswith("body"):
            yield wire, wire.endpoint(await wire.listen(half_answer)), b""
        else:
            yield wire, wire.endpoint(await wire.listen(silence)), b""


PHASES = ["dns", "connect", "tls", "proxy", "first byte", "first byte, tls"]
PHASES += ["write", "write, tls", "body", "body, tls"]


@pytest.mark.parametrize("phase", PHASES)
async def test_leaving_in_any_phase_leaves_nothing(
    phase: str, zone: dict[str, Found], tmp_path: Path
) -> None:
    zone["127.0.0.1"] = [(V4, ("127.0.0.1", 0))]
    zone["127.0.0.2"] = [(V4, ("127.0.0.2", 0))]
    async with stuck(phase, tmp_path) as (wire, endpoint, body):
        grant = wire.egress.admit_operator(endpoint, "a test")

        async def exchange() -> bytes:
            response = await wire.transport.send(grant, b"POST", b"/", body=body)
            return await response.read(100)

        before = file_descriptors()
        task = asyncio.ensure_future(exchange())
        if phase not in {"dns", "connect"}:
            async with asyncio.timeout(30):
                while not wire.connections:  # noqa: ASYNC110  # it has got there
                    await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if phase not in {"dns", "connect"}:
            async with asyncio.timeout(10):
                await wire.closed.wait()
        for writer in wire.handling.values():
            writer.transport.abort()
        await asyncio.sleep(0.02)
        assert await settled(before)
        pool = grant.origin.pool
        assert pool is not None
        assert (pool.slots, len(pool.connections), pool.waiting) == (0, 0, 0)


@pytest.mark.parametrize(
    ("phase", "says"),
    [
        ("dns", "resolving"),
        ("connect", "connecting"),
        ("tls", "the TLS handshake"),
        ("proxy", "the proxy's CONNECT"),
    ],
)
async def test_the_connect_timeout_covers_every_step_and_names_it(
    phase: str, says: str, zone: dict[str, Found], tmp_path: Path
) -> None:
    zone["127.0.0.1"] = [(V4, ("127.0.0.1", 0))]
    zone["127.0.0.2"] = [(V4, ("127.0.0.2", 0))]
    async with stuck(phase, tmp_path) as (wire, endpoint, _):
        before = file_descriptors()
        told: list[str] = []
        expected = f"connect: {says} took more than 0.2 s"
        while expected not in told and len(told) < 10:  # a busy machine is late in an earlier step
            began = time.monotonic()
            with pytest.raises(ConnectTimeoutError) as caught:
                await get(wire, endpoint, connect=0.2)
            assert 0.19 < time.monotonic() - began < 10  # a timer may ring a clock's tick early
            assert caught.value.replay_safe
            told.append(str(caught.value))
        assert expected in told
        for writer in wire.handling.values():
            writer.transport.abort()
        await asyncio.sleep(0.02)
        assert await settled(before)


async def test_aborting_a_response_is_seen_by_the_upstream_at_once(wire: Wire) -> None:
    grant = await wire.up(half_answer)
    response = await wire.transport.send(grant, b"POST", b"/")
    assert await anext(response) == b"half"
    response.abort()
    async with asyncio.timeout(10):
        await wire.closed.wait()
    with pytest.raises(TransportError, match="aborted"):
        await anext(response)


async def test_resolutions_are_shared_and_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def ask(host: str, port: int) -> resolve.Resolved:  # noqa: ARG001  # the signature it replaces
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return ((V4, ("127.0.0.1", port)),)

    monkeypatch.setattr(resolve, "_ask", ask)
    resolver = resolve.Resolver(seconds=1.0)
    await asyncio.gather(*(resolver.resolve("a.test", 80) for _ in range(5)))
    await resolver.resolve("a.test", 80)
    assert asked == 1
    await asyncio.sleep(1.01)
    await resolver.resolve("a.test", 80)
    assert asked == 2


def test_families_alternate_beginning_with_the_first() -> None:
    found: Found = [(V6, ("a", 1)), (V6, ("b", 1)), (V4, ("c", 1)), (V6, ("a", 1)), (V4, ("d", 1))]
    assert [address[0] for _, address in resolve.interleave(found)] == ["a", "c", "b", "d"]
    assert resolve.interleave([]) == ()


def test_an_egress_without_proxies_is_direct() -> None:
    assert Egress()._proxies.choose(Endpoint("https", "example.com", 443)) is None
