import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def phones(text: str) -> list[str]:
    return [text[one.start : one.end] for one in DETECTOR.find(text) if one.kind == "phone"]


@pytest.mark.parametrize("number", ["001-555-461-6630x49402", "(06)98/259-7919", "+1-555-461-6630 ext. 12"])
def test_a_number_is_found_with_its_extension(number: str) -> None:
    assert phones(f"write to {number}, please") == [number]


@pytest.mark.parametrize("text", ["pressure 98/259-7919", "1234-5678-9012-3456-7 is long", "from 12/05/2020"])
def test_other_figures_are_none(text: str) -> None:
    assert not phones(text)
