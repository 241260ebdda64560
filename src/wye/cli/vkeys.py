"""Verifier keys on the command line: of logs, and of witnesses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.note import VerifierKey

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Vkeys(click.ParamType[list[VerifierKey]]):
    """A verifier key, or a file that holds one a line."""

    name = "key"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[VerifierKey]:
        """Read them, or say how they are written."""
        text = str(value)
        try:
            lines = (text if "+" in text else Path(text).read_text(encoding="utf-8")).split()
            found = [VerifierKey.parse(line) for line in lines]
        except OSError as error:
            self.fail(f"'{text}' is no verifier key, nor a file of them: {error.strerror}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"'{text}' is no file of verifier keys: it is not text", param, ctx)
        except LogError as error:
            self.fail(str(error), param, ctx)
        if not found:  # or the key that lies in the log would be believed
            self.fail(f"there is no key in '{text}'", param, ctx)
        return found


def _flat(_: object, __: object, given: tuple[list[VerifierKey], ...]) -> tuple[VerifierKey, ...]:
    return tuple(key for keys in given for key in keys)


def _option(name: str, parameter: str, help_: str) -> Callable[[_Command], _Command]:
    return click.option(name, parameter, type=Vkeys(), multiple=True, callback=_flat, help=help_)


keys_option = _option(
    "--key",
    "keys",
    "The verifier key as it was given to you, or a file with one a line, of each log. "
    "Default: what lies in the log.",
)
witness_option = _option(
    "--witness", "witnesses", "A witness's verifier key, or a file with one a line. May be repeated."
)
