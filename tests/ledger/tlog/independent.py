"""Logs and proofs checked by the texts of RFC 6962 and C2SP alone: no line of this is wye's own.

Slow, and for logs of less than 256,000 entries.
"""

import base64
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE, COSIGNATURE = 1, 4


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


def _signed(note: bytes, vkey: str) -> tuple[int, bytes]:
    """The size and the root that a checkpoint says, once this key has signed it."""
    name, id_, encoded = vkey.split("+", 2)
    algorithm, *public = base64.b64decode(encoded)
    assert _hash(name.encode() + b"\n" + base64.b64decode(encoded))[:4].hex() == id_
    text, _, lines = note.decode().rpartition("\n\n")
    message = f"{text}\n".encode()
    [blob] = [
        blob
        for line in lines.splitlines()
        if line.split(" ")[1] == name and (blob := base64.b64decode(line.split(" ")[2]))[:4].hex() == id_
    ]
    signature = blob[4:]
    if algorithm == COSIGNATURE:
        at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = f"cosignature/v1\ntime {at}\n".encode() + message
    Ed25519PublicKey.from_public_bytes(bytes(public)).verify(signature, message)
    _, size, root, *_ = text.split("\n")
    return int(size), base64.b64decode(root)


def _half(count: int) -> int:
    """The largest power of two below `count`."""
    half = 1
    while 2 * half < count:
        half *= 2
    return half


def _root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return _hash(b"\1" + _root(leaves[:half]) + _root(leaves[half:]))


def _led_to(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path of RFC 6962 section 2.1.1 leads to."""
    if size == 1:
        assert not path
        return leaf
    *path, beside = path
    half = _half(size)
    if index < half:
        return _hash(b"\1" + _led_to(leaf, index, half, path) + beside)
    return _hash(b"\1" + beside + _led_to(leaf, index - half, size - half, path))


def verified(public: Path, vkey: str) -> int:
    """Read every entry of a log, and return how many its checkpoint covers."""
    size, root = _signed((public / "checkpoint").read_bytes(), vkey)
    leaves = []
    for number in range(-(-size // 256)):
        width = min(256, size - 256 * number)
        name = f"{number:03d}" if width == 256 else f"{number:03d}.p/{width}"
        data = (public / "tile" / "entries" / name).read_bytes()
        while data:
            end = 2 + int.from_bytes(data[:2], "big")
            leaves.append(_hash(b"\0" + data[2:end]))
            data = data[end:]
    assert len(leaves) == size
    assert _root(leaves) == root
    return size


def proven(proof: bytes, entry: bytes, vkey: str, *witnesses: str) -> int:
    """Return the index of an entry that a tlog-proof proves under a checkpoint of all these keys."""
    head, _, checkpoint = proof.partition(b"\n\n")
    first, index, *path = head.decode().split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    number = int(index.removeprefix("index "))
    size, root = _signed(checkpoint, vkey)
    for witness in witnesses:
        assert _signed(checkpoint, witness) == (size, root)
    assert _led_to(_hash(b"\0" + entry), number, size, [base64.b64decode(line) for line in path]) == root
    return number
