"""Names, help, errors as one line."""

import os
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

import wye
from wye.cli import main
from wye.config.problems import ConfigError, Problem
from wye.core.errors import LedgerError

HEAVY = {"alembic", "msgspec", "prometheus_client", "rich", "sqlalchemy", "starlette", "uvicorn", "uvloop"}


def wye_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wye.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_help_lists_every_command_with_its_summary_and_imports_none() -> None:
    code = (
        "import sys; sys.argv = ['wye', '--help']; from wye.cli.main import run; run(); print(*sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name, entry in main.COMMANDS.items():
        assert f"{name} " in shown
        assert entry.summary in shown
    modules = set(shown.splitlines()[-1].split())
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert {name for name in modules if name.startswith("wye.cli.")} == {"wye.cli.main", "wye.cli.lazy"}


def test_help_is_there_at_once() -> None:
    took = []
    for _ in range(10):
        began = os.times()
        wye_command("--help")
        ended = os.times()
        took.append(ended.children_user + ended.children_system - began.children_user - began.children_system)
    assert min(took) < 0.4, "seconds of the processor's time, whatever else it does"


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_a_command_is_found_by_its_name(name: str) -> None:
    command = main.group.get_command(click.Context(main.group), name)
    assert command is not None
    assert command.name == name


def test_version() -> None:
    shown = CliRunner().invoke(main.group, ["--version"])
    assert shown.output == f"wye {wye.__version__}\n"


def test_the_package_has_no_other_lazy_attributes() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = wye.nothing


def test_an_unknown_command_suggests_near_names() -> None:
    shown = wye_command("model")
    assert shown.returncode == 2
    assert "No such command 'model'. Did you mean 'models'" in shown.stderr
    assert "Did you mean" not in wye_command("zzz").stderr


def test_an_unknown_option_is_not_taken_for_a_command() -> None:
    assert "No such option" in wye_command("--frobnicate").stderr


def test_completion_offers_names_and_imports_none() -> None:
    typed = {"_WYE_COMPLETE": "bash_complete", "COMP_WORDS": "wye mo", "COMP_CWORD": "1"}
    code = "from wye.cli.main import group; group.main(prog_name='wye')"
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **typed},
    )
    assert shown.stdout == "plain,models\n"
    assert "wye.cli.models" not in shown.stderr


def failing(error: BaseException) -> Callable[..., object]:
    def fail(**_: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LedgerError("the disk is full. Free space there."), "Error: the disk is full. Free space there.\n"),
        (
            ConfigError([Problem("wye.yaml", 3, 1, "keys", "is not a mapping", "Remove it")]),
            "Error: wye.yaml:3:1: keys: is not a mapping. Remove it\n",
        ),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "Error: connection refused: nothing listens there.",
        ),
        (
            PermissionError(13, "Permission denied", "/x/ledger.db"),
            "Error: /x/ledger.db: Permission denied\n",
        ),
    ],
)
def test_errors_are_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WYE_DEBUG", raising=False)
    monkeypatch.setattr(main.group, "main", failing(error))
    assert main.run() == 1
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert "Traceback" not in shown
    monkeypatch.setenv("WYE_DEBUG", "1")
    assert main.run() == 1
    assert "Traceback" in capsys.readouterr().err


def test_what_is_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.group, "main", failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main.run()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_130(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.group, "main", failing(error))
    assert main.run() == 130


def test_a_broken_pipe_is_no_traceback() -> None:
    """The reader is gone before the first byte, as with `wye ... | true`."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        shown = subprocess.run(
            [sys.executable, "-m", "wye.cli.main", "--help"], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert shown.returncode == 1
    assert shown.stderr == b""


SHORT = "chat|models|config|config check|init|claude|codex|import|import litellm|doctor"
KEYS = "keys list|keys revoke|keys rotate"


@pytest.mark.parametrize("command", ["", *SHORT.split("|"), *KEYS.split("|")])
def test_help_shows_examples(command: str) -> None:
    shown = CliRunner().invoke(main.group, [*command.split(), "--help"], prog_name="wye")
    assert shown.exit_code == 0
    _, _, examples = shown.output.partition("Examples:\n")
    assert examples.strip().startswith(" ".join(["wye", *command.split()]))
