"""How well the detectors find what identifies people, on labelled texts, and what that costs.

A file holds one text a line, `{id, text, spans: [{label, value, start, end}]}`; no spans = a hard negative.

- Recall, any overlap: the share of spans of which at least one character is found; full span: all are.
  Findings with only punctuation or blanks between them count as one, as masking hides them.
- Precision: the share of findings that touch a labelled span; `direct`, of those that raise a label alone.
- Negatives touched: the share of texts without spans that the findings make personal. Ages to 89, bare
  years, nationalities, countries and the like are found and never raise a label alone: they do not touch.
- Raised: the share of texts with spans that the findings make personal.
"""

import gc
import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from wye.core.errors import WyeError
from wye.policy.detectors import Detector, Finding, covered, raises

KILOBYTE = 1024
MAX_LINE = 4 << 20
_SHAPE = 'A line is {"text": "...", "spans": [{"label": "NAME", "start": 0, "end": 3}]}'


class PrivacyDataError(WyeError):
    """A file of labelled texts cannot be read."""

    kind = "privacy_data"


class Span(msgspec.Struct, frozen=True):
    """`text[start:end]` should be found. Offsets are in characters."""

    label: str
    start: int
    end: int


class Row(msgspec.Struct, frozen=True):
    """A labelled text."""

    text: str
    spans: tuple[Span, ...] = ()


class Label(msgspec.Struct):
    """What was found of one label."""

    spans: int = 0
    any_overlap: int = 0
    full_span: int = 0


class Report(msgspec.Struct, frozen=True):
    """The figures; shares in [0, 1], None where there was nothing to count. Times are of CPU."""

    cascade: str
    entities: str | None
    """The model of the second stage; None = there was none, so only rules ran."""
    rows: int
    spans: int
    negatives: int
    recall_any: float | None
    recall_full: float | None
    precision: float | None
    precision_direct: float | None
    negatives_touched: float | None
    positives_raised: float | None
    labels: dict[str, Label]
    ms_per_kb_p50: float | None
    ms_per_kb_p99: float | None


def read(path: Path) -> list[Row]:
    """Read a file of labelled texts, gzipped or not. Raises PrivacyDataError."""
    opened = gzip.open if path.suffix == ".gz" else open
    rows: list[Row] = []
    decoder = msgspec.json.Decoder(Row)
    number = 0
    try:
        with opened(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if len(line) > MAX_LINE:
                    message = f"{path}, line {number}: longer than {MAX_LINE >> 20} MiB"
                    raise PrivacyDataError(message)
                if line.strip():
                    rows.append(_checked(decoder.decode(line), path, number))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{path}, line {number}: {error}. {_SHAPE}"
        raise PrivacyDataError(message) from error
    except (OSError, EOFError) as error:
        message = f"{path}, after {number} lines: {error}"
        raise PrivacyDataError(message) from error
    if not rows:
        message = f"{path} holds no rows. {_SHAPE}"
        raise PrivacyDataError(message)
    return rows


def _checked(row: Row, path: Path, number: int) -> Row:
    if any(not 0 <= span.start < span.end <= len(row.text) for span in row.spans):
        message = f"{path}, line {number}: a span is not inside its text"
        raise PrivacyDataError(message)
    return row


def measure(
    rows: list[Row], detector: Detector, *, cascade: str = "rules", entities: str | None = None
) -> Report:
    """Run `detector` over `rows`."""
    labels: dict[str, Label] = {}
    counts = {
        "found": 0,
        "right": 0,
        "direct": 0,
        "right_direct": 0,
        "negatives": 0,
        "touched": 0,
        "raised": 0,
    }
    for row in rows:
        found = detector.find(row.text)
        if not row.spans:
            counts["negatives"] += 1
            counts["touched"] += raises(found)
        else:
            counts["raised"] += raises(found)
        _spans(row, covered(row.text, found), labels)
        for one in found:
            right = _overlaps(one, row)
            counts["found"] += 1
            counts["right"] += right
            counts["direct"] += one.direct
            counts["right_direct"] += one.direct and right
    paces = sorted(_paces(rows, detector))
    spans = sum(label.spans for label in labels.values())
    return Report(
        cascade=cascade,
        entities=entities,
        rows=len(rows),
        spans=spans,
        negatives=counts["negatives"],
        recall_any=_share(sum(label.any_overlap for label in labels.values()), spans),
        recall_full=_share(sum(label.full_span for label in labels.values()), spans),
        precision=_share(counts["right"], counts["found"]),
        precision_direct=_share(counts["right_direct"], counts["direct"]),
        negatives_touched=_share(counts["touched"], counts["negatives"]),
        positives_raised=_share(counts["raised"], len(rows) - counts["negatives"]),
        labels=dict(sorted(labels.items())),
        ms_per_kb_p50=paces[len(paces) // 2] if paces else None,
        ms_per_kb_p99=paces[min(len(paces) - 1, len(paces) * 99 // 100)] if paces else None,
    )


def _spans(row: Row, hidden: list[tuple[int, int]], labels: dict[str, Label]) -> None:
    for span in row.spans:
        label = labels.setdefault(span.label, Label())
        label.spans += 1
        label.any_overlap += any(start < span.end and end > span.start for start, end in hidden)
        label.full_span += any(start <= span.start and end >= span.end for start, end in hidden)


def _overlaps(one: Finding, row: Row) -> bool:
    return any(one.start < span.end and one.end > span.start for span in row.spans)


def _paces(rows: list[Row], detector: Detector) -> Iterator[float]:
    """Yield milliseconds of CPU a KB, for texts of a KB each: the file's own, one behind the other."""
    together = "\n".join(row.text for row in rows)
    detector.find(together[:KILOBYTE])
    gc.freeze()  # as the process that looks into requests does: a collection would walk every row
    for start in range(0, max(1, len(together) - KILOBYTE + 1), KILOBYTE):
        text = together[start : start + KILOBYTE]
        began = time.thread_time()
        detector.find(text)
        yield (time.thread_time() - began) * 1e3 * KILOBYTE / len(text)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
