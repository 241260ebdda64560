"""What a streamed answer says, put together again from its events, in any protocol.

A delta stands at the same place of each event that carries it: texts at the same place, of the same item, are
one text. So nothing here knows any one protocol.
"""

import re
from collections.abc import Iterator

from wye.policy.leaves import Leaf, Path, Step, leaves

OVERLAP = 256
"""Characters of what was looked at that are looked at again with what follows."""
ENOUGH = 1_024
"""New characters that are worth a look; fewer wait for more, or for the end."""
MOST_PLACES = 256
MOST_HELD = 1_048_576
"""Bytes of a line that has no end yet."""
_ENVELOPE = frozenset(
    {
        "created", "created_at", "completed_at", "system_fingerprint", "obfuscation", "usage",
        "usageMetadata", "modelVersion", "responseId", "logprobs", "provider", "timings", "total_duration",
        "load_duration", "prompt_eval_duration", "eval_duration", "prompt_eval_count", "eval_count",
    }
)  # fmt: skip
"""Members of an answer that say nothing of what was asked: figures, and noise made up by its server."""
_ITEM = re.compile(rb'"(?:index|output_index|content_index)"\s*:\s*(\d+)')
_LINE = re.compile(rb"[^\r\n]+")


def said(answer: bytes) -> Iterator[Leaf]:
    """Yield the content of an answer, or of one event of it. Raises `ValueError`."""
    return (leaf for leaf in leaves(answer) if _ENVELOPE.isdisjoint(leaf.path))


class _Text:
    __slots__ = ("fresh", "text")

    def __init__(self) -> None:
        self.text = ""
        self.fresh = 0


class Spoken:
    """One answer's."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.trouble = ""
        """Why not all of it was looked at."""
        self._held = b""
        self._texts: dict[tuple[Path, tuple[bytes, ...]], _Text] = {}

    def feed(self, content: bytes, *, last: bool) -> Iterator[str]:
        """Take more of it; yield what is worth a look now. Raises `ValueError` for what nobody could read."""
        content = self._held + content
        end = len(content) if last else max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
        self._held = content[end:]
        if len(self._held) > MOST_HELD:
            self._held = b""
            message = "an event has no end"
            raise ValueError(message)
        for line in _LINE.findall(content[:end]):
            yield from self._event(line.removeprefix(b"data:").strip())
        if last:
            for one in self._texts.values():
                if one.fresh:
                    yield one.text

    def _event(self, data: bytes) -> Iterator[str]:
        if data[:1] not in {b"{", b"["}:
            return
        item = tuple(_ITEM.findall(data))
        for path, text, *_ in said(data):
            if Step.JSON in path or Step.NAME in path:
                yield text
                continue
            one = self._texts.get((path, item))
            if one is None:
                if len(self._texts) >= MOST_PLACES:
                    yield text
                    continue
                one = self._texts[path, item] = _Text()
            one.text += text
            one.fresh += len(text)
            if one.fresh >= ENOUGH:
                yield one.text
                one.text, one.fresh = one.text[-OVERLAP:], 0
