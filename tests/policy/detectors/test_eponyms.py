import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


@pytest.mark.parametrize(
    "text",
    [
        "a high Rankin score today",
        "with Lewy body dementia",
        "with Beau's lines on the nails",
        "síndrome de Sjögren leve",
    ],
)
def test_what_a_disease_or_a_score_is_called_after_is_nobody(text: str) -> None:
    assert not DETECTOR.find(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("we saw Rankin today", "name"),
        ("shipped by Rankin Van Lines", "organisation"),
        ("Rankin and his score", "name"),
    ],
)
def test_without_it_somebody_is_meant(text: str, kind: str) -> None:
    assert [one.kind for one in DETECTOR.find(text)] == [kind]


def test_who_stands_behind_a_comma_is_somebody() -> None:
    text = "a woman with Lynch syndrome, Robert Johnson, was seen"
    assert [text[one.start : one.end] for one in DETECTOR.find(text)] == ["Robert Johnson"]
