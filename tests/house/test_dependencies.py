"""What the package needs is what it declares, and no more."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from house import tree

PROJECT: dict[str, Any] = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: Iterable[str]) -> set[str]:
    """The names of requirements, normalised (PEP 503)."""
    found = (re.match(r"[\w.-]+", requirement) for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", name[0]).lower() for name in found if name}


def modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def imported() -> set[str]:
    """The distributions whose modules the package imports."""
    found = {module for path in (tree.ROOT / "src").rglob("*.py") for module in modules(path)}
    others = found - sys.stdlib_module_names - {"wye"}
    owners = packages_distributions()
    return names(owners.get(module, [module])[0] for module in others)


def test_what_is_imported_is_declared() -> None:
    extras = PROJECT["optional-dependencies"].values()
    assert imported() <= names([*PROJECT["dependencies"], *(name for extra in extras for name in extra)])


def test_what_is_declared_is_imported() -> None:
    assert names(PROJECT["dependencies"]) <= imported()
