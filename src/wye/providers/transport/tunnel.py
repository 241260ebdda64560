"""CONNECT through an HTTP proxy (RFC 9110 section 9.3.6)."""

import asyncio
import re

from wye.providers.transport.errors import ProxyError
from wye.providers.transport.proxy import Proxy

_MAX_HEAD = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


class Tunnel(asyncio.Protocol):
    """Asks for a tunnel and reads the proxy's answer, which must end exactly with its head."""

    def __init__(self) -> None:
        self._answer = b""
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, transport: asyncio.Transport, authority: str, proxy: Proxy) -> None:
        """Return when the tunnel stands. Raises `ProxyError`."""
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.credentials is not None:
            lines.append(f"Proxy-Authorization: {proxy.credentials.reveal()}")
        transport.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        await self._done
        self._answer = b""

    @property
    def quiet(self) -> bool:
        """Whether the peer said nothing but what it was asked."""
        return not self._answer

    def data_received(self, data: bytes) -> None:
        """asyncio: a part of the answer."""
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._answer) > _MAX_HEAD:
                self._refuse("the proxy's answer is too long")
            return
        status = _STATUS.match(self._answer)
        if status is None:
            self._refuse("the proxy does not speak HTTP/1.1")
        elif not status[1].startswith(b"2"):
            self._refuse(f"the proxy answered {status[1].decode()}")
        elif len(self._answer) > end + 4:
            self._refuse("bytes nobody asked for behind the proxy's answer")
        elif not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """asyncio: the proxy is gone."""
        self._refuse("the proxy closed the connection")

    def _refuse(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(ProxyError(why))
            self._done.exception()  # without a proxy nobody waits for it, and asyncio would complain
