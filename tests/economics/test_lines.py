import pytest

from economics.studied import UNPRICED, studied
from wye.economics.lines import lines


def test_the_lines_cross_where_the_study_says() -> None:
    study = studied()
    found = lines(study, 400)
    pair = next(pair for pair in study.closed[0].pairs if pair.title == study.first)
    assert pair.volumes is not None
    crossed = next(
        volume
        for volume, closed, own in zip(found.volumes, found.closed, found.own, strict=True)
        if closed is not None and own is not None and own < closed
    )
    assert crossed == pytest.approx(pair.volumes.first, rel=0.05)
    assert found.names == {"closed": "gpt-5.5", "hosted": study.question.hosted[0].name, "own": study.first}


def test_a_lane_that_nothing_is_known_of_is_missing() -> None:
    found = lines(studied(baselines=(UNPRICED,), hosted=()), 10)
    assert found.names == {}  # the rest of it stays with what has no price
