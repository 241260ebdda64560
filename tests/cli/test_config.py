"""`wye config` and `wye init` as a person runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.cli.config import config
from wye.cli.init import init
from wye.config.load import load
from wye.config.schema import schema


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("WYE_CONFIG", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(config, arguments)


def test_check_without_a_file() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert result.output.startswith("ok: no file (revision ")
    assert result.output.endswith("defaults only. Unlabelled requests may go to: own, hosted, closed\n")


def test_check_finds_the_file_here_and_shows_warnings() -> None:
    Path("wye.yaml").write_text("default_label: x\naliases: {a: openai/b}\n")
    result = run("check")
    assert result.exit_code == 0
    warning, ok = result.output.splitlines()
    assert warning.startswith("wye.yaml:1:1: warning: default_label: label 'x' is not defined")
    assert ok.startswith("ok: wye.yaml (revision ")
    assert ok.endswith("1 alias; its own default_label. Unlabelled requests may go to: own")


def test_check_as_json() -> None:
    Path("wye.yaml").write_text("default_label: x\naliases: {a: openai/b}\n")
    good = json.loads(run("check", "--json").stdout)
    assert good["ok"] is True
    assert [(one["line"], one["path"], one["fatal"]) for one in good["problems"]] == [
        (1, "default_label", False)
    ]
    assert good["summary"].startswith("wye.yaml (revision ")
    Path("wye.yaml").write_text("nonsense: 1\n")
    result = run("check", "--json")
    assert result.exit_code == 1
    bad = json.loads(result.stdout)
    assert (bad["ok"], bad["summary"]) == (False, None)
    assert bad["problems"][0]["path"] == "nonsense"


def test_check_names_what_differs_from_the_defaults() -> None:
    Path("wye.yaml").write_text("listen: 127.0.0.1:1\nembedded: {slots: 4}\nkeys: {required: true}\n")
    assert "): its own listen, keys. Unlabelled" in run("check").output
    Path("wye.yaml").write_text("listen: 127.0.0.1:4000\n")
    assert "): defaults only. Unlabelled" in run("check").output


def test_check_prints_every_problem_and_fails() -> None:
    Path("bad.yaml").write_text("listen: 1\nlisten2: 2\n")
    result = run("check", "bad.yaml")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "bad.yaml:1:1: listen: a host and a port are expected, as in 127.0.0.1:4000. Write `127.0.0.1:4000`",
        "bad.yaml:2:1: listen2: there is no such field. Did you mean 'listen'?",
    ]
    assert result.stderr == "2 problems: wye would not start with this\n"


@pytest.mark.parametrize("command", ["check", "show"])
def test_the_file_may_be_named_as_other_commands_do(command: str) -> None:
    Path("mine.yaml").write_text("default_label: x\n")
    by_option, by_name = run(command, "--config", "mine.yaml"), run(command, "mine.yaml")
    assert "mine.yaml" in by_option.output
    assert by_option.output == by_name.output
    both = run(command, "mine.yaml", "--config", "wye.yaml")
    assert both.exit_code == 2
    assert "two files are named, 'mine.yaml' and 'wye.yaml': name one" in both.output


def test_show() -> None:
    Path("wye.yaml").write_text("listen: 127.0.0.1:1\n")
    assert "\nlisten: 127.0.0.1:1\n" in run("show").output
    assert json.loads(run("show", "--json").output)["settings"]["listen"] == "127.0.0.1:1"


def test_schema() -> None:
    assert run("schema").output == schema()


def test_init_writes_a_file_that_loads_and_keeps_one_that_is_there() -> None:
    first = CliRunner().invoke(init)
    assert first.exit_code == 0
    assert first.output == "wrote wye.yaml. Edit it, then: wye config check\n"
    assert load(Path("wye.yaml")).listen == "127.0.0.1:4000"
    Path("wye.yaml").write_text("mine")
    second = CliRunner().invoke(init)
    assert second.exit_code == 1
    assert "--force" in second.output
    assert Path("wye.yaml").read_text() == "mine"
    assert CliRunner().invoke(init, ["--force"]).exit_code == 0
    assert load(Path("wye.yaml")).listen == "127.0.0.1:4000"
    assert [path.name for path in Path().iterdir()] == ["wye.yaml"]


def test_init_to_stdout_writes_nothing_and_names_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")
    result = CliRunner().invoke(init, ["--stdout"])
    assert result.output.startswith("# wye.yaml: what wye does on this machine.")
    assert "(OPENAI_API_KEY)\n" in result.output
    assert "sk-made-up" not in result.output
    assert list(Path().iterdir()) == []
