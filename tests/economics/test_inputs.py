import pytest

from wye.economics.inputs import Range


def test_a_range_says_what_is_possible() -> None:
    share = Range(0.1, 0.2, 0.3, "x")
    assert share.at(0.0, 0.5, 1.0).source == "given"
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        share.at(0.0, 0.5, 1.1)
    with pytest.raises(ValueError, match="must ascend"):
        share.at(0.5, 0.4, 0.6)
