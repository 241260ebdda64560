"""A listener in a thread with its own loop, as it runs in earnest: uvloop, TCP or TLS, real sockets."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme
import uvloop

from wye.config.settings import ListenerSettings
from wye.gateway.listener import App, Listener, Receive, Scope, Send

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"
TEXT = b"content-type: text/plain\r\n"


@dataclass(frozen=True)
class Authority:
    """Files of a server certificate for localhost, and a client that trusts it."""

    cert: Path
    key: Path
    trust: ssl.SSLContext


def authority(folder: Path) -> Authority:
    ca = trustme.CA()
    issued = ca.issue_cert("localhost", "127.0.0.1")
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    trust = ssl.create_default_context()
    ca.configure_trust(trust)
    return Authority(cert, key, trust)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
    """Answer with the body's length and the path."""
    exchange = scope["wye.connection"]
    body = exchange.take_body()
    if body is None:
        body = await exchange.read_body()
    exchange.respond(200, TEXT, b"%d %b" % (len(body), scope["raw_path"]))


class Client:
    """A client that sends what it is told, well-formed or not."""

    def __init__(self, port: int, trust: ssl.SSLContext | None) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=60)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = raw if trust is None else trust.wrap_socket(raw, server_hostname="localhost")
        self.buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def response(self, *, head: bool = False) -> tuple[int, bytes, bytes]:
        """Read one response with a Content-Length: (status, headers, body)."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        headers, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        length = 0 if head else int(headers.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = bytearray(self.buffer)
        while len(body) < length:
            body += self._piece(body)
        self.buffer = bytes(body[length:])
        return int(headers[9:12]), headers, bytes(body[:length])

    def _more(self) -> None:
        self.buffer += self._piece(self.buffer)

    def _piece(self, before: bytes | bytearray) -> bytes:
        piece = self.socket.recv(65_536)
        if not piece:
            message = f"closed after {bytes(before)!r}"
            raise ConnectionError(message)
        return piece

    def rest(self) -> bytes:
        """Read until the server closes; a reset is an error."""
        answer, self.buffer = bytearray(self.buffer), b""
        while piece := self.socket.recv(65_536):
            answer += piece
        return bytes(answer)

    def last(self) -> bytes:
        """Read until the server closes, then close too, as clients do."""
        answer = self.rest()
        self.socket.close()
        return answer


class Serving:
    """A running listener; methods may be called from the test's thread."""

    def __init__(
        self, listener: Listener, loop: asyncio.AbstractEventLoop, trust: ssl.SSLContext | None
    ) -> None:
        self.listener = listener
        self.loop = loop
        self.trust = trust

    def client(self) -> Client:
        return Client(self.listener.port, self.trust)

    def ask(self, data: bytes) -> bytes:
        """Send `data`; return everything until the server closes."""
        with self.client() as client:
            client.send(data)
            return client.rest()

    def drain(self) -> float:
        """Drain; return the seconds it took."""
        begun = time.monotonic()
        asyncio.run_coroutine_threadsafe(self.listener.drain(), self.loop).result(60)
        return time.monotonic() - begun


@contextlib.contextmanager
def serving(
    app: App, settings: ListenerSettings | None = None, trust: ssl.SSLContext | None = None
) -> Iterator[Serving]:
    started: list[Serving] = []
    ready, stop = threading.Event(), asyncio.Event()
    failure: list[BaseException] = []

    async def main() -> None:
        listener = Listener(app, settings or ListenerSettings(), "127.0.0.1:0")
        async with listener:
            started.append(Serving(listener, asyncio.get_running_loop(), trust))
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            uvloop.run(main())
        except BaseException as error:  # noqa: BLE001  # raised again below, in the test's thread
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(60)
    try:
        if started:
            yield started[0]
    finally:
        if started and not failure:
            started[0].loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        if failure:
            raise failure[0]
    state = started[0].listener.state
    assert (len(state.connections), len(state.tasks), state.in_flight) == (0, 0, 0)


def eventually(holds: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until `holds`; return how long it took. Fails when it never does."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds
        time.sleep(0.002)
    return time.monotonic() - begun
