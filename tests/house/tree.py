"""The files of this repository, as git knows them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> list[Path]:
    """Every file that is tracked, or new and not ignored; relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # git of PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()})


def python(*folders: str) -> list[Path]:
    """Our Python files, those in `folders` when given."""
    return [path for path in files() if path.suffix == ".py" and (not folders or path.parts[0] in folders)]


def text(path: Path) -> str | None:
    """A file's text; None for a binary one."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
