"""`wye route test` where no gateway runs: settings and what routes have learnt decide."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from routing.granted import grant
from wye.cli.route.test import test as command

QUIET = {"discovery": {"environment": False, "engines": False}, "embedded": {"enabled": False}}


def deployment(lane: str, rate: float, **more: Any) -> dict[str, Any]:
    away = {"base_url": "http://127.0.0.1:9/v1", "networks": ["127.0.0.0/8"], "lane": lane}
    return away | {"price": {"input": rate, "output": rate}} | more


SETTINGS: dict[str, Any] = QUIET | {
    "deployments": {
        "dear": deployment("closed", 20, model="big", profile={"strong": True}),
        "cheap": deployment("hosted", 0.2, model="small"),
    }
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "wye.yaml"
    path.write_text(json.dumps(SETTINGS))
    return path


def run(runner: CliRunner, config: Path, *more: str) -> str:
    state = str(config.parent / "state")
    shown = runner.invoke(command, ["--offline", "--config", str(config), "--state-dir", state, *more])
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def test_strong_serves_until_a_certificate_covers_the_weak_one(runner: CliRunner, config: Path) -> None:
    before = run(runner, config, "What is two and two?")
    assert before.startswith("auto → dear (closed), expected 0.00")
    assert "  uncertified: strong serves (nothing has been learnt for this route)\n" in before
    certificate = grant(config.parent / "state")
    after = run(runner, config, "What is two and two?")
    assert after.startswith("auto → cheap (hosted), expected 0.00")
    assert f"certified by {certificate.id}" in after
    assert "; gain +" in after


def test_json_has_the_scores(runner: CliRunner, config: Path) -> None:
    grant(config.parent / "state")
    decision = json.loads(run(runner, config, "--json", "What is two and two?"))["decision"]
    assert [c["deployment"] for c in decision["candidates"]] == ["cheap", "dear"]
    assert all(0 < c["quality"] < 1 for c in decision["candidates"])
    assert decision["gain"] < 0.1


def test_a_hook_and_a_rule_are_tried_before_they_are_in_force(
    runner: CliRunner, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.parent / "a_hook_to_try.py").write_text(
        "def last(asked, offers):\n    return [offers[-1].deployment]\n"
    )
    monkeypatch.syspath_prepend(config.parent)
    config.write_text(json.dumps(SETTINGS | {"auto": {"hook": "a_hook_to_try:last"}}))
    shown = run(runner, config, "hello")
    assert shown.startswith("auto → cheap (hosted)")
    assert "left out by the hook 'a_hook_to_try:last'" in shown


def test_what_is_left_out_is_told_aside(runner: CliRunner, config: Path) -> None:
    away = {"openai/gpt-5.5": {"provider": "openai", "model": "gpt-5.5"}}
    config.write_text(json.dumps(SETTINGS | {"deployments": SETTINGS["deployments"] | away}))
    arguments = ["--offline", "--config", str(config), "--state-dir", str(config.parent / "state"), "hello"]
    shown = runner.invoke(command, arguments, env={"OPENAI_API_KEY": ""})
    assert shown.exit_code == 0
    assert "deployments.openai/gpt-5.5 is left out" in shown.stderr
    assert "left out" not in shown.stdout


def test_broken_settings_are_told(runner: CliRunner, config: Path) -> None:
    config.write_text("auto: {strong: nobody}")
    shown = runner.invoke(command, ["--offline", "--config", str(config), "hello"])
    assert shown.exit_code != 0
    assert "auto.strong" in str(shown.exception)
