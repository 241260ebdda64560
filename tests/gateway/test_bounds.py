"""The worst a request can use and cost."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest

from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.core.errors import BadRequestError
from wye.core.lane import Lane
from wye.core.money import Price, Rates, Tier, Window
from wye.core.request import Needs, Operation, Request
from wye.gateway.bounds import worst_case, worst_rates

PRICE = Price(Rates(Decimal(1), Decimal(2), cache_write=Decimal(3)), dt.date(2026, 1, 1), "test")
AT = Deployment("d", "m", "p", Lane.CLOSED, Endpoint("https", "x", 443), "test", price=PRICE)
ASK = Request("openai_chat", Operation.CHAT, "m", b"x" * 1000, max_output_tokens=100)


def changed(thing: Deployment | Request, **changes: object) -> object:
    return msgspec.structs.replace(thing, **changes)


def test_bytes_bound_the_input_and_the_cap_the_output() -> None:
    bound = worst_case(ASK, AT)
    assert (bound.input_tokens, bound.output_tokens, bound.output_cap) == (1000, 100, 100)
    assert bound.amount == Decimal(1000 * 3 + 100 * 2) / 1_000_000


def test_input_may_be_written_to_the_cache_for_an_hour() -> None:
    rates = changed(PRICE.rates, cache_write_1h=Decimal(4))
    bound = worst_case(ASK, changed(AT, price=changed(PRICE, rates=rates)))
    assert bound.amount == Decimal(1000 * 4 + 100 * 2) / 1_000_000


def test_each_choice_costs() -> None:
    bound = worst_case(changed(ASK, choices=3), AT)
    assert (bound.output_tokens, bound.output_cap) == (300, 100)


def test_the_dearest_tier_that_can_be_met_counts() -> None:
    tiers = (Tier(500, Rates(Decimal(5), Decimal(1))), Tier(2000, Rates(Decimal(50), Decimal(60))))
    bound = worst_case(ASK, changed(AT, price=changed(PRICE, tiers=tiers)))
    assert bound.amount == Decimal(1000 * 5 + 100 * 2) / 1_000_000


def test_the_context_bounds_too_and_other_content_only_by_it() -> None:
    small = changed(AT, profile=Profile(context_tokens=400))
    assert worst_case(ASK, small).input_tokens == 400
    picture = changed(ASK, needs=Needs(vision=True), unbounded=True)
    assert worst_case(picture, small).input_tokens == 400
    unbound = worst_case(picture, AT)
    assert (unbound.input_tokens, unbound.tokens, unbound.amount) == (None, None, None)
    assert "deployments.d.profile.context_tokens" in unbound.why


def test_tools_bring_a_hidden_prompt() -> None:
    assert worst_case(changed(ASK, needs=Needs(tools=True)), AT).input_tokens == 2024


def test_without_a_cap_one_is_chosen() -> None:
    open_end = changed(ASK, max_output_tokens=None)
    assert worst_case(open_end, AT).output_cap == 4096
    assert worst_case(open_end, changed(AT, profile=Profile(max_output_tokens=50))).output_cap == 50
    assert worst_case(open_end, changed(AT, profile=Profile(max_output_tokens=50_000))).output_cap == 4096
    assert worst_case(changed(open_end, operation=Operation.EMBEDDINGS), AT).output_tokens == 0


@pytest.mark.parametrize(
    "price",
    [
        None,
        changed(PRICE, currency="EUR"),
        changed(PRICE, rates=Rates(Decimal(1))),
        changed(PRICE, rates=Rates(output=Decimal(1))),
    ],
)
def test_what_cannot_be_bounded_says_what_to_set(price: Price | None) -> None:
    bound = worst_case(ASK, changed(AT, price=price))
    assert bound.amount is None
    assert "deployments.d.price" in bound.why
    assert bound.tokens == 1100


def test_own_machines_cost_their_time_or_nothing_more() -> None:
    own = changed(AT, lane=Lane.OWN, price=None)
    assert worst_case(ASK, own).amount == 0
    assert worst_case(ASK, changed(own, machine_hour=Decimal(4), slots=2)).amount == Decimal("0.5")
    assert worst_case(ASK, changed(own, lane=None)).amount is None


@pytest.mark.parametrize(
    ("field", "value"), [("max_output_tokens", -1), ("max_output_tokens", 0), ("choices", 0)]
)
def test_counts_that_bound_nothing_are_refused(field: str, value: int) -> None:
    with pytest.raises(BadRequestError, match="at least 1"):
        worst_case(changed(ASK, **{field: value}), AT)


def test_what_has_a_price_of_its_own_is_refused() -> None:
    with pytest.raises(BadRequestError, match="`service_tier`") as refused:
        worst_case(changed(ASK, unpriced="service_tier"), AT)
    assert refused.value.param == "service_tier"


def test_the_dearest_hour_bounds_the_cost() -> None:
    peak = Window(dt.time(1), dt.time(2), Rates(Decimal(9), Decimal(99)))
    price = Price(Rates(Decimal(1), Decimal(2)), dt.date(2026, 11, 22), "list", windows=(peak,))
    assert worst_rates(price, 10) == (Decimal(9), Decimal(99))
