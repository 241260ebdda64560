"""What an upstream holds goes on there, or is refused with the reason: it is never sent elsewhere."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import EVERY, UP, Down, ask, deployment, ids, price, verdict
from wye.catalog.deployments import Deployment, Endpoint
from wye.config.settings import Settings
from wye.core.decision import Seat
from wye.core.errors import BadRequestError, PolicyError, UnknownModelError, UnknownPreviousError
from wye.core.lane import Lane
from wye.core.secret import Secret
from wye.protocols.lossiness.losses import Losses
from wye.routing import Router
from wye.routing.held import sole

OPENAI = Endpoint("https", "api.openai.com", 443)
SPEAKS = {"also": frozenset({"openai_responses"}), "price": price("1", "2")}
FACTS = {"endpoint": OPENAI, "api_key": Secret("a")} | SPEAKS
HOLDER = deployment("openai/big", Lane.CLOSED, **FACTS)
SISTER = deployment("openai/mini", Lane.CLOSED, **FACTS)
STRANGER = deployment("openai/other", Lane.CLOSED, **FACTS | {"api_key": Secret("b")})
NEWER = deployment(
    "openai/newer",
    Lane.CLOSED,
    **FACTS | {"protocol": "openai_responses", "also": frozenset({"openai_chat"})},
)
CHATTY = deployment("openai/chatty", Lane.CLOSED, **FACTS | {"also": frozenset()})
FOUND = (*EVERY, HOLDER, SISTER, STRANGER, NEWER, CHATTY)
ACCOUNT = {"openai/big", "openai/mini", "openai/newer"}
NAMES = (
    "auto",
    "several",
    "openai/big",
    "big",
    "openai/mini",
    "openai/other",
    "openai/newer",
    "openai/chatty",
    "groq/llama",
)
ROUTER = Router(Settings(aliases={"several": ("groq/llama", "openai/big")}), FOUND)


class Held:
    def __init__(self, holder: str | None) -> None:
        self.holder = holder

    def seat(self) -> Seat | None:
        raise AssertionError

    def losses(self, _: Deployment) -> Losses:
        raise AssertionError

    def prompt(self) -> str:
        raise AssertionError


@pytest.mark.parametrize("model", ["auto", "several", "openai/big", "big"])
def test_whatever_name_leads_to_the_holder_goes_there_alone(model: str) -> None:
    decision = ROUTER.decide(ask(model), verdict(FOUND, FOUND), UP, Held("openai/big"))
    assert ids(decision) == ["openai/big"]
    assert decision.strategy == "held"
    assert decision.reasons == ("its upstream holds what came before",)


@pytest.mark.parametrize("model", ["openai/mini", "openai/newer"])
def test_another_model_of_the_same_account_may_go_on(model: str) -> None:
    decision = ROUTER.decide(ask(model), verdict(FOUND, FOUND), UP, Held("openai/big"))
    assert ids(decision) == [model]


@pytest.mark.parametrize("model", ["openai/other", "openai/chatty", "groq/llama"])
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
    except (BadRequestError, PolicyError, UnknownModelError, UnknownPreviousError):
        return
    (only,) = ids(decision)
    assert {only, holder} <= permitted
    assert only == holder or (only in ACCOUNT and holder in {*ACCOUNT, "openai/chatty"})


ONE = (*EVERY, HOLDER, SISTER, NEWER, CHATTY)


@pytest.mark.parametrize("model", ["openai/mini", "openai/newer", "auto", "several"])
def test_what_nobody_remembers_goes_to_the_only_account(model: str) -> None:
    router = Router(Settings(aliases={"several": ("groq/llama", "openai/big")}), ONE)
    (chosen,) = ids(decision := router.decide(ask(model), verdict(ONE, ONE), UP, Held(None)))
    assert chosen in ACCOUNT
    assert decision.strategy == "held"
    assert decision.reasons == ("nobody here knows what came before, and only this account could hold it",)


@pytest.mark.parametrize("model", ["openai/chatty", "groq/llama"])
def test_a_model_elsewhere_does_not_lead_there(model: str) -> None:
    asked = msgspec.structs.replace(ask(model), previous="resp_1")
    with pytest.raises(UnknownPreviousError, match="Previous response with id 'resp_1' not found") as refused:
        Router(Settings(), ONE).decide(asked, verdict(ONE, ONE), UP, Held(None))
    assert refused.value.param == "previous_response_id"


def test_of_two_accounts_neither_is_asked_unless_the_verdict_leaves_one() -> None:
    with pytest.raises(UnknownPreviousError):
        ROUTER.decide(ask("openai/mini"), verdict(FOUND, FOUND), UP, Held(None))
    left = verdict([d for d in FOUND if d is not STRANGER], FOUND)
    assert ids(ROUTER.decide(ask("openai/mini"), left, UP, Held(None))) == ["openai/mini"]


def test_nobody_may_be_the_only_one() -> None:
    judged = verdict(EVERY, FOUND)
    assert sole(FOUND, judged, frozenset({"openai_responses"})) is None
    with pytest.raises(UnknownPreviousError):
        ROUTER.decide(ask("auto"), judged, UP, Held(None))


@given(
    st.sets(st.sampled_from(FOUND)), st.sets(st.sampled_from(["openai_chat", "openai_responses"]), min_size=1)
)
def test_the_only_one_is_permitted_speaks_so_and_is_alone(permitted: Any, speaks: Any) -> None:
    able = [one for one in FOUND if one in permitted and {one.protocol, *one.also} >= speaks]
    accounts = {(one.endpoint, one.api_key) for one in able}
    found = sole(FOUND, verdict(permitted, FOUND), frozenset(speaks))
    assert found == (able[0] if len(accounts) == 1 else None)
