import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


@pytest.mark.parametrize(
    "text", ["the statement for last month", "this year’s award", "the bill for last year, please"]
)
def test_a_period_is_no_date_of_an_event(text: str) -> None:
    assert not DETECTOR.find(text)


@pytest.mark.parametrize(
    "text", ["seen last month", "moved for next month", "operated this year", "ill since last year"]
)
def test_an_event_has_a_date(text: str) -> None:
    assert [one.kind for one in DETECTOR.find(text)] == ["when"]
