"""`wye.yaml` -> `Settings`, or every reason why not."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from wye.catalog.providers import PROVIDERS
from wye.config.checks import check
from wye.config.convert import Reader
from wye.config.draft import Draft
from wye.config.problems import ConfigError, Problem
from wye.config.settings import Settings
from wye.config.tree import MAX_BYTES, Node, parse

DEFAULT_FILE = "wye.yaml"
FILE_VARIABLE = "WYE_CONFIG"

__all__ = ["ConfigError", "Loaded", "Problem", "find", "load", "read", "revision"]


class Loaded(msgspec.Struct, frozen=True):
    """Settings with where they come from."""

    settings: Settings
    path: Path | None
    """None = no file: defaults throughout."""
    warnings: tuple[Problem, ...]
    root: Node
    """What the file itself says, with lines."""

    @property
    def revision(self) -> str:
        """Short hash of the effective content."""
        return revision(self.settings)

    def where(self, *path: str | int) -> str:
        """Say where something was written, as `wye.yaml line 12`."""
        return f"{self.path.name if self.path else 'default'} line {self.root.find(path).line}"


def find(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the file to read: `path`, else `WYE_CONFIG`, else `wye.yaml` here if there is one."""
    environ = os.environ if environ is None else environ
    if path is not None:
        return path
    if environ.get(FILE_VARIABLE):
        return Path(environ[FILE_VARIABLE])
    here = Path(DEFAULT_FILE)
    return here if here.exists() else None


def load(path: Path | None) -> Settings:
    """Return the settings in the file at `path`; None = the defaults. Raises `ConfigError`.

    For what decides nothing: hooks are not imported, which may be there for the gateway alone.
    """
    return Settings() if path is None else from_bytes(_content(path), path, hooks=False).settings


def read(path: Path | None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Return the settings with their warnings and places. Raises `ConfigError` with every problem."""
    if path is None:
        return Loaded(Settings(), None, (), Node({}))
    return from_bytes(_content(path), path, environ)


def from_bytes(
    content: bytes, path: Path, environ: Mapping[str, str] | None = None, *, hooks: bool = True
) -> Loaded:
    """Read `content` as if it stood in the file at `path`. Raises `ConfigError`.

    `hooks`: import them, to see that they are there.
    """
    file = str(path)
    root, problems = parse(content, file)
    reader = Reader(file)
    settings = reader.section(Settings, root)
    problems += reader.problems
    if isinstance(settings, Settings):
        draft = Draft(root, file, settings, PROVIDERS.keys(), hooks=hooks)
        check(draft, os.environ if environ is None else environ)
        problems += draft.problems
    problems.sort(key=lambda problem: (problem.line, problem.column))
    if not isinstance(settings, Settings) or any(problem.fatal for problem in problems):
        raise ConfigError(problems)
    return Loaded(settings, path, tuple(problems), root)


def revision(settings: Settings) -> str:
    """Return 12 hex digits that change with the effective settings and with nothing else."""
    content = msgspec.json.encode(settings, order="deterministic")
    return hashlib.sha256(content).hexdigest()[:12]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError([Problem(str(path), 0, 0, "", f"cannot be read: {reason}")]) from None
