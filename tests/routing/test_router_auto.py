"""`auto`: what is kept, in which order, by which rules, at which expected cost."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import pytest

from routing.facts import (
    EMBEDDINGS,
    EQUALS,
    EVERY,
    GROQ,
    LLAMA,
    RATED,
    SMALL,
    STRONG,
    UNPRICED,
    UP,
    Down,
    ask,
    deployment,
    ids,
    price,
    verdict,
    why,
)
from wye.catalog.deployments import Deployment, Profile
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings, Rule, When
from wye.core.decision import Decision, Verdict
from wye.core.errors import BadRequestError, PolicyError
from wye.core.lane import Lane
from wye.core.money import Price, Rates, Tier
from wye.core.request import Needs, Request
from wye.core.spelling import Spelling
from wye.core.usage import Usage
from wye.gateway.costs import cost_of
from wye.routing import Router
from wye.routing.router import MAX_CANDIDATES, MAX_EXCLUDED


class TestAuto:
    def decide(
        self,
        request: Request | None = None,
        judged: Verdict | None = None,
        *rules: Rule,
        health: Down = UP,
        among: Iterable[Deployment] = EQUALS,
    ) -> Decision:
        router = Router(Settings(auto=RouteSettings(rules=rules)), among)
        return router.decide(request or ask("auto"), judged or verdict(), health)

    def test_cheapest_first_and_unknown_prices_last(self) -> None:
        decision = self.decide()
        assert ids(decision) == ["embedded/small", "groq/llama", "together/llama", "openai/gpt", "openai/odd"]
        assert decision.reasons == ("cheapest of 5 that fit; quality not measured yet",)
        costs = {c.deployment: c.expected_cost for c in decision.candidates}
        assert costs["embedded/small"] == 0
        assert costs["openai/gpt"] == (100 * Decimal(5) + 256 * Decimal(30)) / 1_000_000
        assert costs["openai/odd"] is None
        notes = {c.deployment: c.reason for c in decision.candidates}
        assert notes["openai/odd"] == "price not known"
        assert notes["embedded/small"] == "own machine, no cost an hour stated"

    @pytest.mark.parametrize(
        ("request_", "excluded"),
        [
            (ask("auto", needs=Needs(tools=True)), {"together/llama": "cannot call tools"}),
            (ask("auto", needs=Needs(vision=True)), {"embedded/small": "cannot see images"}),
            (ask("auto", size=6_000), {}),
            (ask("auto", size=6_147), {"embedded/small": "context of 2048 tokens, about 2049 needed"}),
            (
                ask("auto", max_output_tokens=2_000),
                {
                    "embedded/small": "context of 2048 tokens, about 2133 needed",
                    "openai/gpt": "writes at most 1000 tokens, 2000 asked for",
                },
            ),
            (ask("auto", needs=Needs(json=True)), {}),
        ],
    )
    def test_what_does_not_fit_is_left_out_with_the_reason(
        self, request_: Request, excluded: dict[str, str]
    ) -> None:
        decision = self.decide(request_)
        assert why(decision) == excluded
        assert set(ids(decision)) == {d.id for d in EVERY} - excluded.keys()

    def test_nothing_fits_is_a_bad_request_with_the_reasons(self) -> None:
        with pytest.raises(BadRequestError, match=r"embedded/small: cannot see images"):
            self.decide(ask("auto", needs=Needs(vision=True)), verdict([SMALL]))

    def test_nothing_permitted_names_label_rule_and_deployments(self) -> None:
        with pytest.raises(PolicyError) as caught:
            self.decide(judged=verdict([], [LLAMA, GROQ], "phi", "hr"))
        assert caught.value.message.startswith("The labels hr, phi together permit nothing that 'auto'")
        assert "groq/llama, together/llama: label 'x' permits own, this is hosted" in caught.value.message
        assert caught.value.message.endswith("Nothing else is permitted.")

    def test_embeddings_use_only_what_serves_them(self) -> None:
        assert ids(self.decide(ask("auto", EMBEDDINGS))) == ["embedded/small"]

    def test_a_ceiling_keeps_the_strong_or_fails(self) -> None:
        assert ids(self.decide(judged=verdict(ceiling=True), among=EVERY)) == ["openai/gpt"]
        with pytest.raises(PolicyError, match=r"marked strong \(permitted: embedded/small\)"):
            self.decide(judged=verdict([SMALL], ceiling=True), among=EVERY)

    def test_a_rule_cannot_lower_the_ceiling(self) -> None:
        decision = self.decide(None, verdict(ceiling=True), Rule(use=("groq/llama",)), among=EVERY)
        assert ids(decision) == ["openai/gpt"]
        assert decision.reasons[0] == "rule 1 passed over: none of its deployments can serve this"

    def test_what_is_down_goes_last(self) -> None:
        decision = self.decide(health=Down(embedded_small="not answering", groq_llama="429 until 12:00"))
        assert ids(decision)[0] == "together/llama"
        assert [c.reason for c in decision.candidates[-2:]] == [
            "down: not answering",
            "down: 429 until 12:00",
        ]

    def test_fallbacks_and_records_are_bounded(self) -> None:
        many = [deployment(f"p/{n:03}", Lane.HOSTED) for n in range(100)]
        router = Router(Settings(), many)
        decision = router.decide(ask("auto"), verdict(many, many), UP)
        assert len(decision.candidates) == MAX_CANDIDATES
        decision = router.decide(ask("auto"), verdict(many[:1], many), UP)
        assert len(decision.excluded) == MAX_EXCLUDED
        assert decision.reasons[-1] == "67 more are excluded and not listed"


class TestRules:
    def decide(self, rules: Iterable[Rule], request: Request | None = None, *labels: str) -> Decision:
        settings = Settings(
            aliases={"open": ("together/llama", "groq/llama")}, auto=RouteSettings(rules=tuple(rules))
        )
        return Router(settings, EQUALS).decide(
            request or ask("auto"), verdict(EQUALS, EQUALS, *(labels or ("internal",))), UP
        )

    def test_use_narrows_in_its_own_order_and_is_named(self) -> None:
        decision = self.decide([Rule(use=("openai/gpt", "open"), name="best first")])
        assert ids(decision) == ["openai/gpt", "together/llama", "groq/llama"]
        assert decision.reasons == ("rule 'best first'",)
        assert why(decision)["embedded/small"] == "not chosen by rule 'best first'"
        assert decision.candidates[0].expected_cost is not None

    def test_lanes_narrow_and_cost_orders(self) -> None:
        decision = self.decide([Rule(lanes=(Lane.HOSTED, Lane.CLOSED))])
        assert ids(decision)[:2] == ["groq/llama", "together/llama"]
        assert decision.reasons == ("rule 1", "cheapest of 4 that fit; quality not measured yet")

    @pytest.mark.parametrize(
        ("when", "request_", "holds"),
        [
            (When(), ask("auto"), True),
            (When(tools=True), ask("auto", needs=Needs(tools=True)), True),
            (When(tools=True), ask("auto"), False),
            (When(tools=False), ask("auto"), True),
            (When(vision=True), ask("auto"), False),
            (When(json=True), ask("auto", needs=Needs(json=True)), True),
            (When(stream=True), ask("auto", stream=True), True),
            (When(stream=True), ask("auto"), False),
            (When(min_bytes=400), ask("auto"), True),
            (When(min_bytes=401), ask("auto"), False),
            (When(max_bytes=400), ask("auto"), True),
            (When(max_bytes=399), ask("auto"), False),
            (When(labels=("public", "hr")), ask("auto"), True),
            (When(labels=("phi",)), ask("auto"), False),
            (When(labels=("hr",), stream=True), ask("auto"), False),
        ],
    )
    def test_conditions(self, when: When, request_: Request, holds: bool) -> None:  # noqa: FBT001  # a table
        decision = self.decide([Rule(use=("openai/odd",), when=when)], request_, "hr", "internal")
        assert (ids(decision) == ["openai/odd"]) is holds

    def test_the_first_that_applies_wins(self) -> None:
        rules = [
            Rule(use=("openai/odd",), when=When(stream=True)),
            Rule(use=("openai/gpt",)),
            Rule(use=("groq/llama",)),
        ]
        assert ids(self.decide(rules)) == ["openai/gpt"]

    def test_a_rule_that_leaves_nothing_is_passed_over_and_says_so(self) -> None:
        decision = self.decide([Rule(use=("not/there",), name="gone"), Rule(use=("openai/gpt",))])
        assert ids(decision) == ["openai/gpt"]
        assert decision.reasons == (
            "rule 'gone' passed over: none of its deployments can serve this",
            "rule 2",
        )


class TestCost:
    def order(self, *deployments: Deployment, **more: object) -> list[tuple[str, Decimal | None, str]]:
        decision = Router(Settings(), deployments).decide(
            ask("auto", **more),  # type: ignore[arg-type]
            verdict(deployments, deployments),
            UP,
        )
        return [(c.deployment, c.expected_cost, c.reason) for c in decision.candidates]

    def test_an_own_machine_costs_its_share_of_the_energy(self) -> None:
        gpu = deployment("own/gpu", Lane.OWN, energy_hour=Decimal("3.60"), slots=8)
        assert self.order(gpu) == [("own/gpu", Decimal("0.00128"), "own machine, its energy")]

    def test_a_price_on_an_own_machine_counts_as_it_is_billed(self) -> None:
        gpu = deployment("own/gpu", Lane.OWN, price=price("100", "100"), energy_hour=Decimal("3.60"))
        groq, own = self.order(gpu, GROQ)
        assert groq[0] == "groq/llama"
        assert own == ("own/gpu", Decimal("0.0356"), "own machine, by its price")
        usage = Usage(input_tokens=100, output_tokens=256)
        assert cost_of(gpu, usage, 1.0, 0.0).amount == own[1]

    def test_an_hour_stated_replaces_a_price_as_it_does_in_billing(self) -> None:
        gpu = deployment("own/gpu", Lane.OWN, price=price("100", "100"), machine_hour=Decimal("3.60"))
        assert self.order(gpu, GROQ)[0] == ("own/gpu", Decimal(0), "own machine, its hour is paid for")
        assert cost_of(gpu, None, 1.0, 0.0).amount == Decimal("0.001")

    def test_another_currency_ranks_behind_and_before_unknown(self) -> None:
        euro = deployment("eu/cheap", Lane.HOSTED, price=price("0.0001", "0.0001", "EUR"))
        assert self.order(UNPRICED, euro, STRONG) == [
            ("openai/gpt", Decimal("0.00818"), ""),
            ("eu/cheap", None, "priced in EUR, not comparable"),
            ("openai/odd", None, "price not known"),
        ]

    def test_half_a_price_is_not_known(self) -> None:
        half = deployment("p/half", Lane.HOSTED, price=Price(Rates(Decimal(1)), dt.date(2026, 1, 1), "t"))
        assert self.order(half) == [("p/half", None, "price not known")]

    def test_a_lower_cap_and_more_answers_count(self) -> None:
        assert self.order(GROQ, max_output_tokens=10, choices=2) == [
            ("groq/llama", (100 * Decimal("0.1") + 20 * Decimal("0.3")) / 1_000_000, "")
        ]

    def test_tiers_hold_for_the_whole_request(self) -> None:
        tiers = (Tier(50, Rates(Decimal(10), Decimal(10))),)
        tiered = deployment(
            "p/t",
            Lane.HOSTED,
            price=Price(Rates(Decimal(1), Decimal(1)), dt.date(2026, 1, 1), "t", tiers=tiers),
        )
        assert self.order(tiered)[0][1] == Decimal(3560) / 1_000_000

    def test_without_any_price_lane_and_name_decide_and_the_reason_says_so(self) -> None:
        other = deployment("a/x", Lane.CLOSED)
        decision = Router(Settings(), [UNPRICED, other]).decide(
            ask("auto"), verdict([UNPRICED, other], []), UP
        )
        assert ids(decision) == ["a/x", "openai/odd"]
        assert decision.reasons[0].startswith("first of 2 that fit by lane and name: no price")


def test_who_emulates_tools_comes_behind_all_who_call_them() -> None:
    emulating = deployment("embedded/tiny", Lane.OWN, profile=Profile(tools=False, json=True))
    every = (emulating, RATED, GROQ, LLAMA)
    router = Router(Settings(), every)
    decision = router.decide(ask("auto", needs=Needs(tools=True)), verdict(every, every), UP)
    assert ids(decision) == ["groq/llama", "openai/gpt", "embedded/tiny"]
    assert decision.candidates[-1].reason == "calls no tools itself: they are emulated with a JSON schema"
    assert why(decision) == {"together/llama": "cannot call tools"}
    plain = router.decide(ask("auto"), verdict(every, every), UP)
    assert ids(plain)[0] == "embedded/tiny"
    alone = router.decide(ask("auto", needs=Needs(tools=True)), verdict((emulating,), every), UP)
    assert alone.reasons == ("the only one that fits",)
    named = router.decide(ask("embedded/tiny", needs=Needs(tools=True)), verdict(every, every), UP)
    assert named.candidates[0].reason == decision.candidates[-1].reason
    assert router.decide(ask("embedded/tiny"), verdict(every, every), UP).candidates[0].reason == ""


def test_who_gets_custom_tools_as_functions_is_told_and_counts_as_dearer() -> None:
    functions = deployment(
        "anthropic/claude", Lane.CLOSED, protocol="anthropic_messages", price=price("1", "1")
    )
    takes = Spelling(takes=frozenset({"custom_tools"}))
    native = deployment("openai/gpt", Lane.CLOSED, spelling=takes, price=price("1.05", "1.05"))
    every = (functions, native)
    router = Router(Settings(), every)
    wants = {"protocol": "openai_responses", "needs": Needs(tools=True, custom_tools=True)}
    decision = router.decide(ask("auto", **wants), verdict(every, every), UP)
    assert ids(decision) == ["openai/gpt", "anthropic/claude"]
    told = "takes no custom tools: they are emulated with functions of one text"
    assert [one.reason for one in decision.candidates] == ["", told]
    plain = router.decide(ask("auto", needs=Needs(tools=True)), verdict(every, every), UP)
    assert ids(plain) == ["anthropic/claude", "openai/gpt"]
    named = router.decide(ask("anthropic/claude", **wants), verdict(every, every), UP)
    assert named.candidates[0].reason == told
    own = router.decide(
        ask("anthropic/claude", **(wants | {"protocol": "anthropic_messages"})), verdict(every, every), UP
    )
    assert own.candidates[0].reason == "", "the plan of another protocol is another"
