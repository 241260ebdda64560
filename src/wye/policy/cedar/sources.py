"""Where statements come from: labels, sets that come with wye, files of the operator's own."""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from wye.config.governance import PolicySettings
from wye.config.labels import DEFAULT_LABELS
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.core.label import Labels
from wye.policy.cedar.compiled import compiled
from wye.policy.cedar.spelling import labels_in, misspelt
from wye.policy.cedar.statements import PolicyTextError, Statement, problems, split

MAX_FILE_BYTES = 1 << 20
SUFFIX = ".cedar"
_HERE = resources.files("wye.policy.cedar")


@cache
def schema() -> str:
    """Return the schema that every statement must fit."""
    return (_HERE / "schema.cedarschema").read_text(encoding="utf-8")


def sets() -> tuple[str, ...]:
    """Return the names of the sets that come with wye."""
    return tuple(
        sorted(e.name.removesuffix(SUFFIX) for e in (_HERE / "sets").iterdir() if e.name.endswith(SUFFIX))
    )


def set_text(name: str) -> str:
    """Return a set as it is written. Raises `PolicyTextError` for one that there is not."""
    if name not in sets():
        message = f"there is no policy set '{name}'. {suggestion(name, sets())}"
        raise PolicyTextError(message)
    return (_HERE / "sets" / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def statements_of(settings: Settings) -> tuple[Statement, ...]:
    """Return all statements that `settings` lead to, those of labels first. Raises `PolicyTextError`."""
    return compiled(DEFAULT_LABELS | settings.labels) + added(settings.policy)


def spoken_of(settings: Settings) -> Labels:
    """Return the labels that are defined, or that a statement asks for. Raises `PolicyTextError`."""
    return frozenset(DEFAULT_LABELS | settings.labels).union(*map(labels_in, added(settings.policy)))


def unfit(statements: Iterable[Statement], settings: PolicySettings) -> list[str]:
    """Return what is wrong with statements, with file and line; empty = all is well."""
    checked = tuple(statements)
    names = [f"{one.place}: {wrong}" for one in checked for wrong in misspelt(one, settings.roles)]
    return problems(checked, schema()) + names


def added(settings: PolicySettings) -> tuple[Statement, ...]:
    """Return the statements beyond labels. Raises `PolicyTextError`."""
    found: list[Statement] = []
    for name in settings.sets:
        found += split(set_text(name), f"set {name}")
    for file in settings.files:
        found += split(_content(file), file)
    return tuple(found)


def _content(file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            message = f"{file}: longer than {MAX_FILE_BYTES >> 20} MiB"
            raise PolicyTextError(message)
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8"
        hint = "; it is a set that comes with wye: name it under `sets`" if file in sets() else ""
        message = f"{file}: cannot be read: {why}{hint}"
        raise PolicyTextError(message) from None


def set_cases(name: str) -> str:
    """Return the cases of a set, as YAML. Raises `PolicyTextError` for a set that there is not."""
    set_text(name)
    return (_HERE / "sets" / f"{name}.cases.yaml").read_text(encoding="utf-8")
