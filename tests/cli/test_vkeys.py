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


@pytest.mark.parametrize("wrong", ["a+0+b", "nowhere"])
def test_what_is_no_key_is_refused(wrong: str, runner: CliRunner) -> None:
    assert runner.invoke(show, ["--key", wrong]).exit_code == 2
