"""Checks of certificates and keys: the files are there, hold PEM, and belong together."""

import os
import ssl
import stat

from wye.config.draft import Draft
from wye.config.problems import Path

_LONGEST_SHOWN = 300
_READABLE = "Name a PEM file that the gateway's user can read"


def check_chain(
    draft: Draft, path: Path, certificate: tuple[str, str], key: tuple[str, str], *, at_start: bool
) -> None:
    """Check a certificate and its key, each a field below `path` and the file it names.

    `at_start`: wye does not start without them; else they are read at the first connection.
    """
    (cert_field, cert), (key_field, key_file) = certificate, key
    at_cert, at_key = (*path, cert_field), (*path, key_field)
    present = [
        _readable(draft, at, file, at_start=at_start) for at, file in ((at_cert, cert), (at_key, key_file))
    ]
    if not all(present):
        return
    if not _holds_certificate(draft, at_cert, cert):
        return
    asked = []

    def passphrase() -> str:  # else OpenSSL asks in the terminal, and waits
        asked.append(1)
        return ""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key_file, passphrase)
    except (ssl.SSLError, ValueError, OSError) as error:
        name = shown(key_file)
        if asked:
            draft.say(
                at_key, f"{name} is encrypted", "Take its passphrase off: openssl pkey -in OLD -out NEW"
            )
        elif isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            what = f"{name} is not the key of {shown(cert)}"
            draft.say(
                at_key, what, f"Name the key that {cert_field} was made with, its own certificate first"
            )
        else:
            draft.say(at_key, f"{name} holds no private key", "It begins with `-----BEGIN PRIVATE KEY-----`")


def check_authority(draft: Draft, path: Path, file: str) -> None:
    """Check a bundle of certificates to trust, which is read at the first connection."""
    if _readable(draft, path, file, at_start=False):
        _holds_certificate(draft, path, file)


def _readable(draft: Draft, path: Path, file: str, *, at_start: bool) -> bool:
    """Check that it is a file this user can read."""
    try:
        # Not blocking: to open a pipe would wait for its writer.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        reason = "" if stat.S_ISREG(os.fstat(descriptor).st_mode) else "it is no regular file"
        os.close(descriptor)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError:
        reason = "it is no path"
    if reason:
        until = "" if at_start else ". Nothing connects there until it can"
        draft.say(path, f"{shown(file)} cannot be read: {reason}{until}", _READABLE, fatal=at_start)
    return not reason


def _holds_certificate(draft: Draft, path: Path, file: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (ssl.SSLError, OSError):
        draft.say(path, f"{shown(file)} holds no certificate", "It begins with `-----BEGIN CERTIFICATE-----`")
        return False
    return True


def shown(file: str) -> str:
    """Return the name, unless somebody pasted what belongs into the file."""
    pasted = not file.isprintable() or "-----" in file or len(file) > _LONGEST_SHOWN
    return "what it names" if pasted else f"'{file}'"
