"""Keys from the environment and from files."""

import os
import stat
from collections.abc import Mapping, Sequence

import msgspec

from wye.core.secret import Secret

MAX_BYTES = 8_192


class Credential(msgspec.Struct, frozen=True):
    """A key with where it came from, or what is wrong with it. Neither = there is none."""

    key: Secret | None = None
    found_by: str = ""
    problem: str = ""


def from_environment(environ: Mapping[str, str], variables: Sequence[str]) -> Credential:
    """Return the first of `variables` that is set, itself or with `_FILE` appended (a path)."""
    for variable in variables:
        if environ.get(variable, "").strip():
            return _checked(environ[variable], variable)
        if path := environ.get(f"{variable}_FILE"):
            return from_file(path, f"{variable}_FILE")
    return Credential()


def from_file(path: str, found_by: str) -> Credential:
    """Return the key in a regular file of at most 8 KB, without the newline at its end."""
    try:
        # Not blocking: to open a pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Credential(found_by=found_by, problem=f"{found_by}: {path} is not a regular file")
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        return Credential(found_by=found_by, problem=f"{found_by}: {path} cannot be read: {reason}")
    if len(content) > MAX_BYTES:
        return Credential(found_by=found_by, problem=f"{found_by}: {path} is larger than {MAX_BYTES} bytes")
    return _checked(content.decode("utf-8", "replace"), found_by)


def _checked(text: str, found_by: str) -> Credential:
    key = text.strip()
    if not key:
        return Credential(found_by=found_by, problem=f"{found_by} is empty")
    if not (key.isascii() and key.isprintable()) or " " in key:  # it will stand in a header
        return Credential(
            found_by=found_by, problem=f"{found_by} holds what no key can hold: spaces or control characters"
        )
    return Credential(Secret(key), found_by)
