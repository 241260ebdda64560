"""Where a gate decides whether the weak model's answer is served."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from routing.facts import GROQ, LLAMA, SMALL, STRONG, Down, ask, deployment, ids, verdict
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import GateSettings, RouteSettings, Rule
from wye.core.decision import Decision, Seat
from wye.core.lane import Lane
from wye.core.request import Request
from wye.protocols.lossiness.losses import Losses
from wye.routing import Router
from wye.routing.band import Band, Tally
from wye.routing.conversation import Unknown
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.load import Load
from wye.routing.measured import Serving
from wye.routing.quality import Head, Space
from wye.routing.revision import Learnt, Revision, Weights

FACTS = Revision(
    route="auto",
    strong="gpt",
    weak="groq/llama",
    models=("gpt", "groq/llama"),
    thresholds=(0.1,),
    features="",
    heads="",
    rows="",
    labels={},
)
SECOND = deployment("box/qwen", Lane.OWN, machine_hour=Decimal("0.36"))
FOUND = (STRONG, GROQ, LLAMA, SECOND)
BAND = Band(below=0.4, ask=("qwen",), agrees=0.6)
GATE = GateSettings(ask=("box/qwen",))


def learnt(right: float) -> Learnt:
    """A weak model that is right with this probability, whatever the prompt, beside one that always is."""
    wide = Extractor().dimensions
    zero, one = np.zeros(wide, np.float32), np.ones(wide, np.float32)
    space = Space(zero, one, np.eye(wide, dtype=np.float32)[:1], one[:1], 1.0, 1e9)
    grams = np.zeros(BUCKETS, np.float32)
    axes = np.eye(wide, dtype=np.float32)
    logit = float(np.log(right / (1 - right)))
    heads = [Head(name, zero, grams, c, axes, one) for name, c in (("gpt", 20.0), ("groq/llama", logit))]
    return Learnt(FACTS, Weights(space, heads, []))


class Said(Unknown):
    def __init__(self, seat: Seat | None = None, *refused: str) -> None:
        self._seat = seat
        self._refused = refused

    def losses(self, deployment: Deployment) -> Losses:
        return Losses(refuse=self._refused if deployment is SECOND else ())

    def prompt(self) -> str:
        return "What is it?"

    def seat(self) -> Seat | None:
        return self._seat


def decide(  # noqa: PLR0913  # what a decision depends on, by name
    right: float = 0.7,
    *,
    gate: GateSettings | None = GATE,
    band: Band | None = BAND,
    certificate: str = "c1",
    found: tuple[Deployment, ...] = FOUND,
    permitted: tuple[Deployment, ...] | None = None,
    health: Down | None = None,
    tally: Tally | None = None,
    seat: Seat | None = None,
    request: Request | None = None,
    refused: tuple[str, ...] = (),
    **route: object,
) -> Decision:
    serving = Serving(learnt(right), certificate, 0.1, band)
    chosen = tuple(d.id for d in found if d.id != "box/qwen")
    settings = Settings(auto=RouteSettings(candidates=chosen, gate=gate, **route))  # type: ignore[arg-type]
    tallies = {"auto": tally} if tally else {}
    router = Router(settings, found, measured={"auto": serving}, tallies=tallies)
    judged = verdict(found if permitted is None else permitted, found)
    return router.decide(request or ask("auto"), judged, health or Down(), Said(seat, *refused))


def off(decision: Decision) -> str:
    """Why the gate is off, of a decision that the strong model serves, and nobody uncertified before it."""
    assert (ids(decision)[0], decision.gate) == ("openai/gpt", ())
    assert decision.covered == ("openai/gpt",)
    return next(why.removeprefix("gate off: ") for why in decision.reasons if why.startswith("gate off"))


def test_in_the_band_the_weak_model_answers_first_and_the_strong_one_next() -> None:
    decision = decide()
    assert ids(decision) == ["groq/llama", "openai/gpt", "together/llama"]
    assert decision.gate == ("box/qwen",)
    assert decision.certificate == "c1"
    assert set(decision.covered) == {"groq/llama", "openai/gpt"}
    assert decision.reasons[0] == (
        "certified by c1: 'groq/llama' answers first and serves if 'box/qwen' agrees, "
        "gain 0.300 in the band from 0.100 to 0.400"
    )
    assert not any("strong serves" in reason for reason in decision.reasons)


@pytest.mark.parametrize(("right", "first"), [(0.95, "groq/llama"), (0.5, "openai/gpt")])
def test_outside_of_the_band_nobody_is_asked(right: float, first: str) -> None:
    decision = decide(right)
    assert (ids(decision)[0], decision.gate) == (first, ())
    assert decision.certificate == "c1"


def test_without_a_certificate_or_a_band_there_is_no_gate() -> None:
    for decision in (decide(certificate=""), decide(band=None), decide(gate=None)):
        assert (ids(decision)[0], decision.gate) == ("openai/gpt", ())


def test_another_gate_than_the_certified_one_is_not_asked() -> None:
    told = "it is not the gate that the certificate was earned with"
    assert off(decide(gate=GateSettings(ask=("together/llama",)))) == told
    assert off(decide(gate=GateSettings(ask=("box/qwen", "together/llama")))) == told
    assert off(decide(gate=GateSettings(ask=("box/qwen",), compare="meaning"))) == told
    assert decide(gate=GateSettings(ask=("box/qwen",), compare="answer", meaning=0.85)).gate == ("box/qwen",)
    meant = msgspec.structs.replace(BAND, compare="meaning", meaning=0.9, whole=True)
    assert decide(band=meant, gate=GateSettings(ask=("box/qwen",), compare="meaning", meaning=0.9)).gate
    assert off(decide(band=meant, gate=GateSettings(ask=("box/qwen",), compare="meaning"))) == told
    assert off(decide(found=(STRONG, GROQ, LLAMA))) == "'box/qwen' is not there"


def test_whom_the_policy_does_not_permit_is_not_asked() -> None:
    assert off(decide(permitted=(STRONG, GROQ, LLAMA))) == "the policy does not permit 'box/qwen'"


def test_whom_the_request_does_not_fit_is_not_asked() -> None:
    small = msgspec.structs.replace(SECOND, profile=SMALL.profile)
    long = ask("auto", size=30_000)
    assert "'box/qwen' context of 2048 tokens" in off(
        decide(found=(STRONG, GROQ, LLAMA, small), request=long)
    )
    assert off(decide(request=ask("auto", choices=2))) == "this kind of request has no answer to compare"


def test_whom_the_request_cannot_be_told_is_not_asked() -> None:
    assert (
        off(decide(refused=("cannot be told of `web_search`",)))
        == "'box/qwen' cannot be told of `web_search`"
    )


def test_a_machine_that_is_to_be_spared_is_not_asked() -> None:
    health = Down()
    health.loads["box/qwen"] = Load(saturated="its queue is full")
    assert off(decide(health=health)) == "'box/qwen' is to be spared: its queue is full"


def test_who_is_down_is_not_asked_and_the_weak_model_comes_last() -> None:
    decision = decide(health=Down(box_qwen="resting"))
    assert off(decision) == "'box/qwen' is down: resting"
    assert ids(decision) == ["openai/gpt", "together/llama", "groq/llama"]
    assert off(decide(health=Down(groq_llama="resting"))) == "'openai/gpt' comes first"


def test_it_is_off_where_it_does_not_pay() -> None:
    dear = msgspec.structs.replace(SECOND, machine_hour=Decimal(36))
    told = off(decide(found=(STRONG, GROQ, LLAMA, dear)))
    assert "to save 0.008180 USD in 60% of requests, which is no saving" in told
    free = msgspec.structs.replace(SECOND, lane=Lane.CLOSED, machine_hour=None)
    assert off(decide(found=(STRONG, GROQ, LLAMA, free))) == "what 'box/qwen' costs is not known"


def test_it_switches_itself_off_where_too_few_agree_or_it_costs_more_than_expected() -> None:
    few, dear = Tally(lambda: 0.0), Tally(lambda: 0.0)
    for _ in range(400):
        few.note(Decimal("0.001"), agreed=False)
        dear.note(Decimal("0.02"), agreed=True)
    assert "it would cost 0.001000 USD to save 0.008180 USD in 3% of requests" in off(decide(tally=few))
    assert "it would cost 0.020000 USD to save 0.008180 USD in 98% of requests" in off(decide(tally=dear))


def test_a_warm_cache_is_worth_more_than_it_saves() -> None:
    seat = Seat("openai/gpt", cached_tokens=100_000)
    cached = msgspec.structs.replace(
        STRONG,
        price=msgspec.structs.replace(
            STRONG.price,  # type: ignore[type-var]  # it has one
            rates=msgspec.structs.replace(STRONG.price.rates, cache_read=Decimal("0.5")),  # type: ignore[union-attr]
        ),
    )
    assert "which is no saving" in off(decide(found=(cached, GROQ, LLAMA, SECOND), seat=seat))


def test_an_order_that_a_person_has_set_stands() -> None:
    decision = decide(rules=(Rule(use=("together/llama", "groq/llama", "openai/gpt")),))
    assert (ids(decision)[0], decision.gate) == ("together/llama", ())
