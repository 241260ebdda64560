"""A whole answer with the values in place of the tokens."""

import re
from typing import Any

from wye.policy.masking.literals import decoded, spans, spliced, string
from wye.policy.masking.restore import Restoration
from wye.policy.masking.tokens import CODE

_CODE = re.compile(CODE.pattern.encode() + rb"|\\u005[fF]")
"""A token's end may stand there, or a `_` that a server escapes without need."""


def is_error(event: Any) -> bool:  # noqa: ANN401  # any JSON
    """Whether an upstream says that it failed: words that go into records, so nothing is put back in them."""
    if isinstance(event, list):
        return any(map(is_error, event))
    if not isinstance(event, dict):
        return True
    response = event.get("response")
    return bool(
        event.get("error")
        or event.get("type") == "error"
        or (isinstance(response, dict) and response.get("error"))
    )


def restored(body: bytes, restoration: Restoration) -> bytes:
    """Return an answer's body with the values in all of its strings; what is no answer stays as it is."""
    if not _CODE.search(body):
        return body
    try:
        if is_error(decoded(body)):
            return body
    except ValueError:
        return body
    return whole(body, restoration)


def whole(text: bytes, restoration: Restoration) -> bytes:
    """Return a JSON text with the values in all of its strings, members' names among them."""
    if not _CODE.search(text):
        return text
    new: dict[tuple[int, int], str] = {}
    for start, end in spans(text):
        literal = text[start:end]
        if not _CODE.search(literal):
            continue
        before = string(literal)
        after = restoration.text(before)
        if after != before:
            new[start, end] = after
    return spliced(text, new) if new else text
