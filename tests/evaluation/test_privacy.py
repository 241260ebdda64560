import gzip
from pathlib import Path

import pytest

from wye.evaluation.privacy import PrivacyDataError, Row, Span, measure, read
from wye.policy.detectors import Detector

LINES = (
    b'{"id": "1", "text": "mail ana@hospital.example now", '
    b'"spans": [{"label": "EMAIL", "value": "x", "start": 5, "end": 25}]}\n'
    b'{"id": "2", "text": "Is a 60-year-old at risk?", "spans": []}\n'
)


def test_a_file_is_read_and_measured(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl.gz"
    path.write_bytes(gzip.compress(LINES))
    report = measure(read(path), Detector())
    assert (report.rows, report.spans, report.negatives) == (2, 1, 1)
    assert (report.recall_any, report.recall_full, report.precision_direct) == (1, 1, 1)
    assert (report.negatives_touched, report.positives_raised) == (0, 1)
    assert report.precision == 0.5  # the age is found, and labelled nowhere


def test_a_part_of_a_span_is_overlap_and_not_the_full_span() -> None:
    row = Row("mail ana@hospital.example now", (Span("EMAIL", 0, 25),))
    report = measure([row], Detector())
    assert (report.recall_any, report.recall_full) == (1, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no rows"),
        (b"\n{}", 'line 2: .*`text`. A line is {"text": '),
        (b"# Title", "line 1: JSON is malformed"),
        (b'{"text": "\xff"}', "line 1: "),
        (b'{"text": "a", "spans": [{"label": "X", "start": 0, "end": 2}]}', "line 1"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(content)
    with pytest.raises(PrivacyDataError, match=told):
        read(path)
