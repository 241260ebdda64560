"""A conversation keeps its seat while that is worth more than moving; it never overrides anything else."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import EVERY, GROQ, LLAMA, SMALL, STRONG, UNPRICED, UP, Down, ask, deployment, ids, verdict
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings, Rule
from wye.core.decision import Decision, Seat
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.core.request import Needs
from wye.protocols.lossiness.losses import Losses
from wye.routing import Router
from wye.routing.conversation import Unknown
from wye.routing.cost import expected_cost
from wye.routing.seated import switching_cost


class Sitting(Unknown):
    """A conversation that sits at a deployment, and counts how often it was asked."""

    holder = ""

    def __init__(self, where: Deployment | None, cached_tokens: int = 0) -> None:
        self.asked = 0
        self._seat = None if where is None else Seat(where.id, cached_tokens)

    def seat(self) -> Seat | None:
        self.asked += 1
        return self._seat

    def losses(self, _: Deployment) -> Losses:
        return Losses()


def priced(name: str, rate_in: str, cache_read: str | None, lane: Lane = Lane.HOSTED) -> Deployment:
    read = None if cache_read is None else Decimal(cache_read)
    rates = Rates(Decimal(rate_in), Decimal(1), cache_read=read)
    return deployment(name, lane, price=Price(rates, dt.date(2026, 11, 1), "a test"))


CHEAP = priced("a/cheap", "1", "0.5")
DEAR = priced("b/dear", "2", "0.5")
BOTH = (CHEAP, DEAR)
SIZE = 40_000
"""Bytes: some 10,000 tokens, so that moving from DEAR to CHEAP saves 0.01 USD."""


def decide(conversation: Sitting, found: tuple[Deployment, ...] = BOTH, health: Down = UP) -> Decision:
    router = Router(Settings(), found)
    return router.decide(ask("auto", size=SIZE), verdict(found, found), health, conversation)


def test_it_stays_while_moving_saves_no_more_than_it_costs() -> None:
    stays = decide(Sitting(DEAR, 6_667))
    assert ids(stays) == ["b/dear", "a/cheap"]
    assert stays.seat == Seat("b/dear", 6_667, Decimal("0.0100005"))
    assert stays.reasons[-1] == (
        "keeps its seat 'b/dear': leaving costs 0.010000 USD (6667 cached tokens read anew), "
        "'a/cheap' saves 0.010000 USD"
    )


def test_it_moves_when_that_saves_more() -> None:
    moves = decide(Sitting(DEAR, 6_666))
    assert ids(moves) == ["a/cheap", "b/dear"]
    assert moves.seat == Seat("b/dear", 6_666, Decimal("0.009999"))
    assert moves.reasons[-1].startswith("leaves its seat 'b/dear': leaving costs 0.009999 USD")


def test_who_sits_at_the_cheapest_just_stays() -> None:
    stays = decide(Sitting(CHEAP, 8_000))
    assert ids(stays) == ["a/cheap", "b/dear"]
    assert stays.reasons[-1] == (
        "keeps its seat 'a/cheap': leaving costs 0.004000 USD (8000 cached tokens read anew)"
    )


def test_nobody_s_seat_is_nothing() -> None:
    decision = decide(Sitting(None))
    assert decision.seat is None
    assert decision.reasons == ("cheapest of 2 that fit; quality not measured yet",)


def test_a_seat_that_is_no_candidate_is_left_and_noted() -> None:
    decision = decide(Sitting(STRONG, 1_000_000))
    assert ids(decision) == ["a/cheap", "b/dear"]
    assert decision.reasons[-1] == "leaves its seat 'openai/gpt', which is no candidate now"
    assert decision.seat == Seat("openai/gpt", 1_000_000)


def test_a_seat_that_is_down_is_tried_last() -> None:
    decision = decide(Sitting(DEAR, 10**6), health=Down(b_dear="failed"))
    assert ids(decision) == ["a/cheap", "b/dear"]
    assert decision.candidates[1].reason == "down: failed"


def test_own_machines_cost_the_same_so_the_seat_decides() -> None:
    twins = tuple(deployment(f"own/{name}", Lane.OWN) for name in "abc")
    decision = decide(Sitting(twins[2], 500), twins)
    assert ids(decision)[0] == "own/c"
    assert decision.seat == Seat("own/c", 500, Decimal(0))


def test_without_a_price_to_compare_it_goes_where_there_is_one() -> None:
    decision = decide(Sitting(UNPRICED, 10**6), (UNPRICED, CHEAP))
    assert ids(decision) == ["a/cheap", "openai/odd"]
    assert "leaving costs an unknown amount" in decision.reasons[-1]
    assert decision.reasons[-1].endswith("'a/cheap' comes first at any price")


@pytest.mark.parametrize("model", ["a/cheap", "cheap", "nick", "several"])
def test_names_that_leave_no_choice_to_the_router_ask_nothing(model: str) -> None:
    settings = Settings(aliases={"nick": "a/cheap", "several": ("a/cheap", "b/dear")})
    sitting = Sitting(DEAR, 10**6)
    decision = Router(settings, BOTH).decide(ask(model), verdict(BOTH, BOTH), UP, sitting)
    assert ids(decision)[0] == "a/cheap"
    assert sitting.asked == 0
    assert decision.seat is None


def test_a_rule_s_order_stands() -> None:
    sitting = Sitting(DEAR, 10**6)
    settings = Settings(auto=RouteSettings(rules=(Rule(use=("a/cheap", "b/dear")),)))
    decision = Router(settings, BOTH).decide(ask("auto"), verdict(BOTH, BOTH), UP, sitting)
    assert ids(decision) == ["a/cheap", "b/dear"]
    assert sitting.asked == 0


def test_one_that_fits_is_no_choice() -> None:
    sitting = Sitting(LLAMA, 10**6)
    needs = ask("auto", needs=Needs(tools=True))
    decision = Router(Settings(), (LLAMA, GROQ)).decide(needs, verdict((LLAMA, GROQ)), UP, sitting)
    assert ids(decision) == ["groq/llama"]
    assert sitting.asked == 0


@given(
    st.sampled_from(EVERY + BOTH),
    st.integers(0, 10**7),
    st.sets(st.sampled_from([d.id for d in EVERY + BOTH])),
    st.integers(0, 30_000),
    st.builds(Needs, tools=st.booleans()),
)
def test_a_seat_only_reorders_what_is_permitted_and_fits(
    where: Deployment, cached: int, refused: set[str], size: int, needs: Needs
) -> None:
    found = EVERY + BOTH
    judged = verdict([d for d in found if d.id not in refused or d is CHEAP], found)
    request = ask("auto", size=size, needs=needs)
    router = Router(Settings(), found)
    without = router.decide(request, judged, UP)
    seated = router.decide(request, judged, UP, Sitting(where, cached))
    assert set(ids(seated)) == set(ids(without))
    assert seated.excluded == without.excluded
    rest = [name for name in ids(without) if name != where.id]
    assert [name for name in ids(seated) if name != where.id] == rest
    if ids(seated) != ids(without):
        assert ids(seated)[0] == where.id
        best = next(d for d in found if d.id == ids(without)[0])
        tokens = size // 4
        saved = expected_cost(where, tokens, 256)[1] - expected_cost(best, tokens, 256)[1]
        assert saved <= (switching_cost(where, Seat(where.id, cached), tokens) or 0)


def test_the_price_of_switching() -> None:
    seat = Seat("x", 1_000_000)
    assert switching_cost(DEAR, seat, 0) == Decimal("1.5")
    assert switching_cost(priced("c/uncached", "2", None), seat, 0) == 0
    assert switching_cost(SMALL, seat, 0) == 0
    assert switching_cost(UNPRICED, seat, 0) is None
    euros = msgspec.structs.replace(DEAR, price=msgspec.structs.replace(DEAR.price, currency="EUR"))
    assert switching_cost(euros, seat, 0) is None
    odd = priced("c/odd", "1", "3")
    assert switching_cost(odd, seat, 0) == 0


def test_an_own_machine_that_bills_tokens_has_a_cache_to_lose() -> None:
    seat = Seat("x", 1_000_000)
    own = priced("own/gpu", "2", "0.5", Lane.OWN)
    assert switching_cost(own, seat, 0) == Decimal("1.5")
    assert switching_cost(msgspec.structs.replace(own, machine_hour=Decimal(1)), seat, 0) == 0
