"""`wye retention` shows what is kept how long, and sweeps."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wye.cli.retention import retention
from wye.ledger.keyring import ErasedError
from wye.ledger.sealing import Sealing

FAR = 4_102_444_800.0
"""2100-01-01."""
YAML = """
labels: {phi: {retain_days: 30}}
ledger: {store_content: true, retain_days: 365}
responses: {store: true}
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "wye.yaml").write_text(YAML)
    return tmp_path / "state"


def run(runner: CliRunner, state: Path, *words: str) -> str:
    config = str(state.parent / "wye.yaml")
    result = runner.invoke(retention, [*words, "--config", config, "--state-dir", str(state)])
    assert result.exit_code == 0, result.output
    return result.output


def test_nothing_is_there_at_first(runner: CliRunner, state: Path) -> None:
    told = run(runner, state)
    for said in (
        "Kept: prompts and answers and conversations.",
        "phi",
        "30 days",
        "365 days",
        "none: nothing",
    ):
        assert said in told
    assert not state.exists()


def test_what_is_not_there_is_not_swept(runner: CliRunner, state: Path) -> None:
    refused = runner.invoke(retention, ["--sweep", "--state-dir", str(state)])
    assert refused.exit_code == 1
    assert "give the gateway's --state-dir" in str(refused.exception)
    assert not state.exists()


def test_a_sweep_is_shown_before_it_is_made(runner: CliRunner, state: Path) -> None:
    sealing = Sealing(state)
    due, later = sealing.seal("", "x", "c", 86_400.0), sealing.seal("", "y", "c", FAR)
    sealing.seal("", "z", "c")
    told = run(runner, state, "--sweep", "--dry-run")
    for said in ("until 1970-01-02: 1", "until 2100-01-01: 1", "no end planned: 1", "next sweep destroys 1."):
        assert said in told
    assert sealing.open(due, "c") == "x"
    swept = json.loads(run(runner, state, "--sweep", "--json"))
    assert (swept["swept"], swept["due"], swept["erased"]) == (1, 0, 1)
    assert swept["rules"] == {"": 365, "phi": 30}
    with pytest.raises(ErasedError, match="no longer kept"):
        sealing.open(due, "c")
    assert sealing.open(later, "c") == "y"
    sealing.close()
