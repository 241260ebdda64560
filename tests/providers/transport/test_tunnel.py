"""Through a proxy: CONNECT for https, the absolute form for http."""

import asyncio
import base64
import gc
import ipaddress

import pytest

from providers.transport.upstreams import Wire, echo
from wye.catalog.deployments import LOOPBACK, Endpoint
from wye.providers.egress import Egress
from wye.providers.transport.errors import ProxyError
from wye.providers.transport.proxy import ProxySettings
from wye.providers.transport.transport import Transport
from wye.providers.transport.tunnel import Tunnel


class Relay:
    """A proxy that sends every tunnel, and every forwarded request, to one port."""

    def __init__(self, target: int, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.target = target
        self.answer = answer
        self.heads: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            if head.startswith(b"CONNECT"):
                writer.write(self.answer)
            else:
                up_writer.write(head)
            await asyncio.gather(self.pump(reader, up_writer), self.pump(up_reader, writer))
        finally:
            up_writer.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        raise ConnectionResetError


async def through(wire: Wire, endpoint: Endpoint, relay: Relay, **environ: str) -> bytes:
    """Send one request with a proxy in the environment."""
    secure, wire.scheme = wire.scheme, "http"
    port = await wire.listen(relay.handle)
    wire.scheme = secure
    url = f"http://me:p%40ss@127.0.0.1:{port}"
    settings = ProxySettings.from_environ({"HTTPS_PROXY": url, "http_proxy": url, **environ})
    egress = Egress(settings)
    async with Transport(egress) as transport:
        grant = egress.admit_operator(endpoint, "a test")
        return await (await transport.send(grant, b"POST", b"/v1/x", body=b"hello")).read(100)


async def test_a_request_through_a_proxy(wire: Wire) -> None:
    port = await wire.listen(echo, wire.server_context("api.example") if wire.scheme == "https" else None)
    relay = Relay(port)
    endpoint = Endpoint(wire.scheme, "api.example", port, tls=wire.endpoint(port).tls)
    assert await through(wire, endpoint, relay) == b"hello"
    authorization = b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") + b"\r\n"
    (head,) = relay.heads
    assert authorization in head
    assert b"Host: api.example:%d\r\n" % port in head
    if wire.scheme == "https":
        assert head.startswith(b"CONNECT api.example:%d HTTP/1.1\r\n" % port)
    else:
        assert head.startswith(b"POST http://api.example:%d/v1/x HTTP/1.1\r\n" % port)


@pytest.mark.parametrize("networks", [LOOPBACK, (ipaddress.ip_network("127.0.0.1/32"),)])
async def test_our_own_machines_are_never_reached_through_a_proxy(wire: Wire, networks: tuple) -> None:
    port = await wire.listen(echo)
    relay = Relay(port)
    endpoint = Endpoint(wire.scheme, "127.0.0.1", port, networks=networks, tls=wire.endpoint(port).tls)
    assert await through(wire, endpoint, relay) == b"hello"
    assert relay.heads == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy: the proxy answered 407"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", "the proxy answered 502"),
        (b"HTTP/1.1 200 OK\r\n\r\nsurprise", "bytes nobody asked for"),
        (b"SOCKS?\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "too long"),
    ],
)
async def test_a_proxy_that_refuses(wire: Wire, answer: bytes, why: str) -> None:
    port = await wire.listen(echo)
    with pytest.raises(ProxyError, match=why) as caught:
        await through(wire, Endpoint("https", "api.example", port), Relay(port, answer))
    assert "p@ss" not in str(caught.value)


async def test_a_proxy_that_hangs_up(wire: Wire) -> None:
    port = await wire.listen(echo)
    relay = Relay(1)
    with pytest.raises(ProxyError, match="closed the connection"):
        await through(wire, Endpoint("https", "api.example", port), relay)


async def test_without_a_proxy_an_upstream_that_leaves_at_once_is_no_complaint() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    tunnel = Tunnel()
    tunnel.connection_lost(None)
    del tunnel
    gc.collect()
    assert complaints == []
