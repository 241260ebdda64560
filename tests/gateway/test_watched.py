"""Which requests of a certified route can be shadowed: known before any score is."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from routing.facts import deployment
from routing.granted import FACTS, alike
from routing.test_certificate import CERTIFICATE
from wye.config.settings import Settings
from wye.config.strategies import ShadowSettings
from wye.core.decision import Candidate, Decision, Verdict
from wye.core.request import Operation, Request
from wye.gateway.gate import Gate
from wye.gateway.job import Job
from wye.gateway.keys import ANONYMOUS, Caller
from wye.gateway.spoken import CHAT
from wye.gateway.target import target
from wye.gateway.watched import MOST_BYTES, Watched, eligible, own_job, watch
from wye.ledger.entry import Entry
from wye.routing.measured import Serving
from wye.routing.revision import Learnt
from wye.routing.serving import InForce
from wye.routing.state import RouteState
from wye.routing.watch.monitor import Plan

STATE = RouteState(Path("nowhere"), "auto")
TARGETS = {
    name: target(deployment(name, None, model=model), Gate(name, 4, 8, 1.0))
    for name, model in (("frontier", "big"), ("house", "small"), ("claude-referee", "referee"))
}
BODY = b'{"model": "auto", "messages": [{"role": "user", "content": "hi"}]}'
WATCHED = Watched(STATE, ShadowSettings(), "big", "small", "c", Plan(0.02))


def job(
    permitted: tuple[str, ...] = tuple(TARGETS),
    candidates: tuple[str, ...] = ("house", "frontier"),
    **asks: Any,
) -> Job:
    request = Request("openai_chat", Operation.CHAT, "auto", BODY)
    decision = Decision(
        "auto", tuple(Candidate(i, None) for i in candidates), certificate="c", covered=candidates
    )
    caller = Caller("k1", "k1", rpm=1)
    return Job(
        msgspec.structs.replace(request, **asks),
        Verdict(frozenset({"internal"}), frozenset(permitted), {}, ceiling=False, revision="v1"),
        decision,
        CHAT,
        caller,
        Entry.begin("d1", "r1", "openai_chat", "chat"),
        TARGETS,
        None,  # type: ignore[arg-type]  # no session is asked
    )


def test_both_models_are_found_by_name_or_by_model() -> None:
    drawn = eligible(job(), WATCHED)
    assert drawn is not None
    assert (drawn.strong, drawn.weak) == ("frontier", "house")


@pytest.mark.parametrize(
    "asks",
    [
        {"operation": Operation.EMBEDDINGS},
        {"choices": 2},
        {"previous": "resp_1"},
        {"keep": True},
        {"stored": True},
        {"steers": "models"},
        {"body": b" " * (MOST_BYTES + 1)},
        {"protocol": "ollama"},
    ],
)
def test_what_nobody_could_compare_is_not_shadowed(asks: dict[str, Any]) -> None:
    assert eligible(job(**asks), WATCHED) is None


def test_who_is_no_candidate_is_not_asked() -> None:
    """What policy does not permit is no candidate."""
    assert eligible(job(candidates=("house",)), WATCHED) is None
    assert eligible(job(candidates=("frontier",)), WATCHED) is None


def test_a_judge_that_policy_does_not_permit_judges_nothing() -> None:
    judged = msgspec.structs.replace(WATCHED, judge="claude-referee")
    assert eligible(job(), judged) is not None
    assert eligible(job(permitted=("house", "frontier")), judged) is None


def test_clients_come_first() -> None:
    gate = TARGETS["frontier"].gate
    for _ in range(3):
        assert gate.try_enter()
    assert eligible(job(), WATCHED) is None
    for _ in range(3):
        gate.leave(0.0)
    assert eligible(job(), WATCHED) is not None


def test_a_shadow_is_on_nobodys_budget_and_bound_by_the_same_verdict() -> None:
    asked = job()
    asked.entry.judged(asked.verdict.labels, asked.verdict)
    made = own_job(asked, "frontier", "shadow")
    assert (made.caller, made.verdict, made.hedge) == (ANONYMOUS, asked.verdict, None)
    assert (made.entry.shadow_of, made.entry.permitted) == ("d1", asked.entry.permitted)
    assert made.entry.id != "d1"
    assert [one.deployment for one in made.decision.candidates] == ["frontier"]


@pytest.mark.parametrize(
    ("judge", "told"), [("nobody", "is not there"), ("gpt", "same family"), ("judges", "same family")]
)
def test_a_judge_that_is_kin_or_absent_means_no_watch(
    judge: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    there = TARGETS | {"gpt": target(deployment("gpt", None, model="gpt-4o"), Gate("gpt", 4, 8, 1.0))}
    now: Any = SimpleNamespace(settings=Settings(aliases={"judges": ("gpt",)}), targets=there)
    kin = InForce(Serving(Learnt(msgspec.structs.replace(FACTS, strong="openai/o3"), alike())), CERTIFICATE)
    assert watch(now, STATE, kin, ShadowSettings(judge=judge)) is None
    assert told in caplog.text
    watched = watch(now, STATE, kin, ShadowSettings(judge="claude-referee"))
    assert watched is not None
    assert (watched.judge, watched.certificate) == ("claude-referee", CERTIFICATE.id)
    alone = watch(now, STATE, kin._replace(certificate=None), ShadowSettings())
    assert alone is not None
    assert (alone.certificate, alone.plan, alone.strong) == ("", None, "openai/o3")
    assert watch(now, STATE, InForce(), ShadowSettings()) is None


def test_kin_is_found_behind_ids(caplog: pytest.LogCaptureFixture) -> None:
    """Labels may call a model by its deployment's id, which says nothing of its family."""
    there = {
        name: target(deployment(name, None, model=model), Gate(name, 4, 8, 1.0))
        for name, model in (("best", "claude-opus"), ("house", "small"), ("referee", "claude-haiku"))
    }
    now: Any = SimpleNamespace(settings=Settings(), targets=there)
    learnt = Learnt(msgspec.structs.replace(FACTS, strong="best", weak="house"), alike())
    assert watch(now, STATE, InForce(Serving(learnt)), ShadowSettings(judge="referee")) is None
    assert "same family" in caplog.text


def test_what_was_drawn_with_another_probability_is_not_gone_on_with() -> None:
    bare = Watched(STATE, ShadowSettings(), "big", "small")
    assert bare.like(Watched(STATE, ShadowSettings(), "big", "small"))
    assert not bare.like(Watched(STATE, ShadowSettings(probability=0.5), "big", "small"))
