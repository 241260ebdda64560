"""Each listener test runs over TCP and over TLS."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest

from gateway.listener.serving import Authority, Serving, authority, echo, serving
from wye.config.settings import ListenerSettings
from wye.gateway.listener import App

Serve = Callable[..., Serving]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=["tcp", "tls"])
def serve(request: pytest.FixtureRequest, certificate: Authority) -> Iterator[Serve]:
    """Start a listener: `serve(app, field=value, ...)` with fields of `ListenerSettings`."""
    with ExitStack() as stack:

        def start(app: App = echo, **limits: float) -> Serving:
            settings = msgspec.structs.replace(ListenerSettings(), **limits)
            trust = None
            if request.param == "tls":
                files = {"tls_cert_file": str(certificate.cert), "tls_key_file": str(certificate.key)}
                settings = msgspec.structs.replace(settings, **files)
                trust = certificate.trust
            return stack.enter_context(serving(app, settings, trust))

        yield start
