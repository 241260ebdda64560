"""Labels: data classes on a request. They decide where it may go."""

import re

from wye.core.errors import BadRequestError

LABEL_RULE = "A label is 1 to 64 characters of a-z, 0-9, `-`, `_`, `.`; case is folded."
MAX_LABELS = 16
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")

Labels = frozenset[str]


def parse_labels(text: str) -> Labels:
    """Parse a comma-separated `x-wye-label` header.

    An unknown label is legal: it permits the `own` lane only. Raises `BadRequestError` for one
    that is not well formed, since ignoring it would drop a restriction in silence.
    """
    names = [part.strip().lower() for part in text.split(",")]
    if len(names) > MAX_LABELS:
        message = f"more than {MAX_LABELS} labels"
        raise BadRequestError(message, param="x-wye-label")
    for name in names:
        if not _LABEL.match(name):
            message = f"'{name[:64]}' is not a label. {LABEL_RULE}"
            raise BadRequestError(message, param="x-wye-label")
    return frozenset(names)
