"""What an upstream holds goes on there, or is refused with the reason: it is never sent elsewhere."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import EVERY, GROQ, LLAMA, STRONG, UP, Down, ask, deployment, ids, price, verdict
from wye.catalog.deployments import Deployment, Endpoint
from wye.config.settings import Settings
from wye.core.decision import Seat
from wye.core.errors import BadRequestError, PolicyError, UnknownModelError
from wye.core.lane import Lane
from wye.core.secret import Secret
from wye.protocols.lossiness import Losses
from wye.routing import Router

OPENAI = Endpoint("https", "api.openai.com", 443)
FACTS = {"endpoint": OPENAI, "api_key": Secret("a"), "protocol": "openai_chat", "price": price("1", "2")}
HOLDER = deployment("openai/big", Lane.CLOSED, **FACTS)
SISTER = deployment("openai/mini", Lane.CLOSED, **FACTS)
STRANGER = deployment("openai/other", Lane.CLOSED, **FACTS | {"api_key": Secret("b")})
FOUND = (*EVERY, HOLDER, SISTER, STRANGER)
NAMES = ("auto", "several", "openai/big", "big", "openai/mini", "openai/other", "groq/llama")
ROUTER = Router(Settings(aliases={"several": ("groq/llama", "openai/big")}), FOUND)


class Held:
    def __init__(self, holder: str) -> None:
        self.holder = holder

    def seat(self) -> Seat | None:
        raise AssertionError

    def losses(self, _: Deployment) -> Losses:
        raise AssertionError


@pytest.mark.parametrize("model", ["auto", "several", "openai/big", "big"])
def test_whatever_name_leads_to_the_holder_goes_there_alone(model: str) -> None:
    decision = ROUTER.decide(ask(model), verdict(FOUND, FOUND), UP, Held("openai/big"))
    assert ids(decision) == ["openai/big"]
    assert decision.strategy == "held"
    assert decision.reasons == ("its upstream holds what came before",)


def test_another_model_of_the_same_account_may_go_on() -> None:
    decision = ROUTER.decide(ask("openai/mini"), verdict(FOUND, FOUND), UP, Held("openai/big"))
    assert ids(decision) == ["openai/mini"]


@pytest.mark.parametrize("model", ["openai/other", "groq/llama"])
def test_another_account_may_not(model: str) -> None:
    with pytest.raises(BadRequestError, match="does not lead there: ask for 'openai/big'"):
        ROUTER.decide(ask(model), verdict(FOUND, FOUND), UP, Held("openai/big"))


def test_policy_comes_first() -> None:
    judged = verdict([d for d in FOUND if d is not HOLDER], FOUND)
    for model in ("auto", "openai/mini"):
        with pytest.raises(PolicyError, match="may not be asked: label 'x' permits own") as refused:
            ROUTER.decide(ask(model), judged, UP, Held("openai/big"))
        assert refused.value.param == "previous_response_id"
    with pytest.raises(PolicyError):
        ROUTER.decide(ask("openai/big"), judged, UP, Held("openai/big"))


def test_a_holder_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(BadRequestError, match="'gone/model' holds what came before, and it is not there now"):
        ROUTER.decide(ask("auto"), verdict(FOUND, FOUND), UP, Held("gone/model"))


def test_one_that_is_down_is_asked_all_the_same() -> None:
    health = Down(openai_big="failed")
    assert ids(ROUTER.decide(ask("auto"), verdict(FOUND, FOUND), health, Held("openai/big"))) == [
        "openai/big"
    ]


def test_a_model_of_an_open_list_can_hold() -> None:
    late = msgspec.structs.replace(HOLDER, id="openai/late", model="late")
    router = Router(Settings(), FOUND, dynamic=lambda name: late if name == "openai/late" else None)
    assert router.dynamic("openai/late") is late
    judged = verdict((*FOUND, late), (*FOUND, late))
    assert ids(router.decide(ask("openai/late"), judged, UP, Held("openai/late"))) == ["openai/late"]
    assert ids(router.decide(ask("openai/mini"), judged, UP, Held("openai/late"))) == ["openai/mini"]


@given(
    st.sampled_from([*NAMES, "nobody"]),
    st.sampled_from([*(d.id for d in FOUND), "gone/model"]),
    st.sets(st.sampled_from([d.id for d in FOUND])),
)
def test_it_is_never_sent_to_another_account_or_past_the_verdict(
    model: str, holder: str, permitted: set[str]
) -> None:
    judged = verdict([d for d in FOUND if d.id in permitted], FOUND)
    try:
        decision = ROUTER.decide(ask(model), judged, UP, Held(holder))
    except (BadRequestError, PolicyError, UnknownModelError):
        return
    (only,) = ids(decision)
    assert {only, holder} <= permitted
    assert only == holder or {only, holder} <= {"openai/big", "openai/mini"} or same_place(only, holder)


def same_place(one: str, other: str) -> bool:
    """The deployments of the shared facts are all at one address, without a key."""
    return {one, other} <= {d.id for d in (*EVERY, GROQ, LLAMA, STRONG)}
