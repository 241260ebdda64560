"""A Python hook that the configuration names: `module:function`, imported when the settings are read."""

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

_SPELLED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")
_WHERE = "install it where wye runs, or put its directory on PYTHONPATH"


def imported(hook: str) -> Callable[..., Any]:
    """Return the function that `hook` names. Raises `ValueError` that says why it cannot be had.

    Runs the module's top level. A module that was imported before is not read again.
    """
    if not _SPELLED.match(hook):
        message = "a hook is written `module:function`"
        raise ValueError(message)
    module, _, name = hook.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        missing = error.name or module
        message = f"there is no module '{missing}': {_WHERE}"
        raise ValueError(message) from None
    except (Exception, SystemExit) as error:  # somebody else's code: whatever it raises is told
        message = f"importing '{module}' failed: {type(error).__name__}: {str(error)[:200]}"
        raise ValueError(message) from error
    if not callable(found):
        message = f"'{module}' has no function '{name}'"
        raise ValueError(message)  # noqa: TRY004  # of a configuration
    if inspect.iscoroutinefunction(found):
        message = f"'{hook}' is an async function: a decision does not wait, write a plain one"
        raise ValueError(message)
    try:
        inspect.signature(found).bind(None, None)
    except TypeError:
        message = f"'{hook}' must take two arguments: the request and its candidates"
        raise ValueError(message) from None
    function: Callable[..., Any] = found
    return function
