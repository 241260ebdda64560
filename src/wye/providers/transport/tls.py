"""TLS contexts: verification is always on, and only HTTP/1.1 is spoken."""

import asyncio
import logging
import ssl
from pathlib import Path

from wye.catalog.deployments import Tls
from wye.config.certificates import shown
from wye.config.watch import Stamp, stamp
from wye.providers.transport.errors import TlsError

log = logging.getLogger("wye")


class Contexts:
    """One context for each way to verify. Loading a trust store takes milliseconds, so off the loop.

    Certificates are renewed in place, so files that have changed are read again. While they cannot be, as
    between a certificate and its key, what was read before holds.
    """

    def __init__(self) -> None:
        self._known: dict[Tls, tuple[list[Stamp | None], ssl.SSLContext]] = {}

    async def get(self, tls: Tls) -> ssl.SSLContext:
        """Return the context for `tls`. Raises `TlsError` when a file cannot be loaded, and never was."""
        files = [
            file for file in (tls.ca_file, tls.client_cert_file, tls.client_key_file) if file is not None
        ]
        stamps = [stamp(Path(file)) for file in files]
        known = self._known.get(tls)
        if known is not None and known[0] == stamps:
            return known[1]
        try:
            context = await asyncio.to_thread(build, tls)
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or "it is no path"
            message = f"cannot load the certificates of {', '.join(map(shown, files)) or 'the system'}: {why}"
            if known is None:
                raise TlsError(message) from error
            log.warning("%s; those that were read before hold", message)
            context = known[1]
        self._known[tls] = stamps, context
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
