"""The gateway's log: lines for people or JSON, and tracebacks that hold nothing of a request."""

import logging
import sys
import traceback
from types import TracebackType

import msgspec

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def without_words(error: BaseException | None) -> str:
    """Return the traceback of an error and of what led to it: where, and what kind, never what it says.

    An error that nobody foresaw may say anything, so a prompt too: `KeyError` names the key.
    """
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        lines = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"Traceback (most recent call last):\n{lines}{kind.__module__}.{kind.__qualname__}")
        if isinstance(error, BaseExceptionGroup):
            told += map(without_words, reversed(error.exceptions))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nwhich led to\n\n".join(reversed(told))


class Formatter(logging.Formatter):
    """Lines for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  # logging's name
        """logging: a traceback without words."""
        return without_words(ei[1])


class JsonFormatter(Formatter):
    """Lines for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """logging: one JSON object."""
        line = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def set_up(*, human: bool) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter() if human else JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
