"""Console blocks: run the commands, hold what they print against what the page shows."""

import re
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

SECONDS = 90


class Step(NamedTuple):
    """One command and the output the page shows for it."""

    command: str
    expected: list[str]


def steps(text: str) -> list[Step]:
    """Split a block: `$ ` begins a command, a trailing backslash or a `> ` line goes on with it.

    Raises:
        ValueError: the block does not begin with a command.
    """
    found: list[Step] = []
    continued = False
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:], []))
        elif not found:
            message = f"a console block begins with `$ `, not with: {line}"
            raise ValueError(message)
        elif continued or (line.startswith("> ") and not found[-1].expected):
            more = line.removeprefix("> ")
            found[-1] = Step(f"{found[-1].command}\n{more}", [])
        else:
            found[-1].expected.append(line)
            continue
        continued = line.endswith("\\")
    return found


def line_matches(expected: str, line: str) -> bool:
    """Tell whether a printed line is the expected one; `...` stands for anything."""
    pattern = ".*".join(map(re.escape, expected.strip().split("...")))
    return re.fullmatch(pattern, line.strip()) is not None


def missing(expected: list[str], printed: str) -> str | None:
    """Give the first expected line not found, looking in order; None = all are there."""
    lines = iter(printed.splitlines())
    for wanted in expected:
        if wanted.strip() and not any(line_matches(wanted, line) for line in lines):
            return wanted
    return None


class Ran(NamedTuple):
    """What a command did: its exit status, and what it printed on both streams."""

    status: int
    printed: str


def run(commands: list[str], *, env: dict[str, str], cwd: Path, prelude: str = "") -> list[Ran]:
    """Run commands in one shell, so that `cd` and `export` hold for those that follow.

    Raises:
        subprocess.TimeoutExpired: together they took more than `SECONDS`.
    """
    mark = secrets.token_hex(8)
    script = "\n".join([prelude, *(f"{command}\nprintf '\\n{mark} %d\\n' $?" for command in commands)])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],  # noqa: S607  # the reader's own bash
        stdin=subprocess.DEVNULL,
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    pieces = re.split(rf"\n{mark} (\d+)\n", done.stdout)
    results = [Ran(int(status), printed) for printed, status in zip(pieces[::2], pieces[1::2], strict=False)]
    if len(results) < len(commands):  # `exit`, or a syntax error: the shell itself is gone
        results.append(Ran(done.returncode or 1, pieces[-1]))
    return results
