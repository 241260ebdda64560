"""Draws: sticky, unbiased, and moved by nothing but their own shares."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import GROQ, LLAMA, SMALL, STRONG
from wye.catalog.deployments import Deployment
from wye.routing.canary import Lot, Part, draw, in_front

KEPT = [SMALL, GROQ, LLAMA, STRONG]
CONVERSATIONS = [b"conversation %d" % number for number in range(20_000)]
CHI_SQUARE_9 = 27.88
"""What chi-square with 9 degrees of freedom stays below in 999 of 1,000."""
CHI_SQUARE_2 = 13.82


def part(deployment: Deployment, share: float) -> Part:
    return Part(deployment.id, (deployment.id,), share)


def first(lot: Lot, conversation: bytes, kept: list[Deployment] = KEPT) -> str:
    return lot.spread(kept, conversation)[0][0].id


class TestDraw:
    def test_is_uniform(self) -> None:
        tenths = Counter(math.ceil(10 * draw(b"salt", one)) for one in CONVERSATIONS)
        expected = len(CONVERSATIONS) / 10
        assert sum((tenths[n] - expected) ** 2 / expected for n in range(1, 11)) < CHI_SQUARE_9

    def test_of_two_salts_does_not_depend_on_each_other(self) -> None:
        pairs = Counter((draw(b"a", one) > 0.5, draw(b"b", one) > 0.5) for one in CONVERSATIONS)
        expected = len(CONVERSATIONS) / 4
        assert len(pairs) == 4
        assert sum((n - expected) ** 2 / expected for n in pairs.values()) < CHI_SQUARE_2 + 3

    @given(st.binary(max_size=64), st.binary(max_size=200))
    def test_is_sticky_and_never_zero(self, salt: bytes, conversation: bytes) -> None:
        drawn = draw(salt, conversation)
        assert 0 < drawn <= 1
        assert drawn == draw(salt, conversation)


class TestWeights:
    LOT = Lot("auto\0rule 1", [part(SMALL, 1), part(GROQ, 3), part(LLAMA, 6)])

    def test_each_is_first_for_its_share(self) -> None:
        firsts = Counter(first(self.LOT, one) for one in CONVERSATIONS)
        wanted = {SMALL.id: 0.1, GROQ.id: 0.3, LLAMA.id: 0.6}
        assert firsts.keys() == wanted.keys()
        total = len(CONVERSATIONS)
        chi = sum((firsts[i] - total * share) ** 2 / (total * share) for i, share in wanted.items())
        assert chi < CHI_SQUARE_2

    def test_what_is_taken_away_moves_only_what_it_had(self) -> None:
        left = [SMALL, LLAMA, STRONG]
        for one in CONVERSATIONS[:500]:
            before, after = first(self.LOT, one), first(self.LOT, one, left)
            assert before in (after, GROQ.id)

    def test_the_order_of_fallbacks_is_drawn_too_and_others_come_last(self) -> None:
        orders = Counter(
            tuple(d.id for d in self.LOT.spread([STRONG, *KEPT[:3]], one)[0]) for one in CONVERSATIONS[:2_000]
        )
        assert len(orders) == 6
        assert all(order[-1] == STRONG.id for order in orders)

    def test_a_weight_of_zero_is_a_fallback_only(self) -> None:
        lot = Lot("t", [part(SMALL, 0), part(GROQ, 1)])
        for one in CONVERSATIONS[:200]:
            kept, reason = lot.spread(KEPT, one)
            assert [d.id for d in kept[:2]] == [GROQ.id, SMALL.id]
            assert reason == "drawn by weight: 'groq/llama', which gets 100 % of conversations"

    def test_without_anybody_who_has_a_weight_the_order_stays(self) -> None:
        assert self.LOT.spread([STRONG], b"one") == ([STRONG], "")
        assert Lot("t", [part(STRONG, 0)]).spread(KEPT, b"one") == (KEPT, "")

    def test_an_alias_goes_together_in_its_order(self) -> None:
        lot = Lot("t", [Part("both", (LLAMA.id, GROQ.id), 1)])
        assert lot.spread(KEPT, b"one")[0] == [LLAMA, GROQ, SMALL, STRONG]


class TestCanary:
    LOT = Lot("auto\0rule 1", canary=[part(STRONG, 5), part(LLAMA, 20)])

    def test_each_gets_its_percent_and_is_last_for_the_others(self) -> None:
        firsts: Counter[str] = Counter()
        for one in CONVERSATIONS:
            kept, reason = self.LOT.divert(KEPT, one)
            firsts[kept[0].id] += 1
            if kept[0] is SMALL:
                assert kept == [SMALL, GROQ, LLAMA, STRONG]
                assert not reason
            elif kept[0] is STRONG:
                assert kept == [STRONG, SMALL, GROQ, LLAMA]
                assert reason == "canary 'openai/gpt': this conversation is in its 5 %"
        total = len(CONVERSATIONS)
        wanted = {STRONG.id: 0.05, LLAMA.id: 0.2, SMALL.id: 0.75}
        chi = sum((firsts[i] - total * share) ** 2 / (total * share) for i, share in wanted.items())
        assert chi < CHI_SQUARE_2

    @given(st.floats(0, 100), st.floats(0, 100), st.binary(max_size=40))
    def test_more_percent_take_nobody_away(self, one: float, other: float, conversation: bytes) -> None:
        low, high = sorted((one, other))
        diverted = [Lot("t", canary=[part(STRONG, p)]).divert(KEPT, conversation)[0] for p in (low, high)]
        if diverted[0][0] is STRONG:
            assert diverted[1][0] is STRONG

    def test_all_and_nothing(self) -> None:
        for one in CONVERSATIONS[:200]:
            assert Lot("t", canary=[part(STRONG, 100)]).divert(KEPT, one)[0][0] is STRONG
            assert Lot("t", canary=[part(STRONG, 0)]).divert(KEPT, one)[0] == KEPT

    def test_one_that_is_not_there_is_told_of(self) -> None:
        lot = Lot("t", canary=[part(STRONG, 100)])
        kept, reason = lot.divert([SMALL, GROQ], b"one")
        assert kept == [SMALL, GROQ]
        assert reason == "canary 'openai/gpt' passed over: it cannot serve this"

    def test_without_a_canary_nothing_is_drawn(self) -> None:
        assert Lot("t").divert(KEPT, b"one") == (KEPT, "")


@pytest.mark.parametrize("other", ["auto\0rule 2", "support\0rule 1"])
def test_another_rule_or_route_draws_for_itself(other: str) -> None:
    one = Lot("auto\0rule 1", canary=[part(STRONG, 50)])
    two = Lot(other, canary=[part(STRONG, 50)])
    same = sum(one.divert(KEPT, c)[0] == two.divert(KEPT, c)[0] for c in CONVERSATIONS)
    assert abs(same / len(CONVERSATIONS) - 0.5) < 0.02


def test_in_front_keeps_everybody_once() -> None:
    assert in_front([STRONG.id, "nobody", STRONG.id, GROQ.id], KEPT) == [STRONG, GROQ, SMALL, LLAMA]
