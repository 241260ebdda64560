"""Packages that only reports need: imported when one is asked for, and named when they are missing."""

import importlib
import importlib.util
from types import ModuleType

from wye.core.errors import WyeError


class MissingPackageError(WyeError):
    """A package that this needs is not installed."""


def installed(package: str) -> bool:
    """Tell whether `package` is there."""
    return importlib.util.find_spec(package) is not None


def needed(package: str, what: str) -> ModuleType:
    """Import `package` for `what`, a noun in the plural. Raises `MissingPackageError`."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        message = f"{what} need the package {package.partition('.')[0]}: pip install 'wye[economics]'"
        raise MissingPackageError(message) from error
