"""Every code block of the pages (README, CONTRIBUTING ..., docs/) does what it shows.

console  commands after `$ `, run in one shell against a running gateway; each line shown must be
         printed, in order, `...` standing for anything. Add `fails` when the last command is to fail, and
         `norun=reason` when it can't be run here (its syntax is checked still), `fresh` for a gateway of
         its own, `fresh=OPENAI_API_KEY` for one that has a made-up key. `make x` is a dry run; under
         `make run` stands what the gateway printed at its start
python   runs, with OPENAI_BASE_URL naming that gateway
js       runs, where node and the npm clients are (`make clients`)
yaml     loads as wye.yaml; with `file=name` it is another program's and only has to be YAML
json     parses
text, mermaid  shown only: must not look like a command, which would go untested
"""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from docs import console
from docs.blocks import ROOT, Block, collect
from docs.conftest import Gateway, serving

BLOCKS = collect()
NPM = ROOT / "tests" / "clients" / "npm"
IDLE = Gateway(4123, {"PATH": "/usr/bin:/bin"})
MAKE = f"make() {{ command make --dry-run --directory '{ROOT}' \"$@\" >/dev/null; }}"


def names(block: Block) -> str:
    return block.where


def check_syntax(block: Block, tmp_path: Path) -> None:
    assert block.options["norun"], f"{block.where}: norun needs a reason: norun=docker"
    for step in console.steps(block.text):
        script = tmp_path / "command"
        script.write_text(step.command, encoding="utf-8")
        subprocess.run(["bash", "-n", str(script)], check=True)  # noqa: S607  # the reader's own bash


def check_console(block: Block, gateway: Gateway, tmp_path: Path) -> None:
    steps = console.steps(block.text)
    ran = console.run(
        [gateway.here(step.command) for step in steps], env=gateway.env, cwd=tmp_path, prelude=MAKE
    )
    for step, (status, output) in zip(steps, ran, strict=False):
        printed = gateway.published(output)
        to_fail = "fails" in block.options and step is steps[-1]
        assert (status != 0) == to_fail, f"`{step.command}` exited with {status}:\n{printed}"
        if step.command == "make run":
            printed = gateway.published(gateway.log.read_text(encoding="utf-8"))
        elif step.command.startswith("make "):
            continue
        lost = console.missing(step.expected, printed)
        assert lost is None, f"`{step.command}` did not print: {lost}\nbut:\n{printed}"
    assert len(ran) == len(steps)


def check_python(block: Block, gateway: Gateway, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", gateway.here(block.text)],
        env=gateway.env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=console.SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def check_js(block: Block, gateway: Gateway, tmp_path: Path) -> None:  # noqa: ARG001  # as the others
    node = shutil.which("node")
    if node is None or not (NPM / "node_modules").is_dir():
        pytest.skip("node or the npm clients are not installed: `make clients`")
    command = [node, "--input-type=module", "-e", gateway.here(block.text)]
    done = subprocess.run(
        command, cwd=NPM, capture_output=True, text=True, timeout=console.SECONDS, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def check_yaml(block: Block, tmp_path: Path) -> None:
    if block.options.get("file", "wye.yaml") != "wye.yaml":
        assert yaml.safe_load(block.text) is not None
        return
    from wye.config.load import load  # noqa: PLC0415  # only pages that show a wye.yaml need it

    path = tmp_path / "wye.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert load(path) is not None


def check_shown(block: Block) -> None:
    commands = [
        line for line in block.text.splitlines() if line.lstrip().startswith(("$ ", "# wye", "curl "))
    ]
    assert not commands, f"{block.where}: make this a console block: {commands[0]}"


def check_json(block: Block) -> None:
    assert json.loads(block.text) is not None


PURE: dict[str, Callable[[Block], None]] = {"json": check_json, "text": check_shown, "mermaid": check_shown}
LIVE: dict[str, Callable[[Block, Gateway, Path], None]] = {
    "console": check_console,
    "python": check_python,
    "js": check_js,
}


def needs_gateway(block: Block) -> bool:
    """Tell whether anything but `make`, which is only a dry run, stands in the block."""
    return block.language != "console" or any(
        not step.command.startswith("make ") or (step.command == "make run" and step.expected)
        for step in console.steps(block.text)
    )


@pytest.mark.parametrize("block", BLOCKS, ids=names)
def test_block(
    block: Block,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if block.language == "console" and "norun" in block.options:
        check_syntax(block, tmp_path)
    elif block.language in LIVE:
        with contextlib.ExitStack() as stack:
            if "fresh" in block.options:
                home = tmp_path_factory.mktemp("reader")
                gateway = stack.enter_context(serving(home, block.options["fresh"]))
            else:
                gateway = request.getfixturevalue("gateway") if needs_gateway(block) else IDLE
            LIVE[block.language](block, gateway, tmp_path)
    elif block.language == "yaml":
        check_yaml(block, tmp_path)
    else:
        assert block.language in PURE, f"{block.where}: no way to test a `{block.language}` block"
        PURE[block.language](block)


@pytest.mark.parametrize(
    "text",
    [
        "$ echo a\nb\n",
        "$ false\n",
        "$ exit 0\n$ echo a\na\n",
        "$ make no-such-target\n",
        "$ make run\nnobody printed this\n",
    ],
)
def test_a_console_block_that_lies_fails(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_console(Block("p.md:1", "console", {}, text), IDLE, tmp_path)


def test_a_console_block_sees_the_published_port(tmp_path: Path) -> None:
    text = (
        "$ make help && echo http://127.0.0.1:4000/v1\nhttp://127.0.0.1:4000/...\n$ make help\nnot compared\n"
    )
    check_console(Block("p.md:1", "console", {}, text), IDLE, tmp_path)
    check_console(Block("p.md:1", "console", {"fails": ""}, "$ true\n$ false\n"), IDLE, tmp_path)


def test_a_shown_block_may_not_hide_a_command() -> None:
    with pytest.raises(AssertionError, match="make this a console block"):
        check_shown(Block("p.md:1", "text", {}, "$ wye serve\n"))
