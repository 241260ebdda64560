"""`wye policy` as a whole: every command has examples, and its help says what it does."""

import pytest
from click.testing import CliRunner

from wye.cli.policy import policy


@pytest.mark.parametrize("name", ["check", "diff", "explain", "show", "sign", "test"])
def test_every_command_is_there_with_examples(runner: CliRunner, name: str) -> None:
    told = runner.invoke(policy, [name, "--help"])
    assert told.exit_code == 0
    assert f"  wye policy {name}" in told.output


def test_there_is_no_command_without_a_test_of_its_help() -> None:
    assert sorted(policy.commands) == ["check", "diff", "explain", "show", "sign", "test"]
