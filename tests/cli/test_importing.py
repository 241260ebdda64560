"""`wye import litellm`: a file, a report, and a file that holds."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wye.cli import importing
from wye.cli.config import check
from wye.cli.importing import litellm
from wye.cli.main import group
from wye.config.litellm import write

CONFIG = """\
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-5.5, api_key: sk-literal-key, rpm: 5}
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def test_the_text_and_the_report(runner: CliRunner, source: Path) -> None:
    shown = runner.invoke(litellm, [str(source)])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("# From LiteLLM's config.yaml by `wye import litellm`.")
    assert "aliases:\n  gpt: openai/gpt-5.5\n" in shown.stdout
    assert "config.yaml: 1 name, 1 to do, 1 left out\n" in shown.stderr
    assert (
        "to do: a key stands in LiteLLM's file; it is not copied: put it into OPENAI_API_KEY  line 3"
        in shown.stderr
    )
    assert "left out: `rpm` of a model" in shown.stderr
    assert "# - left out: `rpm` of a model" in shown.stdout
    assert "sk-literal-key" not in shown.output


def test_a_file_that_passes_the_check(
    runner: CliRunner, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up")
    shown = runner.invoke(litellm, [str(source), "-o", "wye.yaml"])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == ""
    assert "-> wye.yaml. Then: wye config check wye.yaml" in shown.stderr
    checked = runner.invoke(check, ["wye.yaml"])
    assert checked.stdout.startswith("ok: "), checked.output
    again = runner.invoke(litellm, [str(source), "-o", "wye.yaml"])
    assert again.exit_code == 1
    assert "Use --force" in again.output
    assert runner.invoke(litellm, [str(source), "-o", "wye.yaml", "--force"]).exit_code == 0


def test_json(runner: CliRunner, source: Path) -> None:
    shown = runner.invoke(litellm, [str(source), "--json"])
    report = json.loads(shown.stdout)
    assert report["file"] is None
    assert report["config"].startswith("# From LiteLLM's")
    assert {note["kind"] for note in report["notes"]} == {"to do", "left out"}
    assert report["notes"][0]["lines"] == [3]


def test_a_file_without_an_address_passes_the_check(
    runner: CliRunner, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOUSE_BASE", raising=False)
    source.write_text(
        "model_list: [{model_name: house, litellm_params: "
        "{model: hosted_vllm/llama-3.3-70b, api_base: os.environ/HOUSE_BASE}}]\n"
    )
    shown = runner.invoke(litellm, [str(source), "-o", "wye.yaml"])
    assert "in place of house-base.invalid, or set HOUSE_BASE and import again" in shown.stderr
    checked = runner.invoke(check, ["wye.yaml"])
    assert checked.stdout.startswith("ok: "), checked.output


def _said() -> Iterator[str]:
    """Yield every text that the importer may print."""
    for path in (*Path(write.__file__).parent.glob("*.py"), Path(importing.__file__)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(one.value if isinstance(one, ast.Constant) else "X" for one in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_command_that_is_printed_exists() -> None:
    commands = {found for text in _said() for found in re.findall(r"`wye ([a-z][^`]*)`", text)}
    assert any(command.startswith("keys create") for command in commands)
    for words in map(str.split, commands):
        command: click.Command = group
        context = click.Context(group)
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, (command.name, words)


def test_a_file_that_is_not_yaml(runner: CliRunner, source: Path) -> None:
    source.write_text("model_list: [")
    shown = runner.invoke(litellm, [str(source)])
    assert shown.exit_code == 1
    assert "not valid YAML" in str(shown.exception)
