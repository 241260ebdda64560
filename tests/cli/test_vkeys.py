"""Verifier keys are given as text, or as files of them."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wye.cli.vkeys import keys_option
from wye.ledger.tlog.note import SignerKey, VerifierKey


@click.command()
@keys_option
def show(keys: tuple[VerifierKey, ...]) -> None:
    click.echo(" ".join(key.name for key in keys))


def test_keys_are_text_or_files(runner: CliRunner, tmp_path: Path) -> None:
    a, b, c = (str(SignerKey.generate(name).verifier) for name in "abc")
    (tmp_path / "keys").write_text(f"{a}\n{b}\n", encoding="utf-8")
    assert runner.invoke(show, ["--key", str(tmp_path / "keys"), "--key", c]).stdout == "a b c\n"
    assert runner.invoke(show, []).stdout == "\n"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("a+0+b", "is no verifier key"),
        ("nowhere", "'nowhere' is no verifier key, nor a file of them: No such file"),
    ],
)
def test_what_is_no_key_is_refused(wrong: str, why: str, runner: CliRunner) -> None:
    told = runner.invoke(show, ["--key", wrong])
    assert told.exit_code == 2
    assert why in " ".join(told.stderr.split())


def test_a_private_key_is_not_shown(runner: CliRunner, tmp_path: Path) -> None:
    private = SignerKey.generate("example.com/log").secret()
    (tmp_path / "key").write_text(f"{private}\n", encoding="utf-8")
    for given in (private, str(tmp_path / "key")):
        told = runner.invoke(show, ["--key", given])
        assert told.exit_code == 2
        assert private.rpartition("+")[2] not in "".join(told.stderr.split())
        assert "private key" in " ".join(told.stderr.split())


def test_a_file_without_keys_is_not_as_if_none_was_given(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("\n", encoding="utf-8")
    told = runner.invoke(show, ["--key", str(tmp_path / "keys")])
    assert told.exit_code == 2
    assert "there is no key in" in told.stderr


def test_a_file_that_is_no_text_is_told(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"\xff\xfe")
    told = runner.invoke(show, ["--key", str(tmp_path / "keys")])
    assert told.exit_code == 2
    assert "it is not text" in " ".join(told.stderr.split())
