"""TLS contexts: verification is always on, and only HTTP/1.1 is spoken."""

import asyncio
import ssl

from wye.catalog.deployments import Tls
from wye.providers.transport.errors import TlsError


class Contexts:
    """One context for each way to verify. Loading a trust store takes milliseconds, so off the loop."""

    def __init__(self) -> None:
        self._known: dict[Tls, ssl.SSLContext] = {}

    async def get(self, tls: Tls) -> ssl.SSLContext:
        """Return the context for `tls`. Raises `TlsError` when a file cannot be loaded."""
        context = self._known.get(tls)
        if context is None:
            try:
                context = await asyncio.to_thread(build, tls)
            except (OSError, ssl.SSLError) as error:
                message = f"cannot load the certificates of {tls}"
                raise TlsError(message) from error
            self._known[tls] = context
        return context


def build(tls: Tls) -> ssl.SSLContext:
    """Return a client context: hostname check, TLS 1.2 or later, the CA file or the system's trust."""
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if tls.client_cert_file is not None:
        context.load_cert_chain(tls.client_cert_file, tls.client_key_file)
    return context


def reason(error: Exception) -> str:
    """Say why a handshake failed, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not acceptable: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"the handshake failed: {error.reason or error}"
    return f"the handshake failed: {error or 'the connection was closed'}"
