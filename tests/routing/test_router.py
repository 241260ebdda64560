"""Decisions by table: what a name means, what is kept, in which order, and what the client is told."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Profile
from wye.config.settings import ALL_LANES, LabelRule, RouteSettings, Rule, Settings, When
from wye.core.decision import Decision, Verdict
from wye.core.errors import BadRequestError, PolicyError, UnknownModelError, WyeError
from wye.core.lane import Lane
from wye.core.money import Price, Rates, Tier
from wye.core.request import Needs, Operation, Request
from wye.routing import Router
from wye.routing.names import mentioned
from wye.routing.router import MAX_CACHED, MAX_CANDIDATES, MAX_EXCLUDED
from wye.routing.strategy import Choice

HERE = Endpoint("http", "127.0.0.1", 8080, networks=LOOPBACK)
CHAT, EMBEDDINGS = Operation.CHAT, Operation.EMBEDDINGS


def price(rate_in: str, rate_out: str, currency: str = "USD") -> Price:
    return Price(Rates(Decimal(rate_in), Decimal(rate_out)), dt.date(2026, 11, 1), "a test", currency)


def deployment(name: str, lane: Lane | None, **more: object) -> Deployment:
    provider, _, model = name.partition("/")
    facts = {"model": model, "provider": provider, "endpoint": HERE, "found_by": "a test"}
    return Deployment(id=name, lane=lane, **(facts | more))  # type: ignore[arg-type]


SMALL = deployment(
    "embedded/small",
    Lane.OWN,
    operations=frozenset({CHAT, EMBEDDINGS}),
    profile=Profile(context_tokens=2_048, vision=False, tools=True),
)
LLAMA = deployment("together/llama", Lane.HOSTED, price=price("0.2", "0.6"), profile=Profile(tools=False))
GROQ = deployment("groq/llama", Lane.HOSTED, price=price("0.1", "0.3"))
STRONG = deployment(
    "openai/gpt", Lane.CLOSED, price=price("5", "30"), profile=Profile(strong=True, max_output_tokens=1_000)
)
UNPRICED = deployment("openai/odd", Lane.CLOSED)
EVERY = (UNPRICED, STRONG, LLAMA, SMALL, GROQ)


class Down:
    """Health that knows what is down."""

    def __init__(self, **reasons: str) -> None:
        self.reasons = reasons

    def reason_down(self, deployment_id: str) -> str:
        return self.reasons.get(deployment_id.replace("/", "_"), "")


UP = Down()


def verdict(
    permitted: Iterable[Deployment] = EVERY,
    found: Iterable[Deployment] = EVERY,
    *labels: str,
    ceiling: bool = False,
) -> Verdict:
    yes = frozenset(d.id for d in permitted)
    no = {d.id: f"label 'x' permits own, this is {d.lane}" for d in found if d.id not in yes}
    return Verdict(frozenset(labels or {"internal"}), yes, no, ceiling, "r1")


def ask(model: str, operation: Operation = CHAT, size: int = 400, **more: object) -> Request:
    facts = {"protocol": "openai_chat", "operation": operation, "model": model, "model_at": (0, 0)}
    return Request(body=b"x" * size, **(facts | more))  # type: ignore[arg-type]


def ids(decision: Decision) -> list[str]:
    return [c.deployment for c in decision.candidates]


def why(decision: Decision) -> dict[str, str]:
    return {c.deployment: c.reason for c in decision.excluded}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "strategy", "chosen"),
        [
            ("openai/gpt", "pinned", ["openai/gpt"]),
            ("gpt", "pinned", ["openai/gpt"]),
            ("llama", "model", ["groq/llama", "together/llama"]),
            ("fast", "alias", ["groq/llama"]),
            ("both", "alias", ["openai/gpt", "groq/llama"]),
            ("cheap", "cheap", ["embedded/small", "groq/llama"]),
        ],
    )
    def test_what_a_name_means(self, name: str, strategy: str, chosen: list[str]) -> None:
        settings = Settings(
            aliases={"fast": "groq/llama", "both": ("openai/gpt", "not/there", "groq/llama")},
            routes={"cheap": RouteSettings(candidates=("fast", "embedded/small"))},
        )
        decision = Router(settings, EVERY).decide(ask(name), verdict(), UP)
        assert (decision.strategy, ids(decision)) == (strategy, chosen)

    def test_an_alias_goes_before_a_discovered_id_and_a_model_name(self) -> None:
        settings = Settings(aliases={"gpt": "groq/llama", "openai/gpt": "embedded/small"})
        router = Router(settings, EVERY)
        assert ids(router.decide(ask("gpt"), verdict(), UP)) == ["groq/llama"]
        assert ids(router.decide(ask("openai/gpt"), verdict(), UP)) == ["embedded/small"]

    def test_an_id_goes_before_a_model_name(self) -> None:
        twin = deployment("other/x", Lane.CLOSED, model="openai/gpt")
        decision = Router(Settings(), [*EVERY, twin]).decide(ask("openai/gpt"), verdict(), UP)
        assert ids(decision) == ["openai/gpt"]

    def test_a_model_that_several_serve_prefers_what_the_configuration_declares(self) -> None:
        settings = msgspec.convert({"deployments": {"together/llama": {"model": "llama"}}}, Settings)
        decision = Router(settings, EVERY).decide(ask("llama"), verdict(), UP)
        assert ids(decision) == ["together/llama", "groq/llama"]

    def test_a_model_that_several_serve_is_filtered_by_the_verdict(self) -> None:
        decision = Router(Settings(), EVERY).decide(ask("llama"), verdict([LLAMA]), UP)
        assert ids(decision) == ["together/llama"]
        assert why(decision) == {"groq/llama": "label 'x' permits own, this is hosted"}

    def test_unknown_suggests_only_what_is_permitted(self) -> None:
        router = Router(Settings(), EVERY)
        with pytest.raises(UnknownModelError, match=r"'openai/gtp'. Did you mean openai/gpt"):
            router.decide(ask("openai/gtp"), verdict(), UP)
        with pytest.raises(UnknownModelError) as caught:
            router.decide(ask("openai/gtp"), verdict([SMALL]), UP)
        assert "gpt" not in caught.value.message
        assert caught.value.param == "model"

    def test_unknown_suggests_the_right_case_and_the_provider_left_out(self) -> None:
        router = Router(Settings(), EVERY)
        with pytest.raises(UnknownModelError, match="Did you mean openai/gpt"):
            router.decide(ask("OpenAI/GPT"), verdict(), UP)

    def test_a_monstrous_name_is_refused_and_cut(self) -> None:
        with pytest.raises(UnknownModelError) as caught:
            Router(Settings(), EVERY).decide(ask("x" * 100_000), verdict(), UP)
        assert len(caught.value.message) < 300

    def test_a_configured_name_without_a_deployment_says_so(self) -> None:
        router = Router(Settings(aliases={"fast": "gone/away"}), EVERY)
        with pytest.raises(UnknownModelError, match="alias 'fast' names no deployment that is there"):
            router.decide(ask("fast"), verdict(), UP)

    def test_auto_without_any_deployment_says_so(self) -> None:
        with pytest.raises(UnknownModelError, match="route 'auto' names no deployment"):
            Router(Settings(), []).decide(ask("auto"), verdict([], []), UP)

    def test_names_are_those_that_lead_somewhere(self) -> None:
        router = Router(Settings(aliases={"fast": "groq/llama", "none": "gone/away"}), EVERY)
        assert router.names(verdict([SMALL])) == ["auto", "embedded/small", "small"]
        assert "fast" in router.names(verdict())
        assert "none" not in router.names(verdict())

    def test_what_aliases_and_routes_lead_to_can_be_listed(self) -> None:
        settings = Settings(
            aliases={"fast": "a/1", "both": ("a/2", "a/3")},
            routes={"r": RouteSettings(candidates=("fast", "a/4"), rules=(Rule(use=("both", "a/5")),))},
            auto=RouteSettings(rules=(Rule(use=("a/6",)),)),
        )
        assert mentioned(settings) == {f"a/{n}" for n in range(1, 7)}
        assert mentioned(Settings()) == frozenset()

    def test_a_route_adds_labels(self) -> None:
        settings = Settings(routes={"ward": RouteSettings(labels=("phi",))})
        router = Router(settings, EVERY)
        assert router.labels("ward") == {"phi"}
        assert router.labels("auto") == router.labels("anything") == frozenset()


class TestDynamic:
    LATE = deployment("openrouter/new", Lane.HOSTED)

    def router(self) -> tuple[Router, list[str]]:
        asked: list[str] = []

        def resolve(name: str) -> Deployment | None:
            asked.append(name)
            return self.LATE if name == self.LATE.id else None

        return Router(Settings(), EVERY, dynamic=resolve), asked

    def test_a_late_deployment_is_pinned_once_the_verdict_names_it(self) -> None:
        router, asked = self.router()
        assert router.dynamic("openrouter/new") is router.dynamic("openrouter/new")
        assert asked == ["openrouter/new"]
        extended = verdict([*EVERY, self.LATE])
        assert ids(router.decide(ask("openrouter/new"), extended, UP)) == ["openrouter/new"]

    def test_a_late_deployment_nobody_judged_is_refused(self) -> None:
        router, _ = self.router()
        router.dynamic("openrouter/new")
        with pytest.raises(PolicyError, match="not judged, so not permitted"):
            router.decide(ask("openrouter/new"), verdict(), UP)

    def test_known_names_are_not_resolved_and_unknown_ones_stay_unknown(self) -> None:
        router, asked = self.router()
        assert router.dynamic("openai/gpt") is None
        assert asked == []
        assert router.dynamic("openrouter/none") is None
        with pytest.raises(UnknownModelError):
            router.decide(ask("openrouter/none"), verdict(), UP)

    def test_without_a_resolver_there_is_nothing_dynamic(self) -> None:
        assert Router(Settings(), EVERY).dynamic("openrouter/new") is None

    def test_the_caches_stay_bounded_whatever_names_callers_invent(self) -> None:
        router = Router(Settings(), [], dynamic=lambda name: deployment(name, Lane.HOSTED))
        for number in range(MAX_CACHED + 20):
            late = router.dynamic(f"openrouter/{number}")
            assert late is not None
            router.decide(ask(late.id), verdict([late], []), UP)
        assert len(router._dynamic) == len(router._plans) == MAX_CACHED


class TestPinned:
    def test_needs_are_not_second_guessed(self) -> None:
        request = ask("together/llama", size=10_000_000, needs=Needs(tools=True))
        assert ids(Router(Settings(), EVERY).decide(request, verdict(), UP)) == ["together/llama"]

    def test_it_is_exactly_that_one_even_when_it_is_down(self) -> None:
        decision = Router(Settings(), EVERY).decide(ask("openai/gpt"), verdict(), Down(openai_gpt="refused"))
        assert ids(decision) == ["openai/gpt"]

    def test_refused_names_the_label_the_rule_and_what_is_permitted(self) -> None:
        with pytest.raises(PolicyError) as caught:
            Router(Settings(), EVERY).decide(ask("openai/gpt"), verdict([SMALL], EVERY, "phi"), UP)
        assert caught.value.status == 403
        assert caught.value.message == (
            "Label 'phi' permits nothing that 'openai/gpt' stands for "
            "(openai/gpt: label 'x' permits own, this is closed). Permitted are embedded/small."
        )

    def test_a_ceiling_refuses_a_weak_one(self) -> None:
        router = Router(Settings(), EVERY)
        with pytest.raises(PolicyError, match="demands the strong model"):
            router.decide(ask("groq/llama"), verdict(ceiling=True), UP)
        assert ids(router.decide(ask("openai/gpt"), verdict(ceiling=True), UP)) == ["openai/gpt"]

    def test_an_operation_it_does_not_serve_is_a_bad_request(self) -> None:
        with pytest.raises(BadRequestError, match="does not serve embeddings"):
            Router(Settings(), EVERY).decide(ask("openai/gpt", EMBEDDINGS), verdict(), UP)

    def test_a_hit_is_the_same_object_and_never_crosses_verdicts(self) -> None:
        router = Router(Settings(), EVERY)
        allowed, denied = verdict(), verdict([SMALL])
        assert allowed.labels == denied.labels
        first = router.decide(ask("openai/gpt"), allowed, UP)
        assert router.decide(ask("openai/gpt"), allowed, UP) is first
        with pytest.raises(PolicyError):
            router.decide(ask("openai/gpt"), denied, UP)


class TestAlias:
    ROUTER = Router(Settings(aliases={"a": ("openai/gpt", "embedded/small", "groq/llama")}), EVERY)

    def test_in_the_given_order_filtered_by_the_verdict(self) -> None:
        decision = self.ROUTER.decide(ask("a"), verdict([SMALL, GROQ]), UP)
        assert ids(decision) == ["embedded/small", "groq/llama"]
        assert why(decision) == {"openai/gpt": "label 'x' permits own, this is closed"}

    def test_what_is_down_goes_last_and_comes_back(self) -> None:
        judged = verdict()
        decision = self.ROUTER.decide(ask("a"), judged, Down(openai_gpt="connection refused"))
        assert ids(decision) == ["embedded/small", "groq/llama", "openai/gpt"]
        assert decision.candidates[-1].reason == "down: connection refused"
        assert ids(self.ROUTER.decide(ask("a"), judged, UP)) == [
            "openai/gpt",
            "embedded/small",
            "groq/llama",
        ]

    def test_a_ceiling_keeps_the_strong(self) -> None:
        decision = self.ROUTER.decide(ask("a"), verdict(ceiling=True), UP)
        assert ids(decision) == ["openai/gpt"]
        assert set(why(decision)) == {"embedded/small", "groq/llama"}

    def test_embeddings_use_only_what_serves_them(self) -> None:
        assert ids(self.ROUTER.decide(ask("a", EMBEDDINGS), verdict(), UP)) == ["embedded/small"]
        assert ids(self.ROUTER.decide(ask("a", CHAT), verdict(), UP))[0] == "openai/gpt"


class TestAuto:
    def decide(
        self, request: Request | None = None, judged: Verdict | None = None, *rules: Rule, health: Down = UP
    ) -> Decision:
        router = Router(Settings(auto=RouteSettings(rules=rules)), EVERY)
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
        assert ids(self.decide(judged=verdict(ceiling=True))) == ["openai/gpt"]
        with pytest.raises(PolicyError, match=r"marked strong \(permitted: embedded/small\)"):
            self.decide(judged=verdict([SMALL], ceiling=True))

    def test_a_rule_cannot_lower_the_ceiling(self) -> None:
        decision = self.decide(None, verdict(ceiling=True), Rule(use=("groq/llama",)))
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
        return Router(settings, EVERY).decide(
            request or ask("auto"), verdict(EVERY, EVERY, *(labels or ("internal",))), UP
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

    def test_an_own_machine_costs_its_share_of_the_hour(self) -> None:
        gpu = deployment("own/gpu", Lane.OWN, machine_hour=Decimal("3.60"), slots=8)
        assert self.order(gpu) == [("own/gpu", Decimal("0.00128"), "")]

    def test_a_price_on_an_own_machine_does_not_count(self) -> None:
        gpu = deployment("own/gpu", Lane.OWN, price=price("100", "100"))
        assert self.order(gpu, GROQ)[0][:2] == ("own/gpu", Decimal(0))

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


def test_another_strategy_takes_the_place_of_the_built_in_one() -> None:
    class Backwards:
        name = "backwards"

        def choose(self, permitted: Iterable[Deployment], request: Request, judged: Verdict) -> Choice:
            assert request.model == "auto"
            assert judged.permitted
            return Choice(
                sorted(permitted, key=lambda d: d.id, reverse=True), reasons=["because it was asked to"]
            )

    router = Router(Settings(), EVERY, strategies={"auto": Backwards()})
    decision = router.decide(ask("auto"), verdict(), UP)
    assert decision.strategy == "backwards"
    assert ids(decision)[0] == "together/llama"


def test_the_revision_changes_with_routes_and_facts_only() -> None:
    base = Router(Settings(), EVERY).revision
    assert Router(Settings(), reversed(EVERY)).revision == base
    assert Router(Settings(labels={"a": LabelRule(lanes=ALL_LANES)}), EVERY).revision == base
    assert Router(Settings(aliases={"a": "openai/gpt"}), EVERY).revision != base
    dearer = msgspec.structs.replace(GROQ, price=price("1", "1"))
    assert Router(Settings(), [dearer, *EVERY[:-1]]).revision != base


DEPLOYMENT = st.builds(
    deployment,
    st.integers(0, 30).map(lambda n: f"p{n % 3}/m{n}"),
    st.none() | st.sampled_from([*Lane]),
    price=st.none() | st.builds(price, st.sampled_from("0123"), st.sampled_from("012")),
    machine_hour=st.none() | st.just(Decimal(2)),
    operations=st.sampled_from([frozenset({CHAT}), frozenset({EMBEDDINGS}), frozenset({CHAT, EMBEDDINGS})]),
    profile=st.builds(
        Profile,
        context_tokens=st.none() | st.integers(1, 300),
        tools=st.none() | st.booleans(),
        strong=st.booleans(),
    ),
    model=st.sampled_from(["m1", "m2", "m3"]),
)
FOUND = st.lists(DEPLOYMENT, max_size=10, unique_by=lambda d: d.id)
SOME_IDS = st.lists(st.integers(0, 30).map(lambda n: f"p{n % 3}/m{n}"), max_size=4).map(tuple)
ROUTE = st.builds(
    RouteSettings,
    candidates=SOME_IDS,
    rules=st.lists(
        st.builds(
            Rule,
            use=SOME_IDS,
            lanes=st.none() | st.lists(st.sampled_from([*Lane])).map(tuple),
            when=st.builds(When, tools=st.none() | st.booleans(), min_bytes=st.none() | st.integers(0, 600)),
        ),
        max_size=3,
    ).map(tuple),
)
SETTINGS = st.builds(
    Settings,
    aliases=st.dictionaries(st.sampled_from(["a", "b", "m1"]), SOME_IDS.filter(bool)),
    routes=st.dictionaries(st.sampled_from(["r", "s"]), ROUTE),
    auto=ROUTE,
)
REQUEST = st.builds(
    ask,
    st.sampled_from(["auto", "a", "b", "r", "s", "m1", "m2", "p0/m0", "p1/m1", "p2/m2", "nope"]),
    st.sampled_from([*Operation]),
    st.integers(0, 900),
    max_output_tokens=st.none() | st.integers(1, 500),
    needs=st.builds(Needs, tools=st.booleans()),
)


@given(SETTINGS, FOUND, REQUEST, st.data())
def test_a_decision_holds_only_what_the_verdict_permits_and_is_deterministic(
    settings: Settings, found: list[Deployment], request: Request, data: st.DataObject
) -> None:
    permitted = [d for d in found if d.lane is not None and data.draw(st.booleans())]
    judged = verdict(permitted, found, ceiling=data.draw(st.booleans()))
    down = {d.id for d in found if data.draw(st.booleans())}
    health = Down(**{name.replace("/", "_"): "down" for name in down})
    by_id = {d.id: d for d in found}

    def outcome(router: Router) -> Decision | tuple[type, str]:
        try:
            return router.decide(request, judged, health)
        except WyeError as error:
            return type(error), error.message

    router = Router(settings, found)
    first = outcome(router)
    assert outcome(router) == first
    assert outcome(Router(settings, data.draw(st.permutations(found)))) == first
    if isinstance(first, tuple):
        assert issubclass(first[0], UnknownModelError | PolicyError | BadRequestError)
        return
    chosen = ids(first)
    assert chosen
    assert len(set(chosen)) == len(chosen) <= MAX_CANDIDATES
    assert set(chosen) <= judged.permitted
    assert all(request.operation in by_id[name].operations for name in chosen)
    assert not judged.ceiling or all(by_id[name].profile.strong for name in chosen)
    assert set(chosen).isdisjoint(why(first))
    assert all(c.reason for c in first.excluded)
    standing = [name in down for name in chosen]
    assert standing == sorted(standing)
