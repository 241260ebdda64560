"""Signed revisions: a policy that somebody with the key has approved, and no other, comes into force.

What is signed is what decides: statements, roles, contracts, what rules ask of the providers and deployments
in wye.yaml, and whatever there gives a request its labels. Ed25519 (RFC 8032). The key to trust is in
`policy.signed_by`, or in `WYE_POLICY_SIGNED_BY`, which whoever may write wye.yaml cannot take away. Each
signature has a number and the hash of the one before: `wye.policy.revisions` lets nobody go back.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wye.config.governance import PolicySettings
from wye.config.labels import DEFAULT_LABELS
from wye.config.settings import Settings
from wye.config.upstreams import DeploymentSettings, ProviderSettings
from wye.policy.cedar.statements import PolicyTextError, Statement

VARIABLE = "WYE_POLICY_SIGNED_BY"
MAX_FILE_BYTES = 4096
_MODE = 0o600
_HEAD = "wye policy v2"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a signature file holds, as JSON."""

    policy: str
    """SHA-256 of what decides."""
    revision: Annotated[int, msgspec.Meta(ge=1)]
    """Counts up: one that is older than what was in force is refused."""
    previous: str
    """`id` of the signature before this one; empty = none was known."""
    signed_at: str
    """ISO 8601; told, not checked."""
    key: str
    """Public, base64."""
    signature: str

    @property
    def message(self) -> bytes:
        """What was signed."""
        return f"{_HEAD}\n{self.policy}\n{self.revision}\n{self.previous}\n{self.signed_at}\n".encode()

    @property
    def id(self) -> str:
        """SHA-256 of what was signed."""
        return hashlib.sha256(self.message).hexdigest()


def digest(settings: Settings, statements: tuple[Statement, ...], dictionary: tuple[str, ...] = ()) -> str:
    """Return the SHA-256, in hex, of what decides; `dictionary` = what stands in the file that is named."""
    texts = [statement.text for statement in statements]
    said = [
        texts,
        DEFAULT_LABELS | settings.labels,
        settings.default_label,
        settings.policy.roles,
        settings.compliance,
        {name: said for name, one in settings.providers.items() if any(said := _provider(one))},
        {name: _deployment(one) for name, one in settings.deployments.items()},
        {name: one.labels for name, one in settings.routes.items() if one.labels},
        settings.auto.labels,
        settings.detection,
        dictionary,
        settings.lineage,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _provider(one: ProviderSettings) -> tuple[object, ...]:
    """Return what rules may ask of a provider's models, and what says where they are."""
    return one.lane, one.region, one.base_url, one.networks


def _deployment(one: DeploymentSettings) -> tuple[object, ...]:
    return one.model, one.provider, one.lane, one.region, one.base_url, one.networks


def new_key(path: Path) -> str:
    """Write a new private key to `path`, for its owner alone, and return the public one.

    Raises `OSError`: a file that is there is not overwritten.
    """
    private = Ed25519PrivateKey.generate()
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE)
    with os.fdopen(fd, "wb") as file:
        file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
    return _text(private.public_key().public_bytes_raw())


def sign(
    key_file: Path, policy: str, signed_at: str, before: Signature | None = None, revision: int | None = None
) -> Signature:
    """Sign the policy with that digest; `before` is what it follows, by default as the next revision.

    Raises `OSError`, or `PolicyTextError` for a file without a key.
    """
    try:
        private = Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(_read(key_file).strip(), validate=True)
        )
    except (ValueError, binascii.Error):
        message = f"{key_file} holds no key: make one with `wye policy sign --new-key`"
        raise PolicyTextError(message) from None
    public = _text(private.public_key().public_bytes_raw())
    number = revision or (before.revision + 1 if before else 1)
    unsigned = Signature(policy, number, before.id if before else "", signed_at, public, "")
    return msgspec.structs.replace(unsigned, signature=_text(private.sign(unsigned.message)))


def verify(
    settings: PolicySettings, policy: str, environ: Mapping[str, str] | None = None
) -> Signature | None:
    """Return the signature of the policy with that digest; None = nobody need sign.

    Raises `PolicyTextError` unless it is signed by whom it must be.
    """
    environ = os.environ if environ is None else environ
    trusted = {key for key in (environ.get(VARIABLE), settings.signed_by) if key is not None}
    if not trusted:
        return None
    if "" in trusted:  # a key that was to be filled in, and was not, must not open the door
        message = f"{VARIABLE} or `policy.signed_by` is there and empty: give the public key, or remove it"
        raise PolicyTextError(message)
    file = Path(settings.signature_file)
    try:
        found = read(file)
    except OSError as error:
        wrong = f"{file}, which must hold the policy's signature, cannot be read: {error.strerror}"
    else:
        wrong = f"{file} holds no valid signature" if found is None else _wrong(file, found, policy, trusted)
        if not wrong:
            return found
    message = f"{wrong}; have the policy signed: `wye policy sign --key FILE`"
    raise PolicyTextError(message)


def read(file: Path) -> Signature | None:
    """Return the signature in `file`; None = what it holds is not one, or is forged. Raises `OSError`."""
    content = _read(file)
    try:
        found = msgspec.json.decode(content, type=Signature)
        public, signature = (base64.b64decode(text, validate=True) for text in (found.key, found.signature))
        Ed25519PublicKey.from_public_bytes(public).verify(signature, found.message)
    except (ValueError, InvalidSignature):
        return None
    return found


def _wrong(file: Path, found: Signature, policy: str, trusted: set[str]) -> str:
    """Say why a valid signature is not enough; empty = it is."""
    if {found.key} != trusted:
        return f"{file} is signed by {found.key}, and {', '.join(sorted(trusted))} is to be trusted"
    if found.policy != policy:
        return f"the policy is not the one that was signed on {found.signed_at} (revision {found.revision})"
    return ""


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
