import math

import pytest

from economics.studied import UNPRICED, studied
from wye.core.lane import Lane
from wye.economics.breakeven import Api


def test_every_baseline_meets_every_setting() -> None:
    found = studied()
    titles = [choice.title for choice in found.question.choices]
    assert [one.baseline.name for one in found.closed] == ["gpt-5.5", "gemini-3.5-flash"]
    assert all([pair.title for pair in one.pairs] == titles for one in (*found.closed, *found.hosted))
    assert found.first == "H100 owned, N+1"  # runs what is hosted, and pays before the rented one
    assert found.tornado is not None


def test_the_middle_of_a_range_that_was_given_counts_today() -> None:
    plain, told = studied(), studied(given={"displaced": (0.2, 0.3, 0.4), "discount": (0.5,)})
    assert told.assumed.share.moved == 0.3
    dearer = [pair.volumes.stays for pair in told.closed[0].pairs if pair.volumes is not None]
    before = [pair.volumes.stays for pair in plain.closed[0].pairs if pair.volumes is not None]
    assert all(later > earlier for later, earlier in zip(dearer, before, strict=True))
    cut, whole = told.closed[0].stay, plain.closed[0].stay
    assert cut is not None
    assert whole is not None
    assert cut.total == pytest.approx((whole.total or 0) / 2)


def test_machines_and_people_may_be_given_too() -> None:
    cheap = studied(given={"on_call": (0.0,), "machine_price": (0.1,), "throughput": (2.0,)})
    plain = studied()
    for mine, theirs in zip(cheap.closed[0].pairs, plain.closed[0].pairs, strict=True):
        assert mine.volumes is not None
        assert theirs.volumes is not None
        assert mine.volumes.stays < theirs.volumes.stays


def test_paid_machines_cost_what_they_draw_and_who_minds_them() -> None:
    small, rented, owned = studied().closed[0].pairs
    assert rented.paid is None
    for pair in (small, owned):
        assert pair.paid is not None
        assert pair.volumes is not None
        assert pair.paid.stays < pair.volumes.stays


def test_a_price_nobody_knows_leaves_the_rest_standing() -> None:
    found = studied(baselines=(UNPRICED,), hosted=(Api("dark", Lane.HOSTED, None),))
    (one,) = found.closed
    assert one.stay is not None
    assert one.stay.total is None
    assert {pair.volumes for pair in one.pairs} == {None}
    assert {pair.result for pair in one.pairs} == {None}
    assert found.tornado is None
    assert found.hosted[0].pairs[0].result is None


def test_a_hosted_model_is_no_alternative_for_everything() -> None:
    (one,) = studied().hosted
    assert one.stay is None
    assert {pair.sum for pair in one.pairs} == {None}
    assert all(pair.volumes is not None and math.isinf(pair.volumes.stays) for pair in one.pairs[1:])
