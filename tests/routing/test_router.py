"""Decisions for names that fix the deployment, and what holds for every decision."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import (
    CHAT,
    EMBEDDINGS,
    EVERY,
    GROQ,
    SMALL,
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
from wye.config.labels import ALL_LANES, LabelRule
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings, Rule, When
from wye.core.decision import Decision, Verdict
from wye.core.errors import BadRequestError, PolicyError, UnknownModelError, WyeError
from wye.core.lane import Lane
from wye.core.request import Needs, Operation, Request
from wye.routing import Router
from wye.routing.conversation import Conversation
from wye.routing.load import LoadOf
from wye.routing.router import MAX_CANDIDATES
from wye.routing.strategy import Choice


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


def test_every_name_says_what_it_is_and_what_is_behind_it() -> None:
    settings = Settings(
        aliases={"fast": ("openai/gpt", "groq/llama")},
        routes={"ward": RouteSettings(candidates=("embedded/small", "openai/gpt"))},
    )
    router = Router(settings, EVERY)
    kinds = router.kinds()
    assert list(kinds) == sorted(kinds)
    assert (kinds["fast"], kinds["ward"], kinds["auto"]) == ("alias", "route", "route")
    assert (kinds["openai/gpt"], kinds["gpt"], kinds["llama"]) == ("deployment", "model", "model")
    assert router.behind("fast", verdict()) == ("openai/gpt", "groq/llama")
    assert router.behind("fast", verdict(ceiling=True)) == ("openai/gpt",)
    small = verdict([SMALL], EVERY, "phi")
    assert router.behind("ward", small) == ("embedded/small",)
    assert router.behind("gpt", small) == ()


def test_another_strategy_takes_the_place_of_the_built_in_one() -> None:
    class Backwards:
        name = "backwards"

        def choose(
            self,
            permitted: Iterable[Deployment],
            request: Request,
            judged: Verdict,
            _: Conversation,
            load: LoadOf,
        ) -> Choice:
            assert request.model == "auto"
            assert judged.permitted
            assert load("openai/gpt") is None
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
