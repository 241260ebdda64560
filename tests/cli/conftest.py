"""What every test of the command line may use."""

import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from cli.playback import Gateway, Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong here; not that a client hung up, who may when it has read what it wants."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with served() as state:
        yield state


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    state = Gateway()
    handler = type("Bound", (Handler,), {"gateway": state})
    with _Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        state.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            state.hung_up.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return a runner whose environment names no gateway and no key."""
    monkeypatch.delenv("WYE_API_KEY", raising=False)
    monkeypatch.delenv("WYE_URL", raising=False)
    return CliRunner()
