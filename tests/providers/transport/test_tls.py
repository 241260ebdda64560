"""Whom we believe over TLS, and as whom we appear."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from providers.transport.upstreams import CA, Wire, echo, wired
from wye.catalog.deployments import LOOPBACK, Endpoint, Tls
from wye.providers.egress import Egress
from wye.providers.transport import tls
from wye.providers.transport.errors import TlsError
from wye.providers.transport.transport import Transport


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wired("https", tmp_path) as wire:
        yield wire


async def get(wire: Wire, endpoint: Endpoint) -> bytes:
    grant = wire.egress.admit_operator(endpoint, "a test")
    return await (await wire.transport.send(grant, b"POST", b"/", body=b"x")).read(10)


def context_of(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


async def refused(wire: Wire, endpoint: Endpoint, why: str) -> None:
    with pytest.raises(TlsError, match=why) as caught:
        await get(wire, endpoint)
    assert caught.value.replay_safe
    assert str(caught.value).startswith("tls: ")


async def test_a_private_ca_a_name_and_sni(wire: Wire) -> None:
    names = []
    context = wire.server_context("localhost")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    port = await wire.listen(echo, context)
    assert await get(wire, wire.endpoint(port, "localhost")) == b"x"
    assert names == ["localhost"]


async def test_only_http_1_1_is_offered(wire: Wire) -> None:
    context = wire.server_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    grant = wire.egress.admit_operator(wire.endpoint(await wire.listen(echo, context)), "a test")
    assert await (await wire.transport.send(grant, b"POST", b"/", body=b"x")).read(10) == b"x"
    (writer,) = wire.handling.values()
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
    h2_only = wire.server_context()
    h2_only.set_alpn_protocols(["h2"])
    port = await wire.listen(echo, h2_only)
    # OpenSSL servers go on without ALPN then; what they must not see is an offer of h2.
    assert await get(wire, wire.endpoint(port)) == b"x"
    assert {w.get_extra_info("ssl_object").selected_alpn_protocol() for w in wire.handling.values()} == {
        "http/1.1",
        None,
    }


async def test_a_certificate_for_another_name(wire: Wire) -> None:
    port = await wire.listen(echo, wire.server_context("other.example"))
    await refused(wire, wire.endpoint(port, "localhost"), "Hostname mismatch")
    await refused(wire, wire.endpoint(port, "127.0.0.1"), "IP address mismatch")


async def test_an_expired_certificate(wire: Wire) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    cert = CA.issue_cert("127.0.0.1", not_before=yesterday - dt.timedelta(days=1), not_after=yesterday)
    await refused(wire, wire.endpoint(await wire.listen(echo, context_of(cert))), "certificate has expired")


async def test_a_certificate_of_somebody_elses_ca(wire: Wire) -> None:
    port = await wire.listen(echo, context_of(trustme.CA().issue_cert("127.0.0.1")))
    await refused(wire, wire.endpoint(port), "unable to get local issuer|self-signed")


async def test_a_self_signed_certificate(wire: Wire) -> None:
    ca = trustme.CA()
    key = wire.folder / "self.pem"
    ca.private_key_pem.write_to_path(str(key))
    ca.cert_pem.write_to_path(str(key), append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key)
    await refused(wire, wire.endpoint(await wire.listen(echo, context)), "self-signed")


async def test_the_systems_trust(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    port = await wire.listen(echo)
    trusted = Endpoint("https", "127.0.0.1", port, networks=LOOPBACK)
    await refused(wire, trusted, "certificate is not acceptable")
    monkeypatch.setenv("SSL_CERT_FILE", str(wire.ca_file))
    egress = Egress()
    async with Transport(egress) as other:
        grant = egress.admit_operator(trusted, "a test")
        assert await (await other.send(grant, b"POST", b"/", body=b"x")).read(10) == b"x"


async def test_client_certificates(wire: Wire) -> None:
    context = wire.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    client_ca = trustme.CA()
    client_ca.configure_trust(context)
    port = await wire.listen(echo, context)
    with pytest.raises(Exception, match=r"tls|first byte|short body"):
        await get(wire, wire.endpoint(port))
    cert, key = wire.folder / "client.pem", wire.folder / "client.key"
    leaf = client_ca.issue_cert("client@example.com")
    leaf.cert_chain_pems[0].write_to_path(str(cert))
    leaf.private_key_pem.write_to_path(str(key))
    mutual = Tls(str(wire.ca_file), str(cert), str(key))
    assert await get(wire, wire.endpoint(port, tls=mutual)) == b"x"


async def test_a_certificate_that_is_renewed_in_place_is_read_again(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    ca = trustme.CA()
    ports = [await wire.listen(echo), await wire.listen(echo, context_of(ca.issue_cert("127.0.0.1")))]
    endpoints = [wire.endpoint(port) for port in ports]
    assert await get(wire, endpoints[0]) == b"x"
    await refused(wire, endpoints[1], "not acceptable")
    wire.ca_file.write_text("-----BEGIN CERT")
    await refused(wire, endpoints[1], "not acceptable")  # what was read before holds
    assert "those that were read before hold" in caplog.text
    ca.cert_pem.write_to_path(str(wire.ca_file))
    assert await get(wire, endpoints[1]) == b"x"


async def test_a_key_in_the_place_of_its_file_is_not_shown(wire: Wire) -> None:
    for pasted, why in (("-----BEGIN PRIVATE KEY-----\nhunter2\n", "No such file"), ("hunter2\0", "no path")):
        mutual = Tls(str(wire.ca_file), str(wire.ca_file), pasted)
        with pytest.raises(TlsError, match=rf"ca.pem', what it names: .*{why}") as caught:
            await get(wire, wire.endpoint(await wire.listen(echo), tls=mutual))
        assert "hunter2" not in str(caught.value)


async def test_an_upstream_that_speaks_no_tls(wire: Wire) -> None:
    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async def impolite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()

    wire.scheme = "http"
    ports = [await wire.listen(polite), await wire.listen(impolite)]
    wire.scheme = "https"
    await refused(wire, wire.endpoint(ports[0]), "the handshake failed: WRONG_VERSION_NUMBER")
    await refused(wire, wire.endpoint(ports[1]), "the handshake failed: (WRONG_VERSION|the upstream spoke)")


async def test_a_file_that_is_missing_is_named(wire: Wire) -> None:
    endpoint = wire.endpoint(1, tls=Tls(ca_file="/nowhere/ca.pem"))
    port = await wire.listen(echo)
    await refused(
        wire, Endpoint("https", "127.0.0.1", port, networks=LOOPBACK, tls=endpoint.tls), "/nowhere/ca.pem"
    )


def test_verification_cannot_be_switched_off() -> None:
    context = tls.build(Tls())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
