"""Objectives: what comes first, what is behind a bound, and what counts as known."""

from decimal import Decimal

import pytest

from routing.facts import EVERY, GROQ, LLAMA, SMALL, STRONG, UNPRICED, Down, ask, deployment, ids, price
from routing.talks import Talk, decide, opinion
from wye.catalog.deployments import Profile
from wye.config.strategies import Objective, RouteSettings, Rule
from wye.core.decision import Decision, Seat
from wye.core.lane import Lane
from wye.core.request import Needs
from wye.routing.load import Load
from wye.routing.opinion import Opinion

SCORES = opinion({SMALL.id: 0.3, GROQ.id: 0.7, LLAMA.id: 0.8, STRONG.id: 0.95})


def want(**objective: object) -> RouteSettings:
    return RouteSettings(objective=Objective(**objective))  # type: ignore[arg-type]


def notes(decision: Decision) -> dict[str, str]:
    return {c.deployment: c.reason for c in decision.candidates}


def timed(**ttft_ms: float) -> Down:
    health = Down()
    health.loads = {name.replace("_", "/"): Load(ttft_ms=ms) for name, ms in ttft_ms.items()}
    return health


class TestQuality:
    def test_at_least_so_good_at_least_cost(self) -> None:
        decision = decide(want(quality=0.75), SCORES)
        assert ids(decision) == [LLAMA.id, STRONG.id, SMALL.id, GROQ.id, UNPRICED.id]
        assert decision.reasons == ("cheapest of 2 with an expected score of at least 0.75, of 5 that fit",)
        assert notes(decision)[GROQ.id] == "expected score 0.70, at least 0.75 wanted"
        assert notes(decision)[UNPRICED.id] == (
            "price not known; expected score not known, at least 0.75 wanted"
        )

    def test_where_nobody_is_so_good_the_best_comes_first(self) -> None:
        decision = decide(want(quality=0.99), SCORES)
        assert ids(decision) == [STRONG.id, LLAMA.id, GROQ.id, SMALL.id, UNPRICED.id]
        assert decision.reasons == (
            "nobody has an expected score of at least 0.99: highest expected score of 5 that fit",
        )

    @pytest.mark.parametrize("told", [None, opinion({SMALL.id: 0.99}, unlike=True)])
    def test_a_score_that_is_not_known_is_the_strong_one_s_to_have(self, told: object) -> None:
        decision = decide(want(quality=0.5), told)  # type: ignore[arg-type]
        assert ids(decision)[0] == STRONG.id
        assert all(c.deployment == STRONG.id or "not known" in c.reason for c in decision.candidates)
        if told is not None:
            assert decision.reasons[-1].endswith("; unlike anything learnt from, so no score is expected")

    def test_best_first_and_who_is_not_measured_behind(self) -> None:
        decision = decide(want(best="quality"), SCORES)
        assert ids(decision) == [STRONG.id, LLAMA.id, GROQ.id, SMALL.id, UNPRICED.id]
        assert decision.reasons == ("highest expected score of 5 that fit",)

    def test_without_scores_strong_first_and_then_by_cost(self) -> None:
        decision = decide(want(best="quality"))
        assert ids(decision) == [STRONG.id, SMALL.id, GROQ.id, LLAMA.id, UNPRICED.id]
        assert decision.reasons == ("highest expected score of 5 that fit; no score is known",)

    def test_who_only_looks_as_if_it_could_stays_behind(self) -> None:
        able = deployment("x/able", Lane.HOSTED, price=price("1", "1"), profile=Profile(tools=True))
        feigns = deployment("x/feigns", Lane.OWN, profile=Profile(tools=False, json=True))
        found = (able, feigns)
        assert feigns.emulates_tools
        told = opinion({able.id: 0.2, feigns.id: 0.9})
        decision = decide(
            want(best="quality"), told, request=ask("auto", needs=Needs(tools=True)), found=found
        )
        assert ids(decision) == [able.id, feigns.id]


def test_the_only_one_that_fits_serves_whatever_it_misses() -> None:
    decision = decide(want(best="quality", quality=0.9), SCORES, found=(GROQ,))
    assert decision.reasons == ("the only one that fits",)
    assert notes(decision) == {GROQ.id: "expected score 0.70, at least 0.9 wanted"}


class TestCost:
    @pytest.mark.parametrize("told", [None, SCORES])
    def test_the_cheapest_whatever_was_measured(self, told: Opinion | None) -> None:
        decision = decide(want(quality=0), told)
        assert ids(decision) == [SMALL.id, GROQ.id, LLAMA.id, STRONG.id, UNPRICED.id]
        assert decision.reasons == ("cheapest of 5 that fit",)
        assert ids(decide(RouteSettings(), told))[0] == STRONG.id  # what it is by default

    def test_at_most_so_dear_at_best_quality(self) -> None:
        decision = decide(want(best="quality", cost=Decimal("0.001")), SCORES)
        assert ids(decision) == [LLAMA.id, GROQ.id, SMALL.id, STRONG.id, UNPRICED.id]
        assert notes(decision)[STRONG.id] == "expected cost 0.008180 USD, at most 0.001 wanted"
        assert notes(decision)[UNPRICED.id].endswith("expected cost not known, at most 0.001 USD wanted")
        assert decision.reasons == (
            "highest expected score of 3 with an expected cost of at most 0.001 USD, of 5 that fit",
        )

    def test_where_everybody_is_dearer_the_cheapest_still_serves(self) -> None:
        found = (STRONG, LLAMA)
        decision = decide(want(cost=Decimal("0.000001")), found=found)
        assert ids(decision) == [LLAMA.id, STRONG.id]
        assert decision.reasons == (
            "nobody has an expected cost of at most 0.000001 USD: cheapest of 2 that fit",
        )


class TestTime:
    HEALTH = timed(groq_llama=900, together_llama=200, openai_gpt=400)

    def test_soonest_first_and_a_stream_times_who_was_never_timed(self) -> None:
        goal = want(best="fastest")
        assert ids(decide(goal, health=self.HEALTH)) == [
            *(LLAMA.id, STRONG.id, GROQ.id),
            *(SMALL.id, UNPRICED.id),
        ]
        streamed = decide(goal, health=self.HEALTH, request=ask("auto", stream=True))
        assert ids(streamed)[:3] == [SMALL.id, UNPRICED.id, LLAMA.id]
        being_timed = timed(together_llama=200)
        being_timed.loads[SMALL.id] = Load(busy=1)
        later = decide(goal, health=being_timed, request=ask("auto", stream=True), found=(SMALL, LLAMA))
        assert ids(later) == [LLAMA.id, SMALL.id]

    def test_bound(self) -> None:
        decision = decide(want(ttft_ms=500), health=self.HEALTH)
        assert ids(decision) == [SMALL.id, LLAMA.id, STRONG.id, UNPRICED.id, GROQ.id]
        assert notes(decision)[GROQ.id] == "first token after 900 ms, at most 500 wanted"
        assert decision.reasons == ("cheapest of 4 with a first token within 500 ms, of 5 that fit",)

    def test_where_nobody_was_timed_it_says_so(self) -> None:
        decision = decide(want(best="fastest", quality=0.75), SCORES)
        assert decision.reasons[0].endswith(" of 5 that fit; nobody was timed lately")
        assert ids(decision)[:2] == [LLAMA.id, STRONG.id]

    def test_bounds_add_up(self) -> None:
        goal = want(ttft_ms=500, quality=0.75, best="fastest")
        decision = decide(goal, SCORES, health=self.HEALTH)
        assert ids(decision)[:2] == [LLAMA.id, STRONG.id]
        bounds = "an expected score of at least 0.75 and a first token within 500 ms"
        assert decision.reasons == (f"soonest first token of 2 with {bounds}, of 5 that fit",)


class TestWeighed:
    def test_each_counts_by_its_weight(self) -> None:
        health = timed(groq_llama=100, together_llama=2_000, openai_gpt=1_000, embedded_small=100)
        for weights, first in [
            ({"quality": 1.0}, STRONG.id),
            ({"cost": 1.0}, SMALL.id),
            ({"latency": 1.0, "cost": 0.1}, SMALL.id),
            ({"quality": 1.0, "cost": 100.0}, LLAMA.id),
            ({"quality": 1.0, "cost": 100.0, "latency": 1.0}, GROQ.id),
        ]:
            decision = decide(want(best="weighed", weights=weights), SCORES, health=health)
            assert ids(decision)[0] == first, weights
            assert decision.reasons == ("best by weights of 5 that fit",)

    def test_what_is_not_known_counts_as_the_worst(self) -> None:
        goal = want(best="weighed", weights={"quality": 1})
        assert ids(decide(goal, SCORES))[-2:] == [SMALL.id, UNPRICED.id]


class TestEquals:
    TWIN = deployment("groq/twin", Lane.HOSTED, model="llama", price=price("0.1", "0.3"))

    @pytest.mark.parametrize(
        ("goal", "drawn"),
        [
            ({"best": "quality"}, True),
            ({"quality": 0.5}, True),
            ({"best": "fastest"}, False),
            ({"ttft_ms": 50}, False),
        ],
    )
    def test_equals_share_the_load_where_the_objective_does_not_tell_them_apart(
        self,
        goal: dict[str, object],
        drawn: bool,  # noqa: FBT001  # a case
    ) -> None:
        health = timed(groq_llama=40, groq_twin=60)
        told = opinion({"llama": 0.9})
        found = (GROQ, self.TWIN)
        firsts = {ids(decide(want(**goal), told, health=health, found=found))[0] for _ in range(40)}
        assert firsts == ({GROQ.id, self.TWIN.id} if drawn else {GROQ.id})


class TestWithRules:
    def test_rules_narrow_and_their_objective_orders(self) -> None:
        rule = Rule(use=(SMALL.id, GROQ.id, LLAMA.id), objective=Objective(best="quality"))
        decision = decide(RouteSettings(rules=(rule,)), SCORES)
        assert ids(decision) == [LLAMA.id, GROQ.id, SMALL.id]
        assert decision.reasons == ("rule 1", "highest expected score of 3 that fit")

    def test_an_order_that_a_rule_has_set_stands(self) -> None:
        route = RouteSettings(rules=(Rule(use=(GROQ.id, STRONG.id)),), objective=Objective(best="quality"))
        assert ids(decide(route, SCORES)) == [GROQ.id, STRONG.id]

    def test_a_rule_without_an_objective_leaves_the_route_s(self) -> None:
        route = RouteSettings(rules=(Rule(lanes=(Lane.HOSTED,)),), objective=Objective(best="quality"))
        assert ids(decide(route, SCORES)) == [LLAMA.id, GROQ.id]


class TestSeat:
    @pytest.mark.parametrize(("score", "stays"), [(0.94, True), (0.9, False)])
    def test_about_as_good_keeps_it(self, score: float, stays: bool) -> None:  # noqa: FBT001  # a case
        told = opinion({LLAMA.id: score, STRONG.id: 0.95})
        decision = decide(want(best="quality"), told, talk=Talk(seat=Seat(LLAMA.id)))
        assert (ids(decision)[0] == LLAMA.id) is stays
        kept = f"'{LLAMA.id}' is about as good as '{STRONG.id}', and has the conversation"
        assert (kept in decision.reasons) is stays
        verb = "keeps" if stays else "leaves"
        assert decision.reasons[-1].startswith(f"{verb} its seat '{LLAMA.id}': leaving costs ")

    @pytest.mark.parametrize(("ttft", "stays"), [(240.0, True), (260.0, False)])
    def test_about_as_fast_keeps_it(self, ttft: float, stays: bool) -> None:  # noqa: FBT001  # a case
        health = timed(groq_llama=ttft, together_llama=200)
        decision = decide(want(best="fastest"), health=health, talk=Talk(seat=Seat(GROQ.id)))
        assert (ids(decision)[0] == GROQ.id) is stays

    def test_a_seat_that_misses_a_bound_is_left(self) -> None:
        for goal in (want(best="quality", quality=0.949), want(quality=0.949)):
            told = opinion({LLAMA.id: 0.948, STRONG.id: 0.95})
            decision = decide(goal, told, talk=Talk(seat=Seat(LLAMA.id, 90_000)))
            assert ids(decision)[0] == STRONG.id

    def test_among_those_that_keep_the_bounds_its_price_counts(self) -> None:
        decision = decide(want(quality=0.5), SCORES, talk=Talk(seat=Seat(STRONG.id, 90_000)))
        assert ids(decision)[0] == GROQ.id  # nothing is known to be cheaper where it was cached
        assert decision.seat is not None

    def test_nobody_sits_where_nobody_may(self) -> None:
        decision = decide(want(best="quality"), SCORES, talk=Talk(seat=Seat("gone/away")))
        assert ids(decision)[0] == STRONG.id
        assert {c.deployment for c in decision.candidates} == {d.id for d in EVERY}
