"""Signed revisions: a policy that somebody with the key has approved, and no other, comes into force.

What is signed is what decides: statements, labels, roles and contracts, not the deployments they are asked
about. Ed25519 (RFC 8032). The key to trust is in `policy.signed_by`, or in `WYE_POLICY_SIGNED_BY`, which
whoever may write wye.yaml cannot take away.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wye.config.governance import PolicySettings
from wye.config.labels import DEFAULT_LABELS
from wye.config.settings import Settings
from wye.policy.cedar.statements import PolicyTextError, Statement

VARIABLE = "WYE_POLICY_SIGNED_BY"
MAX_FILE_BYTES = 4096
_MODE = 0o600
_HEAD = "wye policy v1"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a signature file holds, as JSON."""

    policy: str
    """SHA-256 of what decides."""
    signed_at: str
    """ISO 8601; told, not checked."""
    key: str
    """Public, base64."""
    signature: str

    @property
    def message(self) -> bytes:
        """What was signed."""
        return f"{_HEAD}\n{self.policy}\n{self.signed_at}\n".encode()


def digest(settings: Settings, statements: tuple[Statement, ...]) -> str:
    """Return the SHA-256, in hex, of what decides."""
    texts = [statement.text for statement in statements]
    said = [
        texts,
        DEFAULT_LABELS | settings.labels,
        settings.default_label,
        settings.policy.roles,
        settings.compliance,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def new_key(path: Path) -> str:
    """Write a new private key to `path`, for its owner alone, and return the public one.

    Raises `OSError`: a file that is there is not overwritten.
    """
    private = Ed25519PrivateKey.generate()
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE)
    with os.fdopen(fd, "wb") as file:
        file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
    return _text(private.public_key().public_bytes_raw())


def sign(key_file: Path, policy: str, signed_at: str) -> Signature:
    """Sign the policy with that digest. Raises `OSError`, or `PolicyTextError` for a file without a key."""
    try:
        private = Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(_read(key_file).strip(), validate=True)
        )
    except (ValueError, binascii.Error):
        message = f"{key_file} holds no key: make one with `wye policy sign --new-key`"
        raise PolicyTextError(message) from None
    unsigned = Signature(policy, signed_at, _text(private.public_key().public_bytes_raw()), "")
    return msgspec.structs.replace(unsigned, signature=_text(private.sign(unsigned.message)))


def verify(settings: PolicySettings, policy: str, environ: Mapping[str, str] | None = None) -> None:
    """Raise `PolicyTextError` unless the policy with that digest is signed by whom it must be, if anybody."""
    environ = os.environ if environ is None else environ
    trusted = {environ.get(VARIABLE), settings.signed_by} - {None, ""}
    if trusted and (wrong := _wrong(Path(settings.signature_file), policy, trusted)):
        message = f"{wrong}; have the policy signed: `wye policy sign --key FILE`"
        raise PolicyTextError(message)


def _wrong(file: Path, policy: str, trusted: set[str | None]) -> str:
    """Say what is wrong with the signature in `file`; empty = nothing."""
    try:
        found = msgspec.json.decode(_read(file), type=Signature)
        public, signature = (base64.b64decode(text, validate=True) for text in (found.key, found.signature))
        Ed25519PublicKey.from_public_bytes(public).verify(signature, found.message)
    except OSError as error:
        return f"{file}, which must hold the policy's signature, cannot be read: {error.strerror}"
    except (ValueError, InvalidSignature):
        return f"{file} holds no valid signature"
    if {found.key} != trusted:
        return f"{file} is signed by {found.key}, and {', '.join(sorted(map(str, trusted)))} is to be trusted"
    if found.policy != policy:
        return f"the policy is not the one that was signed on {found.signed_at}"
    return ""


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
