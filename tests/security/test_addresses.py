"""However an address is spelt, and whatever a name server says: what is connected to was checked."""

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
import uvloop

from fake_upstream import FakeUpstream
from security import encodings
from wye.catalog.deployments import Endpoint
from wye.config.addresses import parse_endpoint
from wye.core.errors import EgressRefusedError
from wye.providers.egress import Egress
from wye.providers.transport import addresses, resolve
from wye.providers.transport.errors import ConnectError, ResolveError
from wye.providers.transport.limits import Limits
from wye.providers.transport.resolve import Resolved, SocketAddress
from wye.providers.transport.transport import Transport

COUNT = 10_000
ZONE = {
    "localhost": "127.0.0.1",
    "ip6-localhost": "::1",
    "metadata.google.internal": "169.254.169.254",
    "instance-data": "169.254.169.254",
}
"""What name servers and /etc/hosts say; the tests ask no real one."""


async def look_up(host: str) -> Resolved:
    """As the transport does, with the system's own resolver, but only for what needs no name server."""
    known = ZONE.get(host.lower().rstrip("."), host)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            known, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError, ValueError):
        return ()
    return tuple((pair[0], cast("SocketAddress", pair[4])) for pair in found)


def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A socket that the egress asks for is one too many: it is noted, and not made."""
    made: list[object] = []

    def make(*arguments: object) -> socket.socket:
        made.append(arguments)
        raise OSError

    monkeypatch.setattr("wye.providers.egress.socket", SimpleNamespace(**vars(socket) | {"socket": make}))
    return made


def test_ten_thousand_spellings_reach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = encodings.forbidden(COUNT)
    assert len(set(hosts)) == COUNT
    told: Counter[str] = Counter()

    async def try_all() -> None:
        egress = Egress()
        for host in hosts:
            found = await look_up(host)
            origin = egress.admit_operator(Endpoint("http", host, 80), "a test").origin
            told["resolved" if found else "no address"] += 1
            for family, address in found:
                with pytest.raises(EgressRefusedError, match="not public"):
                    await origin.connect(family, address)
        assert egress.opened == {}

    made = no_sockets(monkeypatch)
    uvloop.run(try_all())
    assert made == []
    assert told["resolved"] > COUNT / 2, told  # the rest is no address to anybody


def test_the_same_spellings_of_public_addresses_are_acceptable() -> None:
    """So what is refused is refused for where it leads."""

    async def try_all() -> None:
        origin = Egress().admit_operator(Endpoint("http", "h", 80), "a test").origin
        for host in encodings.public():
            found = await look_up(host)
            assert found, host
            assert all(origin.acceptable(address[0]) for _, address in found), host

    uvloop.run(try_all())


def test_the_configuration_reads_an_address_as_what_it_is_or_not_at_all() -> None:
    """A `base_url` is the operator's own; what looks like a name permits no network by itself."""
    read = 0
    for host in encodings.forbidden(COUNT):
        bare = f"[{host}]" if ":" in host and not host.startswith("[") else host
        try:
            endpoint = parse_endpoint(f"http://{bare}/v1")
        except ValueError:
            continue
        read += 1
        if endpoint.networks is None or endpoint.host in {"localhost", "LOCALHOST"}:
            continue
        literal = addresses.parse(endpoint.host)  # it stands there as it is
        assert literal is not None
        assert any(literal in network for network in endpoint.networks if network.version == literal.version)
    assert read > 100


def test_each_address_that_the_system_calls_special_is_refused() -> None:
    """Beside the list of the standards stands another: the standard library's."""
    for text in (*encodings.FORBIDDEN_4, *encodings.FORBIDDEN_6):
        address = addresses.parse(text)
        assert address is not None
        assert not addresses.is_public(address), text


class Rebinding:
    """A name server that says one thing when it is asked, and another the next time."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Resolved:
        del host
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return tuple((socket.AF_INET, (one, port)) for one in answer.split())


@pytest.fixture
def inside() -> Iterator[FakeUpstream]:
    fake = FakeUpstream("127.0.0.1")
    yield fake
    fake.stop()


def rebound(
    monkeypatch: pytest.MonkeyPatch, server: Rebinding, port: int, *, times: int, dns_seconds: float
) -> list[object]:
    """Ask a name that may only be 127.0.0.2, so many times; what came of it."""
    monkeypatch.setattr(resolve, "_ask", server)
    networks = (ipaddress.ip_network("127.0.0.2/32"),)

    async def ask() -> list[object]:
        egress = Egress()
        grant = egress.admit_operator(Endpoint("http", "rebinds.example", port, networks=networks), "a test")
        came: list[object] = []
        async with Transport(egress, Limits(dns_seconds=dns_seconds)) as transport:
            for _ in range(times):
                try:
                    response = await transport.send(grant, b"GET", b"/")
                    await response.read(10_000)
                    came.append(response.status)
                except (EgressRefusedError, ConnectError, ResolveError) as error:
                    came.append(type(error))
        return came

    return uvloop.run(ask())


def test_a_name_that_changes_its_mind_leads_nowhere(
    inside: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens on the good address, and somebody does on the one that comes next."""
    server = Rebinding("127.0.0.2", "127.0.0.1")
    came = rebound(monkeypatch, server, inside.port, times=3, dns_seconds=0.0)
    assert came == [ConnectError, EgressRefusedError, EgressRefusedError]
    assert server.asked == 3
    assert inside.connections == 0


def test_one_answer_of_both_kinds_leads_to_the_good_one_only(
    inside: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Rebinding("127.0.0.1 127.0.0.2")
    assert rebound(monkeypatch, server, inside.port, times=2, dns_seconds=0.0) == [EgressRefusedError] * 2
    assert inside.connections == 0


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is asked for once: nothing between the check and the connection asks again."""
    good = FakeUpstream("127.0.0.2")
    try:
        server = Rebinding("127.0.0.2", "127.0.0.1")
        assert rebound(monkeypatch, server, good.port, times=2, dns_seconds=60.0) == [200, 200]
        assert server.asked == 1
    finally:
        good.stop()
