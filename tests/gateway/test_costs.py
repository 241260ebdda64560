import datetime as dt
from decimal import Decimal

import msgspec

from wye.catalog.deployments import Deployment, Endpoint
from wye.core.lane import Lane
from wye.core.money import Cost, Price, Rates, Service, Window, total
from wye.core.record import Attempt
from wye.core.usage import Usage
from wye.gateway.costs import NOTHING, NOTHING_SENT, cost_of, unserved
from wye.ledger.entry import Entry

OWN = Deployment(
    id="d", model="m", provider="p", lane=Lane.OWN, endpoint=Endpoint("http", "127.0.0.1", 1), found_by="test"
)
NOW = 1_795_366_800.0  # 2026-11-22 17:00 UTC
PRICE = Price(Rates(Decimal(1), Decimal(2)), dt.date(2026, 11, 22), "list")


def test_a_machine_hour_is_shared_by_the_slots() -> None:
    deployment = msgspec.structs.replace(OWN, machine_hour=Decimal("3.60"), slots=4)
    cost = cost_of(deployment, None, 2, NOW)
    assert cost.amount == Decimal("0.0005")
    assert cost.basis == "machine hour"


def test_own_without_a_rate_is_unknown_and_says_what_to_set() -> None:
    cost = cost_of(OWN, Usage(10, 10), 1, NOW)
    assert cost.amount is None
    assert "machine_hour" in cost.basis


def test_tokens_are_priced_by_the_list() -> None:
    deployment = msgspec.structs.replace(OWN, lane=Lane.CLOSED, price=PRICE)
    assert cost_of(deployment, Usage(1_000_000, 500_000), 1, NOW).amount == Decimal(2)


def test_no_usage_is_unknown() -> None:
    deployment = msgspec.structs.replace(OWN, lane=Lane.CLOSED, price=PRICE)
    cost = cost_of(deployment, None, 1, NOW)
    assert cost.amount is None
    assert "no usage" in cost.basis


def test_no_price_is_unknown() -> None:
    assert cost_of(msgspec.structs.replace(OWN, lane=Lane.HOSTED), Usage(1), 1, NOW).amount is None


def test_the_hour_of_arrival_sets_the_rate() -> None:
    peak = Window(dt.time(16), dt.time(18), Rates(Decimal(2), Decimal(4)))
    price = msgspec.structs.replace(PRICE, windows=(peak,))
    deployment = msgspec.structs.replace(OWN, lane=Lane.HOSTED, price=price)
    usage = Usage(1_000_000)
    assert cost_of(deployment, usage, 1, NOW).amount == Decimal(2)
    assert cost_of(deployment, usage, 1, NOW + 7200).amount == Decimal(1)


def attempt(sent: int) -> Attempt:
    return Attempt("d", "first", 0.0, 1.0, request_bytes=sent)


def test_what_nobody_was_served_cost_nothing_unless_somebody_may_bill_for_it() -> None:
    entry = Entry.begin("d1", "r1", "openai_chat", "chat")
    assert unserved(entry) == NOTHING_SENT
    entry.tried = [attempt(0)]
    assert unserved(entry) == NOTHING_SENT
    entry.tried = [attempt(100)]
    assert unserved(entry) == NOTHING
    entry.aside = [Cost(Decimal(1)), Cost(Decimal(2))]  # opinions that came
    assert unserved(entry) == total(entry.aside)
    entry.billed = True  # something was sent, and broke off
    assert unserved(entry) is None


def test_a_service_tier_that_was_asked_for_is_priced_where_the_answer_tells_it() -> None:
    flex = Service("flex", Rates(Decimal("0.5"), Decimal(1)))
    price = msgspec.structs.replace(PRICE, services=(flex,))
    deployment = msgspec.structs.replace(OWN, lane=Lane.HOSTED, price=price)
    usage = Usage(1_000_000, 0)
    told = msgspec.structs.replace(usage, service="flex")
    assert cost_of(deployment, told, 1, NOW, "service_tier").amount == Decimal("0.5")
    assert cost_of(deployment, told, 1, NOW).amount == Decimal("0.5")
    assert cost_of(deployment, usage, 1, NOW, "service_tier").amount is None
    unheard = msgspec.structs.replace(usage, service="ultra")
    assert cost_of(deployment, unheard, 1, NOW, "service_tier").amount is None
