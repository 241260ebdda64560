"""The router counts losses: who must refuse is out, who would lose hints counts as dearer."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.facts import GROQ, LLAMA, RATED, SMALL, UP, ask, deployment, ids, price, verdict, why
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.core.decision import Decision, Seat
from wye.core.errors import CannotCarryError
from wye.core.lane import Lane
from wye.protocols.lossiness.losses import Losses
from wye.routing import Router
from wye.routing.conversation import Unknown

CLAUDE = deployment("anthropic/claude", Lane.CLOSED, price=price("0.1", "0.3"), protocol="anthropic_messages")


class Losing(Unknown):
    """A conversation that knows what it would lose where, and counts how often it was asked."""

    holder = ""

    def __init__(self, losses: Mapping[str, Losses]) -> None:
        self.asked: list[str] = []
        self._losses = losses

    def seat(self) -> Seat | None:
        return None

    def losses(self, deployment: Deployment) -> Losses:
        self.asked.append(deployment.id)
        return self._losses.get(deployment.id, Losses())


def decide(losing: Losing, *found: Deployment) -> Decision:
    return Router(Settings(), found).decide(ask("auto"), verdict(found, found), UP, losing)


def test_who_must_refuse_is_out_with_the_reason() -> None:
    losing = Losing({"groq/llama": Losses(refuse=("openai_chat cannot carry this", "nor that"))})
    decision = decide(losing, GROQ, CLAUDE)
    assert ids(decision) == ["anthropic/claude"]
    assert why(decision) == {"groq/llama": "openai_chat cannot carry this; nor that"}


def test_when_all_must_refuse_the_client_is_told_why() -> None:
    losing = Losing({d.id: Losses(refuse=("no",)) for d in (GROQ, CLAUDE)})
    with pytest.raises(CannotCarryError, match=r"request\. '[a-z/]+' \(and 1 more\) no"):
        decide(losing, GROQ, CLAUDE)


def test_who_loses_hints_comes_after_an_equally_good_one_and_says_so() -> None:
    lossy = Losing({"anthropic/claude": Losses(annotate=("top_k", "seed"))})
    decision = decide(lossy, GROQ, CLAUDE)
    assert ids(decision) == ["groq/llama", "anthropic/claude"]
    assert decision.candidates[1].reason == "would lose top_k, seed"
    assert ids(decide(Losing({}), GROQ, CLAUDE)) == ["groq/llama", "anthropic/claude"][::1]
    other = Losing({"groq/llama": Losses(annotate=("a", "b", "c", "d", "e", "f"))})
    decision = decide(other, GROQ, CLAUDE)
    assert ids(decision) == ["anthropic/claude", "groq/llama"]
    assert decision.candidates[1].reason == "would lose a, b, c, d and 2 more"
    assert decision.candidates[1].expected_cost == decision.candidates[0].expected_cost


@pytest.mark.parametrize(("percent", "first"), [(109, "anthropic/claude"), (111, "groq/llama")])
def test_hints_are_worth_ten_percent(percent: int, first: str) -> None:
    dearer = price(str(Decimal("0.1") * percent / 100), str(Decimal("0.3") * percent / 100))
    claude = msgspec.structs.replace(CLAUDE, price=dearer)
    assert ids(decide(Losing({"groq/llama": Losses(annotate=("seed",))}), GROQ, claude))[0] == first


def test_what_costs_nothing_comes_after_what_costs_nothing_and_loses_nothing() -> None:
    own = deployment("own/claude", Lane.OWN, protocol="anthropic_messages")
    decision = decide(Losing({"embedded/small": Losses(annotate=("top_k",))}), SMALL, own)
    assert ids(decision) == ["own/claude", "embedded/small"]


def test_one_protocol_is_no_choice_and_computes_nothing() -> None:
    losing = Losing({"groq/llama": Losses(refuse=("no",))})
    assert ids(decide(losing, GROQ, LLAMA, RATED)) == ["groq/llama", "together/llama", "openai/gpt"]
    assert losing.asked == []


def test_what_an_upstream_speaks_as_well_is_a_choice() -> None:
    both = msgspec.structs.replace(RATED, also=frozenset({"openai_responses"}))
    losing = Losing({"groq/llama": Losses(refuse=("no",))})
    assert ids(decide(losing, GROQ, both)) == ["openai/gpt"]


@given(
    st.dictionaries(
        st.sampled_from(["groq/llama", "together/llama", "openai/gpt", "anthropic/claude"]),
        st.builds(
            Losses,
            refuse=st.sampled_from([(), ("no",)]),
            annotate=st.sampled_from([(), ("seed",), ("seed", "top_k")]),
        ),
    )
)
def test_whoever_can_be_told_stays_and_nobody_else(losses: dict[str, Losses]) -> None:
    found = (GROQ, LLAMA, RATED, CLAUDE)
    able = {d.id for d in found if not losses.get(d.id, Losses()).refuse}
    if not able:
        with pytest.raises(CannotCarryError):
            decide(Losing(losses), *found)
        return
    decision = decide(Losing(losses), *found)
    assert set(ids(decision)) == able
    assert set(why(decision)) == {d.id for d in found} - able
    assert all(decision.excluded[i].reason for i in range(len(decision.excluded)))
