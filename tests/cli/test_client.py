"""A gateway that speaks TLS, with and without a reason to trust it."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from cli.conftest import served
from cli.playback import Gateway
from wye.cli.ask import ask
from wye.cli.chat import chat
from wye.cli.checkup import network
from wye.cli.checkup.finding import Level
from wye.cli.models import models
from wye.config.settings import ListenerSettings, Settings


def tls_gateway(ca: trustme.CA, name: str) -> Iterator[Gateway]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    with served(context) as gateway:
        yield gateway


@pytest.fixture
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def here(ca: trustme.CA) -> Iterator[Gateway]:
    yield from tls_gateway(ca, "127.0.0.1")


@pytest.fixture
def elsewhere(ca: trustme.CA) -> Iterator[Gateway]:
    yield from tls_gateway(ca, "gateway.example")


def trust(ca: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def settings(gateway: Gateway) -> Settings:
    listener = ListenerSettings(tls_cert_file="cert.pem", tls_key_file="key.pem")
    return Settings(listen=gateway.url.removeprefix("https://"), listener=listener)


@pytest.mark.parametrize("command", [ask, chat, models])
def test_a_certificate_that_is_not_trusted_says_what_to_set(
    command: object, runner: CliRunner, here: Gateway
) -> None:
    words = ["Why?"] if command is ask else []
    shown = runner.invoke(command, ["--url", here.url, *words])  # type: ignore[arg-type]
    assert shown.exit_code == 1
    assert "its certificate is not trusted (" in shown.stderr
    assert "set SSL_CERT_FILE to its CA (or certificate)" in shown.stderr
    assert "start one" not in shown.stderr


def test_a_trusted_one_is_spoken_to(
    runner: CliRunner, here: Gateway, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(ca, tmp_path, monkeypatch)
    assert runner.invoke(ask, ["--url", here.url, "Why?"]).exit_code == 0


def test_a_certificate_for_another_name(
    runner: CliRunner, elsewhere: Gateway, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(ca, tmp_path, monkeypatch)
    shown = runner.invoke(models, ["--url", elsewhere.url])
    assert "is for another name: give --url a name that it was made for" in shown.stderr
    found = network.port(settings(elsewhere))
    assert (found.level, "probably wye" in found.message) == (Level.WARN, True)
    assert "--url https://NAME:PORT" in found.todo


def test_the_doctor_does_not_call_a_gateway_with_its_own_ca_a_failure(here: Gateway) -> None:
    found = network.port(settings(here))
    assert found.level is Level.WARN
    assert "a certificate this machine does not trust listens on 127.0.0.1:" in found.message
    assert "SSL_CERT_FILE" in found.todo
