"""A whole answer, or one event of a stream, with the values in place of the tokens.

An upstream chooses where its tokens stand. Where a request is not looked into, its answer is not restored: a
value that came back there would leave with the client's next turn, in the clear.
"""

import re
from collections.abc import Iterator
from typing import Any

from wye.policy.leaves import UNREAD
from wye.policy.masking.literals import decoded, encoded, spans, spliced, string
from wye.policy.masking.restore import Restoration
from wye.policy.masking.tokens import CODE

_CODE = re.compile(CODE.pattern.encode() + rb"|\\u005[fF]")
"""A token's end may stand there, or a `_` that a server escapes without need."""
_STAYS = UNREAD - {"detail"} | {"data"}
"""Members whose strings are a protocol's words, ids among them, or sealed. An error's `detail` is a text."""
_OWN = frozenset(
    {"args", "arguments", "input", "input_schema", "metadata", "parameters", "schema", "variables"}
)
"""Members beneath which names are the client's own, as in the arguments of its tools."""


def restored(body: bytes, restoration: Restoration) -> bytes:
    """Return a JSON text with the values in its strings, but not in ids and the like.

    What is no JSON stays as it is.
    """
    if not _CODE.search(body):
        return body
    try:
        value = decoded(body)
        says = list(_says(value))
    except (ValueError, RecursionError):
        return body
    found = spans(body)
    if len(found) != len(says):  # some member stands there twice: the last one counts, as for any decoder
        body = encoded(value)
        found = spans(body)
    new: dict[tuple[int, int], str] = {}
    for (start, end), content in zip(found, says, strict=True):
        literal = body[start:end]
        if content and _CODE.search(literal):
            before = string(literal)
            after = restoration.text(before)
            if after != before:
                new[start, end] = after
    return spliced(body, new) if new else body


def _says(value: Any, name: str = "", *, own: bool = False) -> Iterator[bool]:  # noqa: ANN401  # any JSON
    """Yield for each string, members' names among them, whether it is content.

    `name`: what it is a member of; `own`: the names there are the client's.
    """
    if isinstance(value, str):
        yield own or name not in _STAYS
    elif isinstance(value, list):
        for one in value:
            yield from _says(one, name, own=own)
    elif isinstance(value, dict):
        for below, one in value.items():
            yield own
            yield from _says(one, below, own=own or (below in _OWN and not isinstance(one, str)))
