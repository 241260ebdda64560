"""Certificates and keys that settings name are loaded before anything is served."""

import os
from pathlib import Path

import pytest
import trustme

from wye.config.load import ConfigError, Problem, from_bytes, read

FILE = Path("wye.yaml")


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A directory with two certificates, their keys and their CA."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("one", "two"):
        cert = ca.issue_cert("localhost")
        cert.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
        cert.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    (tmp_path / "none.pem").write_text("nothing")
    return tmp_path


def listener(cert: object, key: object) -> str:
    return f"listener: {{tls_cert_file: '{cert}', tls_key_file: '{key}'}}"


def provider(**fields: object) -> str:
    tls = ", ".join(f"{name}: '{value}'" for name, value in fields.items())
    return f"providers: {{acme: {{base_url: 'https://a.example', lane: hosted, tls: {{{tls}}}}}}}"


def problems(text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        from_bytes(text.encode(), FILE, {})
    return list(caught.value.problems)


def test_what_loads_is_no_problem(pem: Path) -> None:
    assert from_bytes(listener(pem / "one.pem", pem / "one.key").encode(), FILE, {}).warnings == ()
    text = provider(ca_file=pem / "ca.pem", client_cert_file=pem / "one.pem", client_key_file=pem / "one.key")
    assert from_bytes(text.encode(), FILE, {}).warnings == ()


def test_a_missing_file_is_named_with_its_field_and_what_to_do() -> None:
    cert, key = problems(listener("/nowhere/tls.pem", "/nowhere/tls.key"))
    assert str(cert) == (
        "wye.yaml:1:12: listener.tls_cert_file: '/nowhere/tls.pem' cannot be read: "
        "No such file or directory. Name a PEM file that the gateway's user can read"
    )
    assert key.path == "listener.tls_key_file"


def test_what_an_upstream_needs_may_come_later_if_it_is_sound(pem: Path) -> None:
    text = provider(
        ca_file="/nowhere/ca", client_cert_file=pem / "one.pem", client_key_file="/nowhere/key"
    ).encode()
    authority, key = from_bytes(text, FILE, {}).warnings
    assert (key.path, authority.path) == (
        "providers.acme.tls.client_key_file",
        "providers.acme.tls.ca_file",
    )
    assert "Nothing connects there until it can" in authority.what
    (broken,) = problems(provider(ca_file=pem / "none.pem"))
    assert "holds no certificate" in broken.what


@pytest.mark.parametrize(
    ("cert", "key", "field", "what"),
    [
        ("none.pem", "one.key", "tls_cert_file", "holds no certificate"),
        ("one.key", "one.pem", "tls_cert_file", "holds no certificate"),
        ("one.pem", "none.pem", "tls_key_file", "holds no private key"),
        ("one.pem", "two.key", "tls_key_file", "is not the key of"),
    ],
)
def test_what_does_not_load_is_said_of_the_file_that_is_wrong(
    pem: Path, cert: str, key: str, field: str, what: str
) -> None:
    (found,) = problems(listener(pem / cert, pem / key))
    assert found.path == f"listener.{field}"
    assert what in found.what
    assert found.fix


def test_an_encrypted_key_is_no_question_in_the_terminal(pem: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # it comes with trustme

    key = serialization.load_pem_private_key((pem / "one.key").read_bytes(), None)
    (pem / "locked.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"passphrase"),
        )
    )
    (found,) = problems(listener(pem / "one.pem", pem / "locked.key"))
    assert "is encrypted" in found.what


def test_a_pipe_keeps_nobody_waiting(pem: Path) -> None:
    os.mkfifo(pem / "pipe")
    (found,) = problems(listener(pem / "pipe", pem / "one.key"))
    assert "no regular file" in found.what


def test_what_was_pasted_is_not_repeated(pem: Path) -> None:
    (found,) = problems(listener(pem / "one.pem", "-----BEGIN PRIVATE KEY----- MIIEvQ"))
    assert "MIIEvQ" not in str(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_key_file_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    secret, file = tmp_path / "key", tmp_path / "wye.yaml"
    secret.touch(mode=0)
    file.write_text(f"providers: {{openai: {{api_key_file: {secret}}}}}")
    (warning,) = read(file, {}).warnings
    assert warning.path == "providers.openai.api_key_file"
    assert not warning.fatal
