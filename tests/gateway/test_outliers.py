from wye.gateway.outliers import odd_ones
from wye.gateway.vital import Vital


def vital(ttft: float | None = None, good: int = 0, bad: int = 0) -> Vital:
    made = Vital()
    made.ttft = ttft
    made.answers.extend([-0.1] * good)
    for _ in range(bad):
        made.failed(0.0, None)
        made.breaker.answered(0.0)
    return made


def test_one_that_is_much_slower_than_its_equals() -> None:
    found = odd_ones({"a": vital(0.2), "b": vital(0.25), "c": vital(2.0), "d": vital()})
    assert found == {"c": "its first tokens take 2.0 s, its equals' 0.2 s"}


def test_one_whose_attempts_fail_more_often() -> None:
    found = odd_ones({"a": vital(good=50), "b": vital(good=49, bad=1), "c": vital(good=35, bad=15)})
    assert found == {"c": "30% of its attempts fail, of its equals' 1%"}


def test_nobody_is_odd_among_two_or_where_all_are_alike_or_little_is_known() -> None:
    assert not odd_ones({"a": vital(0.1), "b": vital(9.0)})
    assert not odd_ones({"a": vital(1.0), "b": vital(1.2), "c": vital(1.1)})
    assert not odd_ones({"a": vital(0.01), "b": vital(0.02), "c": vital(0.2)})
    assert not odd_ones({"a": vital(good=5), "b": vital(good=5), "c": vital(bad=5)})
