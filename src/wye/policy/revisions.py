"""No way back: a signed policy that is older than what was in force stays out of force.

The state directory remembers, for each key, the newest signed revision. To go back on purpose is to sign the
older policy anew, under the next number.
"""

import os
from pathlib import Path

import msgspec

from wye.policy.cedar.statements import PolicyTextError
from wye.policy.signing import Signature

FILE = "policy.seen"
_MODE = 0o600


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A revision that was in force."""

    revision: int
    id: str


def refuse_older(file: Path, signature: Signature | None) -> None:
    """Raise `PolicyTextError` if `signature` does not go on from what `file` remembers."""
    if signature is not None:
        _refuse(file, _read(file).get(signature.key), signature)


def advance(file: Path, signature: Signature | None) -> None:
    """Remember that `signature` is in force. Raises `PolicyTextError` as `refuse_older`, and if it cannot."""
    if signature is None:
        return
    seen = _read(file)
    before = seen.get(signature.key)
    _refuse(file, before, signature)
    if before is None or signature.revision > before.revision:
        _write(file, seen | {signature.key: Seen(signature.revision, signature.id)})


def _refuse(file: Path, before: Seen | None, signature: Signature) -> None:
    if before is None:
        return
    said = f"revision {signature.revision} of the policy, signed on {signature.signed_at},"
    again = f"sign it again: `wye policy sign --key FILE --revision {before.revision + 1}`"
    if signature.revision < before.revision:
        message = f"{said} is older than revision {before.revision}, which was in force ({file}); {again}"
        raise PolicyTextError(message)
    if signature.revision == before.revision and signature.id != before.id:
        message = f"{said} is not the revision {before.revision} that was in force ({file}); {again}"
        raise PolicyTextError(message)
    if signature.revision == before.revision + 1 and signature.previous not in ("", before.id):
        message = f"{said} does not follow the revision {before.revision} that was in force ({file}); {again}"
        raise PolicyTextError(message)


def _read(file: Path) -> dict[str, Seen]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Seen])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        message = f"{file}, which remembers the signed policies, cannot be read: {error}"
        raise PolicyTextError(message) from None


def _write(file: Path, seen: dict[str, Seen]) -> None:
    """Replace `file` at once: a crash leaves the one or the other."""
    beside = file.with_suffix(f".{os.getpid()}")
    try:
        fd = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, _MODE)
        with os.fdopen(fd, "wb") as made:
            made.write(msgspec.json.encode(seen))
            made.flush()
            os.fsync(made.fileno())
        beside.replace(file)
    except OSError as error:
        message = f"{file}, which remembers the signed policies, cannot be written: {error.strerror}"
        raise PolicyTextError(message) from None
