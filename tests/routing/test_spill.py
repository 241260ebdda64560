"""Equals and spill: who goes first among those that are as good, and when the first has too much to do."""

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

import pytest

from routing.facts import GROQ, STRONG, UNPRICED, Down, ask, deployment, ids, price, verdict
from routing.talks import Talk
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings, Rule
from wye.core.decision import Decision, Seat
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.routing import Router
from wye.routing.cost import avoidable_cost, expected_cost
from wye.routing.equals import Equals
from wye.routing.load import Load
from wye.routing.saturation import Saturation
from wye.routing.spill import spill
from wye.routing.strategy import Choice

A, B, C = (deployment(f"{name}/llama", Lane.OWN) for name in ("a", "b", "c"))
API = deployment("api/llama", Lane.HOSTED, price=price("0.1", "0.3"))
DEAR = deployment("dear/other", Lane.CLOSED, price=price("5", "30"))
FULL = Load(busy=4, slots=4, saturated="all of 4 are busy")


def decide(
    model: str, *deployments: Deployment, rule: Rule | None = None, seat: str = "", **loads: Load
) -> Decision:
    health = Down()
    health.loads = {name.replace("_", "/"): load for name, load in loads.items()}
    router = Router(Settings(auto=RouteSettings(rules=(rule,) if rule else ())), deployments)
    judged = verdict(deployments, deployments)
    return router.decide(ask(model), judged, health, Talk(seat=Seat(seat) if seat else None))


class TestEquals:
    def test_of_two_the_less_loaded_goes_first(self) -> None:
        for model in ("auto", "llama"):
            decision = decide(model, A, B, a_llama=Load(busy=3, slots=4), b_llama=Load(busy=3, slots=8))
            assert ids(decision) == ["b/llama", "a/llama"], model
            assert "'b/llama' and 'a/llama' drawn of 2 equals: it has less to do" in decision.reasons

    def test_all_are_drawn_alike_when_idle_and_the_most_loaded_never_wins(self) -> None:
        first = Counter(ids(decide("auto", A, B, C))[0] for _ in range(300))
        assert set(first) == {"a/llama", "b/llama", "c/llama"}
        assert min(first.values()) > 60
        busy = Counter(ids(decide("auto", A, B, C, a_llama=FULL))[0] for _ in range(100))
        assert "a/llama" not in busy

    def test_load_stays_level(self) -> None:
        """A thousand requests that never end, on ten equals."""
        equals = [deployment(f"own{i}/llama", Lane.OWN) for i in range(10)]
        busy: Counter[str] = Counter()
        stage = Equals(random.Random(1).sample)  # noqa: S311  # a load, not a secret
        for _ in range(1_000):
            choice = Choice(list(equals), ranks={"set": (0, Decimal(0))}, load=lambda i: Load(busy=busy[i]))
            stage(choice, ask("auto"), verdict(equals, equals))
            busy[choice.kept[0].id] += 1
        assert max(busy.values()) - min(busy.values()) <= 6

    def test_another_price_lane_or_model_is_no_equal(self) -> None:
        dearer = deployment("z/llama", Lane.HOSTED, price=price("0.2", "0.3"))
        for _ in range(20):
            assert ids(decide("auto", API, dearer, GROQ, DEAR))[-2:] == ["z/llama", "dear/other"]

    def test_a_conversation_keeps_its_seat_among_equals(self) -> None:
        for _ in range(20):
            decision = decide("llama", A, B, C, seat="c/llama", c_llama=Load(busy=2, slots=4))
            assert ids(decision)[0] == "c/llama"
        assert ids(decide("llama", A, B, C, seat="c/llama", c_llama=FULL))[0] != "c/llama"

    def test_an_order_that_a_rule_has_set_stands(self) -> None:
        rule = Rule(use=("b/llama", "a/llama"))
        for _ in range(20):
            assert ids(decide("auto", A, B, rule=rule)) == ["b/llama", "a/llama"]


class TestSpill:
    def test_the_next_candidate_stands_in(self) -> None:
        decision = decide("auto", A, API, DEAR, a_llama=FULL)
        assert ids(decision) == ["api/llama", "a/llama", "dear/other"]
        assert "spills to 'api/llama': 'a/llama' is saturated, all of 4 are busy" in decision.reasons
        assert ids(decide("auto", A, API, DEAR, a_llama=Load(busy=3, slots=4)))[0] == "a/llama"

    def test_so_does_it_for_a_models_name_and_in_a_rules_order(self) -> None:
        assert ids(decide("llama", A, API, a_llama=FULL)) == ["api/llama", "a/llama"]
        assert ids(decide("llama", A, API)) == ["a/llama", "api/llama"]
        rule = Rule(use=("a/llama", "groq/llama", "api/llama"))
        assert ids(decide("auto", A, API, GROQ, rule=rule, a_llama=FULL, groq_llama=FULL))[0] == "api/llama"

    def test_where_all_are_saturated_the_order_stays(self) -> None:
        decision = decide("auto", A, API, a_llama=FULL, api_llama=FULL)
        assert ids(decision) == ["a/llama", "api/llama"]
        assert decision.reasons[-1].endswith("and so is who may stand in for it")

    def test_never_to_one_that_may_not_serve_first(self) -> None:
        health = Down()
        health.loads = {"openai/gpt": FULL}
        choice = Choice([STRONG, API], leading=frozenset({"openai/gpt"}), load=health.load)
        spill(choice, ask("auto"), verdict())
        assert choice.kept == [STRONG, API]
        covered = Choice([STRONG, GROQ, API], leading=frozenset({"openai/gpt", API.id}), load=health.load)
        spill(covered, ask("auto"), verdict())
        assert covered.kept == [API, STRONG, GROQ]


class TestBids:
    def test_who_saves_less_spills_first(self) -> None:
        machine = Saturation(8, exact=True)
        machine.clearing.price = 1e-5
        busy = Load(busy=6, slots=8, machine=machine)
        cheap, dear = price("0.1", "0.3"), price("1", "3")
        spilt = decide("auto", A, deployment("api/x", Lane.HOSTED, price=cheap), a_llama=busy)
        assert ids(spilt) == ["api/x", "a/llama"]
        assert spilt.reasons[-1].endswith("its slots are wanted by requests that save more there")
        kept = decide("auto", A, deployment("api/x", Lane.HOSTED, price=dear), a_llama=busy)
        assert ids(kept) == ["a/llama", "api/x"]

    def test_a_warm_cache_elsewhere_counts(self) -> None:
        machine = Saturation(8, exact=True)
        machine.clearing.price = 5e-5
        rates = Rates(Decimal(1), Decimal(3), cache_read=Decimal("0.1"))
        api = deployment("api/x", Lane.HOSTED, price=Price(rates, dt.date(2026, 11, 1), "a test"))
        for cached, first in ((0, "a/llama"), (800, "api/x")):
            seat = Seat("api/x", cached_tokens=cached, switching_cost=cached * Decimal("0.9") / 1_000_000)
            choice = Choice([A, api], costs={A.id: Decimal(0), api.id: Decimal("0.000868")}, seat=seat)
            choice.load = lambda i: Load(busy=7, slots=8, machine=machine) if i == A.id else None
            spill(choice, ask("auto"), verdict())
            assert choice.kept[0].id == first

    def test_every_request_bids_and_one_that_nobody_can_price_does_not(self) -> None:
        machine = Saturation(1, exact=True)
        load = Load(busy=1, machine=machine)
        for _ in range(5):
            decide("auto", A, API, a_llama=load)
            decide("auto", A, UNPRICED, a_llama=load)
        for _ in range(40):
            machine.clearing.tick(1, 100.0)
        saved = (100 * Decimal("0.1") + 256 * Decimal("0.3")) / 1_000_000
        assert machine.clearing.price == pytest.approx(float(saved) / (256 * 0.04))


class TestAvoidable:
    def test_an_own_machine_costs_its_energy(self) -> None:
        box = deployment(
            "own/gpu", Lane.OWN, machine_hour=Decimal("3.60"), energy_hour=Decimal("0.36"), slots=8
        )
        assert avoidable_cost(box, 100, 256)[:2] == (0, Decimal("0.000128"))
        assert expected_cost(box, 100, 256)[:2] == (0, Decimal("0.00128"))

    def test_a_machine_that_is_paid_for_serves_before_the_cheapest_api(self) -> None:
        box = deployment("own/gpu", Lane.OWN, machine_hour=Decimal(100))
        decision = decide("auto", box, GROQ)
        assert [(c.deployment, c.reason) for c in decision.candidates] == [
            ("own/gpu", "own machine, its hour is paid for"),
            ("groq/llama", ""),
        ]

    def test_one_that_goes_away_when_idle_costs_its_hour(self) -> None:
        rented = deployment("own/gpu", Lane.OWN, machine_hour=Decimal(100), energy_hour=Decimal(100))
        assert ids(decide("auto", rented, GROQ)) == ["groq/llama", "own/gpu"]
