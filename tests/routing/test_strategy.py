"""Whatever a route's strategy is made of: it adds nobody, and leaves nobody out without a reason."""

import sys
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import EVERY, Down, ask, ids, verdict, why
from routing.talks import Talk, opined, opinion
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import Objective, RouteSettings, Rule, When
from wye.core.decision import Seat
from wye.core.errors import PolicyError, UnknownModelError
from wye.core.lane import Lane
from wye.core.task import TASKS
from wye.routing import Router
from wye.routing.hook import Asked, Offer
from wye.routing.load import Load
from wye.routing.opinion import Opinion

NAMES = ("evil/one", "several", *(d.id for d in EVERY))
ALIASES = {"several": ("groq/llama", "evil/one", "openai/gpt")}
names = st.sampled_from(NAMES)
shares = st.dictionaries(names, st.floats(0, 30), max_size=3)
scores = st.floats(0, 1)
objectives = st.builds(
    Objective,
    best=st.sampled_from(["cheapest", "quality", "fastest", "weighed"]),
    quality=st.none() | scores,
    cost=st.none() | st.decimals(0, Decimal("0.01"), places=5),
    ttft_ms=st.none() | st.floats(1, 2_000),
    weights=st.dictionaries(st.sampled_from(["quality", "cost", "latency"]), st.floats(0, 100)),
)
conditions = st.builds(
    When,
    tasks=st.none() | st.lists(st.sampled_from(TASKS), max_size=3).map(tuple),
    stream=st.none() | st.booleans(),
)
rules = st.builds(
    Rule,
    use=st.lists(names, max_size=3).map(tuple),
    lanes=st.none() | st.lists(st.sampled_from(Lane), max_size=2).map(tuple),
    objective=st.none() | objectives,
    weights=shares,
    canary=shares,
    when=conditions,
)
routes = st.builds(
    RouteSettings,
    candidates=st.lists(names, max_size=4).map(tuple),
    rules=st.lists(rules, max_size=3).map(tuple),
    objective=objectives,
    strong=st.none() | names,
    hook=st.none() | st.just("a_hook_of_strategies:order"),
)
loads = st.dictionaries(names, st.builds(Load, ttft_ms=st.none() | st.floats(1, 3_000)), max_size=4)
opinions = st.builds(
    lambda known, task, unlike: opinion(known, task, unlike=unlike),
    st.dictionaries(names, scores, max_size=5),
    st.sampled_from(["", *TASKS]),
    st.booleans(),
)


class Case(NamedTuple):
    """All that a decision depends on."""

    route: RouteSettings
    told: Opinion
    permitted: set[Deployment]
    ceiling: bool
    loads: dict[str, Load]
    down: set[str]
    mark: bytes
    seat: Seat | None
    stream: bool

    @property
    def health(self) -> Down:
        health = Down(**{name.replace("/", "_"): "resting" for name in self.down})
        health.loads = self.loads
        return health


cases = st.builds(
    Case,
    routes,
    opinions,
    st.sets(st.sampled_from(EVERY), min_size=1),
    st.booleans(),
    loads,
    st.sets(names),
    st.binary(max_size=4),
    st.none() | st.builds(Seat, names, st.integers(0, 100_000)),
    st.booleans(),
)


@pytest.fixture(autouse=True)
def _hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a hook where routes find it, that turns the order round, leaves one out and names strangers."""

    def order(_asked: Asked, offers: tuple[Offer, ...]) -> list[str]:
        return ["evil/one", *(offer.deployment for offer in offers[:0:-1]), "openai/gpt", "groq/llama"]

    module = type(sys)("a_hook_of_strategies")
    module.order = order  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_hook_of_strategies", module)


@given(cases)
def test_it_never_adds_what_the_verdict_does_not_permit(case: Case) -> None:
    router = opined(Router(Settings(auto=case.route, aliases=ALIASES), EVERY), "auto", case.told)
    judged = verdict(case.permitted, EVERY, ceiling=case.ceiling)
    strong = {d.id for d in EVERY if d.profile.strong}
    able = judged.permitted & strong if case.ceiling else judged.permitted
    try:
        decision = router.decide(
            ask("auto", stream=case.stream), judged, case.health, Talk(case.mark, case.seat)
        )
    except (PolicyError, UnknownModelError):
        among = {i for name in case.route.candidates for i in ALIASES.get(name, (name,))}
        assert not able or (among and among.isdisjoint(able))
        return
    chosen = ids(decision)
    assert chosen
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= able
    # Whoever might have served is a candidate, or stands there with the reason.
    left_out = why(decision)
    assert not set(chosen) & left_out.keys()
    assert all(left_out.values())
    among = set(router.behind("auto", judged))
    assert among == set(chosen) | (left_out.keys() & able)


@given(cases)
def test_a_draw_sticks_to_its_conversation(case: Case) -> None:
    """What else moves (loads, health, opinions) is left out: then each turn is decided as the last."""
    rules = (*case.route.rules, Rule(weights={d.id: 1 for d in EVERY[:3]}, canary={EVERY[3].id: 30}))
    route = RouteSettings(rules=rules)
    router = Router(Settings(auto=route, aliases=ALIASES), EVERY)
    turns = [
        router.decide(ask("auto", size=400 + turn), verdict(), Down(), Talk(case.mark)) for turn in range(3)
    ]
    assert {turn.candidates[0].deployment for turn in turns} == {turns[0].candidates[0].deployment}
