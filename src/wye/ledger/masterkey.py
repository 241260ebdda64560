"""The key that wraps all data keys.

It is in `WYE_VAULT_KEY`, in the file that `WYE_VAULT_KEY_FILE` names, or in a file of the state directory.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wye.core.errors import LedgerError
from wye.core.secret import Secret
from wye.ledger.tlog.store import replace_file

VARIABLE = "WYE_VAULT_KEY"
KEY_BYTES = 32
PRIVATE = 0o600
"""The mode of a file that is nobody else's business."""


def master_key(path: Path, environ: Mapping[str, str], *, make: bool) -> Secret:
    """Return the master key, 64 hex digits: from the environment, else from `path`, made if it is not there.

    The caller keeps other processes out. Raises `LedgerError`, which never holds the key.
    """
    text, where = environ.get(VARIABLE, ""), VARIABLE
    if not text:
        named = environ.get(f"{VARIABLE}_FILE")
        where = named or str(path)
        try:
            if make and named is None and not path.exists():
                replace_file(path, secrets.token_hex(KEY_BYTES).encode() + b"\n", PRIVATE)
            text = Path(where).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds no key"
            message = f"the vault's master key cannot be read from {where}: {reason}. Put it back as it was"
            raise LedgerError(message) from None
    raw = _decoded(text.strip())
    if raw is None:
        message = f"{where} must hold {KEY_BYTES} random bytes in hex or base64: `openssl rand -hex 32`"
        raise LedgerError(message)
    return Secret(raw.hex())


def derived(master: Secret, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869)."""
    kdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"wye vault: {purpose}".encode())
    return kdf.derive(bytes.fromhex(master.reveal()))


def _decoded(text: str) -> bytes | None:
    for decode in (bytes.fromhex, lambda t: base64.b64decode(t, validate=True)):
        try:
            raw = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(raw) == KEY_BYTES:
            return raw
    return None
