"""A request's body with tokens in place of what was found in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from wye.config.masking import ALL
from wye.policy.detectors import Finding
from wye.policy.detectors.finding import resolve
from wye.policy.leaves import Leaf, Path, Step, replace
from wye.policy.masking.literals import decoded
from wye.policy.masking.tokens import Mint

SHORTEST_AGAIN = 4
"""Characters of a value that is masked wherever it stands, once it was found somewhere."""
_SAID = frozenset({"input", "prompt", "system", "instructions", "user"})
"""Members of a body that may be a number of content; others are settings, and no string will do for them."""
_SETTINGS = frozenset({"options", "generationConfig", "generation_config", "thinking"})
"""Members of a body that hold settings. Anywhere else a number is content, also in metadata and in tools."""


class Masked(NamedTuple):
    """A body that may leave."""

    body: bytes
    counts: dict[str, int]
    """How many values of each kind are masked in it."""


def mask(
    body: bytes,
    leaves: Sequence[Leaf],
    found: Sequence[Iterable[Finding]],
    kinds: frozenset[str],
    mint: Mint,
) -> Masked:
    """Return `body` with tokens for all of `kinds` that were `found` in its `leaves`, in their order.

    A value that was found in one place is masked in every other where it stands as words of its own. The same
    value gets the same token. Overlapping findings become one. Raises as `leaves.replace` does.
    """
    spans = [resolve(one for one in some if wanted(one, kinds)) for some in found]
    values: dict[str, str] = {}
    for leaf, some in zip(leaves, spans, strict=True):
        for one in some:
            values.setdefault(leaf.text[one.start : one.end], one.kind)
    if not values:
        return Masked(body, {})
    again = {value: kind for value, kind in values.items() if len(value) >= SHORTEST_AGAIN}
    texts: dict[Path, str] = {}
    used: set[str] = set()
    for leaf, some in zip(leaves, spans, strict=True):
        every = resolve([*some, *_repeated(leaf.text, again)])
        if every and not _is_setting(body, leaf):
            texts[leaf.path] = _masked(leaf.text, every, mint, used)
    return Masked(replace(body, texts), mint.count(used))


def wanted(found: Finding, kinds: frozenset[str]) -> bool:
    """Whether a finding is of one of `kinds`."""
    return found.kind in kinds or (ALL in kinds and found.direct)


def _masked(text: str, found: Iterable[Finding], mint: Mint, used: set[str]) -> str:
    pieces: list[str] = []
    at = 0
    for one in found:
        token = mint.token(one.kind, text[one.start : one.end])
        used.add(token)
        pieces += text[at : one.start], token
        at = one.end
    return "".join((*pieces, text[at:]))


def _repeated(text: str, values: Mapping[str, str]) -> list[Finding]:
    """Find known values, as words of their own."""
    found: list[Finding] = []
    for value, kind in values.items():
        start = text.find(value)
        while start >= 0:
            end = start + len(value)
            if not (_goes_on(text, start - 1, value[0]) or _goes_on(text, end, value[-1])):
                found.append(Finding(start, end, kind, 1.0))
            start = text.find(value, end)
    return found


def _goes_on(text: str, at: int, edge: str) -> bool:
    """Whether a word goes on across a value's edge."""
    return 0 <= at < len(text) and text[at].isalnum() and edge.isalnum()


def _is_setting(body: bytes, leaf: Leaf) -> bool:
    """Whether a number stands there that is no content."""
    top, *below = leaf.path
    if not leaf.text[-1:].isdigit() or Step.NAME in below:
        return False
    if top not in _SETTINGS if below else top in _SAID:
        return False
    value = decoded(body)
    for step in leaf.path:
        if isinstance(value, dict | list):
            value = value[step]  # type: ignore[index]  # as the path was made
    return isinstance(value, int | float)
