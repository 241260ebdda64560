"""A hook orders and narrows; it adds nobody, and one that fails is passed over."""

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from routing.facts import EVERY, GROQ, LLAMA, SMALL, STRONG, Down, ask, ids, verdict, why
from routing.talks import Talk, decide, opinion
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings, Rule
from wye.core.lane import Lane
from wye.core.request import Needs
from wye.routing import Router
from wye.routing.hook import Asked, Offer
from wye.routing.load import Load

Order = Callable[[Asked, tuple[Offer, ...]], Any]
HOOK = "a_hook_of_the_tests:order"


@pytest.fixture
def hooked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Order], RouteSettings]:
    """Return what makes a route with a function as its hook."""

    def make(order: Order) -> RouteSettings:
        module = type(sys)("a_hook_of_the_tests")
        module.order = order  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "a_hook_of_the_tests", module)
        return RouteSettings(hook=HOOK)

    return make


Hooked = Callable[[Order], RouteSettings]


def test_it_orders_and_narrows_last(hooked: Hooked) -> None:
    def dearest_two(asked: Asked, offers: Sequence[Offer]) -> list[str]:
        del asked
        ranked = sorted(offers, key=lambda offer: offer.expected_cost or 0, reverse=True)
        return [offer.deployment for offer in ranked[:2]]

    decision = decide(hooked(dearest_two))
    assert ids(decision) == [STRONG.id, LLAMA.id]
    assert why(decision)[SMALL.id] == f"left out by the hook '{HOOK}'"
    assert decision.reasons[-1] == f"hook '{HOOK}'"


def test_it_is_told_what_is_known(hooked: Hooked) -> None:
    seen: list[tuple[Asked, tuple[Offer, ...]]] = []

    def look(asked: Asked, offers: tuple[Offer, ...]) -> list[str]:
        seen.append((asked, offers))
        return [GROQ.id]

    health = Down()
    health.loads = {GROQ.id: Load(ttft_ms=120, error_rate=0.1, saturated="its queue is full")}
    told = opinion({GROQ.id: 0.7}, task="code")
    request = ask("auto", stream=True, needs=Needs(tools=False, json=True), max_output_tokens=77)
    decide(hooked(look), told, talk=Talk(prompt="Why?"), health=health, request=request)
    ((asked, offers),) = seen
    assert (asked.route, asked.prompt, asked.task, asked.size) == ("auto", "Why?", "code", 400)
    assert (asked.stream, asked.json, asked.tools, asked.max_output_tokens) == (True, True, False, 77)
    assert asked.labels == {"internal"}
    groq = next(offer for offer in offers if offer.deployment == GROQ.id)
    assert (groq.model, groq.provider, groq.lane) == ("llama", "groq", Lane.HOSTED)
    assert (groq.quality, groq.ttft_ms, groq.error_rate, groq.saturated) == (0.7, 120, 0.1, True)
    assert next(offer for offer in offers if offer.deployment == STRONG.id).strong
    with pytest.raises(AttributeError):
        asked.task = "chat"  # type: ignore[misc]


def test_it_adds_nobody(hooked: Hooked) -> None:
    route = hooked(lambda _asked, _offers: [STRONG.id, "evil/one", GROQ.id, GROQ.id])
    decision = decide(route, judged=verdict((SMALL, GROQ)))
    assert ids(decision) == [GROQ.id]


def _raise(_asked: Asked, _offers: object) -> list[str]:
    message = "no luck"
    raise RuntimeError(message)


def _exit(_asked: Asked, _offers: object) -> list[str]:
    sys.exit(3)


@pytest.mark.parametrize(
    ("order", "why_not"),
    [
        (_raise, "it failed with RuntimeError: no luck"),
        (_exit, "it failed with SystemExit: 3"),
        (lambda _a, _o: None, "it failed with TypeError: a hook returns a list of deployments' ids"),
        (lambda _a, _o: "groq/llama", "it failed with TypeError: a hook returns a list of deployments' ids"),
        (lambda _a, _o: [1], "it failed with TypeError: a hook returns a list of deployments' ids"),
        (lambda _a, offers: offers[99], "it failed with IndexError: tuple index out of range"),
        (lambda _a, _o: [], "it would leave nobody"),
        (lambda _a, _o: ["evil/one"], "it would leave nobody"),
    ],
)
def test_one_that_fails_is_passed_over(hooked: Hooked, order: Order, why_not: str) -> None:
    decision = decide(hooked(order))
    assert ids(decision) == ids(decide(RouteSettings()))
    assert decision.reasons[-1] == f"hook '{HOOK}' passed over: {why_not}"


def test_the_log_has_its_error_once(hooked: Hooked, caplog: pytest.LogCaptureFixture) -> None:
    router = Router(Settings(auto=hooked(_raise)), EVERY)
    with caplog.at_level(logging.WARNING, "wye"):
        for _ in range(3):
            router.decide(ask("auto"), verdict(), Down())
    (record,) = caplog.records
    assert record.getMessage() == f"route 'auto': hook '{HOOK}' failed: RuntimeError: no luck"
    assert record.exc_info


def test_the_log_has_one_that_is_slow(
    hooked: Hooked, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wye.routing.hook.SLOW_SECONDS", -1.0)
    with caplog.at_level(logging.WARNING, "wye"):
        decision = decide(hooked(lambda _asked, _offers: [GROQ.id]))
    assert ids(decision) == [GROQ.id]
    assert "is slow: " in caplog.text


def test_it_runs_after_rules(hooked: Hooked) -> None:
    route = hooked(lambda _asked, offers: [offer.deployment for offer in reversed(offers)])
    ruled = RouteSettings(hook=route.hook, rules=(Rule(use=(GROQ.id, LLAMA.id)),))
    assert ids(decide(ruled)) == [LLAMA.id, GROQ.id]


def test_one_that_is_not_there_builds_no_router() -> None:
    with pytest.raises(ValueError, match="there is no module 'no_such_module'"):
        Router(Settings(auto=RouteSettings(hook="no_such_module:f")), EVERY)
