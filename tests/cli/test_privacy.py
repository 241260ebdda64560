from pathlib import Path

import click.testing
import msgspec
import pytest

from wye.cli.bench import bench
from wye.policy.detectors import entities

LINES = (
    '{"text": "mail ana@hospital.example now", "spans": [{"label": "EMAIL", "start": 5, "end": 25}]}\n'
    '{"text": "Is a 60-year-old at risk?"}\n'
)


def run(path: Path, *options: str) -> str:
    result = click.testing.CliRunner().invoke(bench, ["privacy", str(path), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_table_for_people_and_json_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(LINES, encoding="utf-8")
    shown = run(path)
    assert "any overlap 100.00 %" in shown
    assert "0.00 % of the hard negatives" in shown
    told = msgspec.json.decode(run(path, "--json"))
    assert told["recall_any"] == 1
    assert told["labels"] == {"EMAIL": {"spans": 1, "any_overlap": 1, "full_span": 1}}


def test_full_says_which_model_or_that_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(LINES, encoding="utf-8")
    assert "named entities by rampart-q4" in run(path, "--cascade", "full")
    monkeypatch.setattr(entities, "model", lambda: None)
    assert "these are the figures of the rules" in run(path, "--cascade", "full")
