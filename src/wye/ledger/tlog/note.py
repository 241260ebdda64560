"""C2SP `signed-note` and `tlog-cosignature`: text signed by named Ed25519 keys.

A log signs a note's text (type 1); a witness signs it with the time at which it was the newest one it had
seen (type 4, `cosignature/v1`). A signature line holds the key's id, four bytes that find it, not prove it.
"""

import base64
import binascii
import re
from hashlib import sha256
from typing import Final, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wye.ledger.tlog.errors import LogError, TamperedError

NOTE: Final = 1
COSIGNATURE: Final = 4
NOTE_BYTES = 1 << 20
SIGNATURES = 64
"""A note with more is refused."""
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_TIME_MAX = 2**63 - 1
_NAME = re.compile(r"[^\s+]+\Z")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)\Z")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_PRIVATE = "PRIVATE+KEY+"


def b64(data: bytes) -> str:
    """Encode as RFC 4648 section 4."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Decode what `b64` would write, and nothing else. Raises `ValueError`."""
    data = base64.b64decode(text, validate=True)
    if b64(data) != text:
        message = "base64 with bits that do not count"
        raise ValueError(message)
    return data


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """Return a key's id."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key, written as a *vkey*: `name+id+key`."""

    name: str
    algorithm: int
    public: bytes

    @property
    def id(self) -> bytes:
        """What signature lines call it."""
        return key_id(self.name, self.algorithm, self.public)

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey. Raises `LogError`."""
        if text.strip().startswith(_PRIVATE):  # never quoted: errors end up in logs
            message = (
                "this is a private key: keep it to yourself, and give the verifier key that belongs to it"
            )
            raise LogError(message)
        name, _, rest = text.strip().partition("+")
        named, _, encoded = rest.partition("+")
        try:
            data = unb64(encoded)
        except ValueError:
            data = b""
        if not _NAME.match(name) or len(data) != 1 + _KEY_BYTES or data[0] not in (NOTE, COSIGNATURE):
            message = (
                f"'{text.strip()}' is no verifier key: it looks like example.com/log+530d903a+AekyeRrm..."
            )
            raise LogError(message)
        key = cls(name, data[0], data[1:])
        if key.id.hex() != named:
            message = f"the verifier key of {name} was changed: its id is {key.id.hex()}, not {named}"
            raise LogError(message)
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.algorithm]) + self.public)}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Tell whether this key made `signature` (without the id) over a note's text."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES:
                return False
            at = int.from_bytes(signature[:_TIME_BYTES], "big")
            if at > _TIME_MAX:
                return False
            message, signature = cosigned(text, at), signature[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def cosigned(text: str, at: int) -> bytes:
    """Return what a witness signs at Unix time `at`."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


class SignerKey:
    """A private key. Never printed: only `secret()` writes it down."""

    def __init__(self, name: str, algorithm: int, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.verifier = VerifierKey(name, algorithm, self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, algorithm: int = NOTE) -> "SignerKey":
        """Make a new key. Raises `LogError` for a name that no note can have."""
        if not _NAME.match(name) or _CONTROL.search(name):
            message = f"'{name}' cannot name a key: no spaces, no plus"
            raise LogError(message)
        return cls(name, algorithm, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """Read what `secret` wrote, which is how Go's `sumdb/note` writes keys. Raises `LogError`."""
        prefix, private, rest = text.strip().partition(_PRIVATE)
        name, _, rest = rest.partition("+")
        named, _, encoded = rest.partition("+")
        try:
            data = unb64(encoded if private and not prefix else "")
            key = cls(name, data[0], data[1:])
        except (ValueError, IndexError):
            message = "this is no private key of a log or witness"
            raise LogError(message) from None
        if key.verifier.id.hex() != named:
            message = f"the private key of {name} is damaged"
            raise LogError(message)
        return key

    def secret(self) -> str:
        """Return the key for its file."""
        verifier = self.verifier
        return (
            f"{_PRIVATE}{verifier.name}+{verifier.id.hex()}+{b64(bytes([verifier.algorithm]) + self._seed)}"
        )

    def sign(self, text: str, at: int = 0) -> str:
        """Return a signature line for a note's text; `at` is the Unix time of a cosignature."""
        verifier = self.verifier
        if verifier.algorithm == COSIGNATURE:
            stamp = at.to_bytes(_TIME_BYTES, "big")
            signature = stamp + self._private.sign(cosigned(text, at))
        else:
            signature = self._private.sign(text.encode())
        return f"— {verifier.name} {b64(verifier.id + signature)}\n"


class Signature(msgspec.Struct, frozen=True):
    """A signature line."""

    name: str
    id: bytes
    signature: bytes

    @property
    def at(self) -> int:
        """Unix time, of a cosignature."""
        return int.from_bytes(self.signature[:_TIME_BYTES], "big")


class Note(msgspec.Struct, frozen=True):
    """A text, and who says to have signed it."""

    text: str
    """Ends with a newline."""
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Read a signed note. Raises `TamperedError` when it is none."""
        try:
            if len(data) > NOTE_BYTES:
                _bad("it is too long")
            whole = data.decode()
            text, blank, lines = whole.rpartition("\n\n")
            if not blank or not lines.endswith("\n") or _CONTROL.search(whole):
                _bad("a text, an empty line and signatures are expected")
            found = lines[:-1].split("\n")
            if len(found) > SIGNATURES:
                _bad("it has too many signatures")
            return cls(text + "\n", tuple(map(_signature, found)))
        except UnicodeDecodeError:
            _bad("it is not UTF-8")

    def signed_by(self, key: VerifierKey) -> Signature | None:
        """Return this key's signature; None = it has none. Raises `TamperedError` for a wrong one."""
        valid = None
        for signature in self.signatures:
            if (signature.name, signature.id) == (key.name, key.id):
                if not key.verifies(self.text, signature.signature):
                    message = (
                        f"the signature of {key.name} is wrong: the text was changed, or it never signed it"
                    )
                    raise TamperedError(message)
                valid = signature
        return valid


def _signature(line: str) -> Signature:
    match = _LINE.match(line)
    try:
        blob = unb64(match[2]) if match else b""
    except (ValueError, binascii.Error):
        blob = b""
    if match is None or len(blob) <= 4:  # noqa: PLR2004  # the id and at least something
        _bad(f"'{line}' is no signature")
    return Signature(match[1], blob[:4], blob[4:])


def _bad(why: str) -> NoReturn:
    message = f"this is no signed note: {why}"
    raise TamperedError(message)
