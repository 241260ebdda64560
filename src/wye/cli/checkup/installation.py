"""The installation: configuration, packages, ledger."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from wye.cli.checkup.finding import Finding, fail, ok, warn
from wye.config.load import ConfigError, Loaded, find, read
from wye.config.settings import LedgerSettings, Settings
from wye.core.errors import LedgerError
from wye.ledger.database import describe, exists, locate
from wye.ledger.reader import Filter, Reader
from wye.ledger.spool import Lock
from wye.providers.embedded.weights import (
    INSTALL_HINT,
    EmbeddedUnavailableError,
    chat_weights,
    embedding_weights,
)

_ALL = Filter()
_CHAT_PACKAGES = ("xllamacpp",)
_EMBEDDING_PACKAGES = ("numpy", "onnxruntime", "tokenizers")


def configuration(path: Path | None) -> tuple[Settings, list[Finding]]:
    """Read wye.yaml; go on with the defaults when it cannot be used."""
    try:
        file = find(path)
        loaded = read(file)
    except ConfigError as error:
        found = [
            fail("config", str(problem), "`wye config check` shows all of it") for problem in error.problems
        ]
        return Settings(), found
    return loaded.settings, [_loaded(loaded), *(warn("config", str(one)) for one in loaded.warnings)]


def _loaded(loaded: Loaded) -> Finding:
    if loaded.path is None:
        return ok("config", "no wye.yaml: defaults throughout (`wye init` writes one)")
    return ok("config", f"{loaded.path} is in order")


def embedded(settings: Settings) -> Iterator[Finding]:
    """Look for the packages of the models that come with wye."""
    if not settings.embedded.enabled:
        yield ok("embedded models", "switched off in wye.yaml")
        return
    yield _packages("embedded chat", "smollm2-135m", _CHAT_PACKAGES, chat_weights)
    if settings.embedded.embeddings:
        yield _packages("embedded embeddings", "minilm-l6", _EMBEDDING_PACKAGES, embedding_weights)


def _packages(check: str, model: str, packages: tuple[str, ...], weights: Callable[[], Path]) -> Finding:
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        return warn(check, f"not installed: {', '.join(missing)}", INSTALL_HINT)
    try:
        size = weights().stat().st_size
    except EmbeddedUnavailableError as error:
        return warn(check, str(error))
    return ok(check, f"{model}, {size / 1e6:.0f} MB")


def ledger(settings: LedgerSettings, state_dir: Path) -> Iterator[Finding]:
    """Open the ledger for reading, and look for records that are not in it."""
    try:
        url = locate(settings, state_dir)
        if exists(url):
            with closing(Reader(settings, state_dir)) as reader:
                latest = next(reader.requests(_ALL, 1), None)
            shown = "empty" if latest is None else f"latest request {latest.id}"
            yield ok("ledger", f"{describe(url)}: {shown}")
        else:
            yield ok("ledger", f"{describe(url)} will be made at the first start")
    except LedgerError as error:
        yield fail("ledger", error.message)
    yield from _spool(state_dir)


def _spool(state_dir: Path) -> Iterator[Finding]:
    """Tell what killed gateways left behind. A spool whose lock is held belongs to one that runs."""
    root = state_dir / "spool"
    try:
        waiting = _left_behind(root) if root.is_dir() else 0
        quarantined = sum(1 for _ in (state_dir / "quarantine").glob("*"))
    except OSError as error:
        yield warn("spool", f"{error.filename} cannot be read: {error.strerror}", "run as the gateway's user")
        return
    if waiting:
        todo = "the next `wye serve` takes it into the ledger"
        yield warn("spool", f"{waiting:,} bytes of records were left by a gateway that was killed", todo)
    else:
        yield ok("spool", "nothing is left over")
    if quarantined:
        place = state_dir / "quarantine"
        yield warn("spool", f"{quarantined} files of damaged records in {place}", "look at them, then delete")


def _left_behind(root: Path) -> int:
    with Lock(root / "lock", wait=True):  # so that no gateway finds a spool locked by us and passes it over
        return sum(_orphaned(directory) for directory in root.iterdir() if directory.is_dir())


def _orphaned(directory: Path) -> int:
    try:
        with Lock(directory / "lock", wait=False):
            return sum(segment.stat().st_size for segment in directory.glob("*.jsonl"))
    except BlockingIOError:
        return 0
