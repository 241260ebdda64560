"""Detection on the request path: what found where raises which label, and what bounds the search."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from wye.config.masking import Mask
from wye.config.section import Count, Positive, Section

MAX_TERMS = 100_000
MAX_TERMS_BYTES = 8_388_608


class DetectionSettings(Section, frozen=True):
    """Look for what identifies people or opens things; a label is raised by it, and never taken away.

    What cannot be looked at in time raises every label named here.
    """

    raises: dict[str, Mask] = {}
    """Label → kinds that raise it, in the words of `mask`, or `all`. Empty: nothing is looked for."""
    dictionary: str | None = None
    """A file of your own words, one term a line: the kind `dictionary`. `#` begins a comment."""
    cascade: Literal["rules", "full"] = "rules"
    """`full`: beside the rules a small model finds names, places and streets; needs the extra `entities`."""
    media: Literal["raise", "pass"] = "raise"
    """Pictures, sound and files, which nobody here can read: `raise` every label, or let them `pass`."""
    answers: bool = True
    """Look at answers as well: what stands there labels the rest of the conversation."""
    timeout_ms: Positive = 1000.0
    """For one request; what takes longer raises every label."""
    max_kb: Count = 256
    """Of a request's body; a larger one raises every label unread."""
    queue: Count = 64
    """Requests that may wait to be looked at; more raise every label."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Processes that look."""


def dictionary(settings: DetectionSettings) -> tuple[str, ...]:
    """Return your own words. Raises `ValueError` that names their file."""
    if settings.dictionary is None:
        return ()
    try:
        return terms(settings.dictionary)
    except ValueError as error:
        message = f"detection.dictionary: {settings.dictionary} {error}"
        raise ValueError(message) from None


def terms(path: str) -> tuple[str, ...]:
    """Return the terms in the file at `path`. Raises `ValueError` that says what is wrong with it."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_TERMS_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ValueError(message) from None
    except UnicodeDecodeError:
        message = "is not UTF-8"
        raise ValueError(message) from None
    found = tuple(line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#"))
    if len(found) > MAX_TERMS or len(content) > MAX_TERMS_BYTES:
        message = f"holds more than {MAX_TERMS:,} terms or {MAX_TERMS_BYTES:,} bytes"
        raise ValueError(message)
    return found
