"""Starting, TLS, draining, and that nothing is left behind."""

import asyncio
import gc
import os
import socket
import ssl
import threading
from pathlib import Path

import msgspec
import pytest

from gateway.listener.conftest import Serve
from gateway.listener.serving import HEAD, TEXT, Authority, echo, eventually, serving
from wye.config.settings import ListenerSettings
from wye.gateway.listener import Exchange, Listener, Receive, Scope, Send, split_listen

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def test_draining_finishes_streams_and_ends_idle_connections_at_once(serve: Serve) -> None:
    go = asyncio.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        exchange.start(200, TEXT)
        exchange.write(b"abc")
        if scope["path"] == "/busy":
            await go.wait()
        exchange.write(b"def")
        exchange.finish()

    server = serve(stream)
    with server.client() as idle, server.client() as busy, server.client() as fresh:
        idle.send(GET)
        while b"0\r\n\r\n" not in idle.buffer:
            idle._more()
        idle.buffer = b""
        busy.send(GET.replace(b"/x", b"/busy"))
        while b"abc" not in busy.buffer:
            busy._more()
        seen: list[bytes] = []

        def watch() -> None:
            seen.extend((idle.last(), fresh.last()))  # while the stream goes on
            server.loop.call_soon_threadsafe(go.set)
            seen.append(busy.last())

        thread = threading.Thread(target=watch)
        thread.start()
        server.drain()
        thread.join()
        assert seen[:2] == [b"", b""]
        assert b"abc" in seen[2]
        assert b"def" in seen[2]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.listener.port))


def test_an_answer_given_while_draining_closes(serve: Serve) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        await asyncio.sleep(0.3)
        scope["wye.connection"].respond(200, TEXT, b"abc")

    server = serve(slow)
    with server.client() as client:
        client.send(GET)
        eventually(lambda: len(server.listener.state.tasks) == 1)
        answers: list[bytes] = []
        reader = threading.Thread(target=lambda: answers.append(client.last()))
        reader.start()
        assert server.drain() < 20, "it takes 30 s where it waits for nothing"
        reader.join()
        answer = answers[0]
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.endswith(b"abc")


def test_draining_ends_after_its_time(serve: Serve) -> None:
    ended: list[str] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        try:
            if scope["path"] == "/stream":
                scope["wye.connection"].start(200, TEXT)
            await asyncio.sleep(60)
        finally:
            ended.append(scope["path"])

    server = serve(endless, drain_seconds=0.3)
    with server.client() as waits, server.client() as streams:
        waits.send(GET)
        streams.send(GET.replace(b"/x", b"/stream"))
        eventually(lambda: len(server.listener.state.tasks) == 2)
        assert 0.2 < server.drain() < 30
        assert sorted(ended) == ["/stream", "/x"]
        assert waits.rest().startswith(b"HTTP/1.1 503 ")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # names, as the kernel has them


def test_a_thousand_bad_connections_leave_nothing(serve: Serve) -> None:
    server = serve(header_seconds=0.3, body_seconds=0.3)
    state = server.listener.state
    server.ask(b"nonsense\r\n\r\n")
    eventually(lambda: not state.connections)
    gc.collect()
    files, things = open_files(), len(gc.get_objects())
    bad = [
        b"nonsense\r\n\r\n",
        b"GET / HT",
        HEAD + b"Content-Length: 10\r\n\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"X: " + b"a" * 100_000,
        HEAD + b"Content-Length: 1000000000\r\n\r\n" + b"a" * 100_000,
        b"",
        GET * 3,
    ]
    for n in range(1000):
        with server.client() as client:
            client.send(bad[n % len(bad)])
    eventually(lambda: not state.connections and not state.tasks)
    gc.collect()
    assert state.in_flight == 0
    eventually(lambda: open_files() <= files)  # a socket is closed a turn after its connection is lost
    assert len(gc.get_objects()) - things < 1000


def test_a_handshake_has_a_deadline(certificate: Authority) -> None:
    settings = ListenerSettings(
        header_seconds=0.3, tls_cert_file=str(certificate.cert), tls_key_file=str(certificate.key)
    )
    with serving(echo, settings, certificate.trust) as server:
        for said in (b"", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", server.listener.port), timeout=60) as client:
                client.sendall(said)
                try:
                    while client.recv(1000):
                        pass
                except ConnectionResetError:
                    pass  # as good an end as any


def test_tls_is_1_2_or_later_and_speaks_http_1_1(certificate: Authority) -> None:
    settings = ListenerSettings(tls_cert_file=str(certificate.cert), tls_key_file=str(certificate.key))
    with serving(echo, settings, certificate.trust) as server:
        trust = certificate.trust
        trust.set_alpn_protocols(["h2", "http/1.1"])
        with server.client() as client:
            assert isinstance(client.socket, ssl.SSLSocket)
            assert client.socket.selected_alpn_protocol() == "http/1.1"
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", server.listener.port)) as raw,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(raw)


async def test_an_address_in_use_is_an_os_error() -> None:
    async with Listener(echo, ListenerSettings(), "127.0.0.1:0") as first:
        assert first.url == f"http://127.0.0.1:{first.port}"
        with pytest.raises(OSError, match="in use"):
            async with Listener(echo, ListenerSettings(), f"127.0.0.1:{first.port}"):
                pass


def test_a_missing_certificate_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(ListenerSettings(), tls_cert_file=str(tmp_path / "none"))
    with pytest.raises(OSError, match="No such file"):
        Listener(echo, settings, "127.0.0.1:0")


def test_addresses() -> None:
    assert split_listen("127.0.0.1:4000") == ("127.0.0.1", 4000)
    assert split_listen("[::1]:0") == ("::1", 0)
    assert split_listen("localhost:80") == ("localhost", 80)
