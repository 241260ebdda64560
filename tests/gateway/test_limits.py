"""Requests and tokens a minute, and budgets that no interleaving overspends."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.core.errors import BudgetError, RateLimitError
from wye.core.lane import Lane
from wye.core.money import Cost, Price, Rates
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.gateway.keys import ANONYMOUS, Caller
from wye.gateway.limits import Limits, Reservation
from wye.gateway.limitstore import MemoryStore
from wye.ledger.keystore import Budget, Window

PRICE = Price(Rates(Decimal(1), Decimal(2)), dt.date(2026, 1, 1), "test")
AT = Deployment("d", "m", "p", Lane.CLOSED, Endpoint("https", "x", 443), "test", price=PRICE)
ASK = Request("openai_chat", Operation.CHAT, "m", b"x" * 1000, max_output_tokens=500)
WORST = Decimal("0.002")
"""Of ASK at AT, in USD."""
NOON = dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC).timestamp()
DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Book:
    """What the ledger would say."""

    def __init__(self, spent: str = "0") -> None:
        self.asked: list[tuple[str, float | None]] = []
        self.amount = Decimal(spent)

    def __call__(self, account: str, since: float | None) -> Decimal:
        self.asked.append((account, since))
        return self.amount


def budgeted(amount: str, window: Window = Window.DAY) -> Caller:
    return Caller("k", "k", budget=Budget(Decimal(amount), window))


def limits(clock: Clock, spent: str = "0") -> Limits:
    return Limits(MemoryStore(Book(spent)), clock)


def usd(amount: str) -> Cost:
    return Cost(Decimal(amount))


def test_no_limits_hold_nothing() -> None:
    applied = limits(Clock())
    for _ in range(1000):
        applied.admit(ANONYMOUS)
    held = applied.reserve(ANONYMOUS, ASK, AT)
    assert held.output_cap is None
    assert held.settle(usd("1")) is None


def test_requests_a_minute_slide() -> None:
    clock = Clock()
    applied, caller = limits(clock), Caller("k", "k", rpm=2)
    applied.admit(caller)
    clock.now += 30
    applied.admit(caller)
    with pytest.raises(RateLimitError, match="2 requests a minute") as refused:
        applied.admit(caller)
    assert refused.value.retry_after == pytest.approx(31)
    clock.now += refused.value.retry_after
    applied.admit(caller)
    with pytest.raises(RateLimitError) as refused:
        applied.admit(caller)
    assert refused.value.retry_after == pytest.approx(30)


def test_a_clock_set_back_forgets_nothing() -> None:
    clock = Clock()
    applied, caller = limits(clock), Caller("k", "k", rpm=1)
    applied.admit(caller)
    clock.now -= 3600
    with pytest.raises(RateLimitError):
        applied.admit(caller)


def test_tokens_are_reserved_at_the_bound_and_given_back() -> None:
    clock = Clock()
    applied, caller = limits(clock), Caller("k", "k", tpm=2000)
    first = applied.reserve(caller, ASK, AT)
    with pytest.raises(RateLimitError, match="2000 tokens a minute and the request up to 1500") as refused:
        applied.reserve(caller, ASK, AT)
    assert refused.value.retry_after == pytest.approx(61)
    first.settle(usd("0"), Usage(input_tokens=200, output_tokens=100))
    second = applied.reserve(caller, ASK, AT)
    second.settle(None)
    with pytest.raises(RateLimitError):
        applied.reserve(caller, ASK, AT)
    clock.now += 61
    applied.reserve(caller, ASK, AT).cancel()
    applied.reserve(caller, ASK, AT)


def test_what_never_fits_a_minute_is_told_so() -> None:
    applied, caller = limits(Clock()), Caller("k", "k", tpm=1000)
    with pytest.raises(RateLimitError, match="lower `max_tokens`") as refused:
        applied.reserve(caller, ASK, AT)
    assert refused.value.retry_after is None
    with pytest.raises(RateLimitError, match="context_tokens"):
        applied.reserve(caller, msgspec.structs.replace(ASK, unbounded=True), AT)


def test_a_budget_is_held_and_settled() -> None:
    applied, caller = limits(Clock()), budgeted("0.0045")
    first, second = (applied.reserve(caller, ASK, AT) for _ in range(2))
    with pytest.raises(BudgetError, match=r"0\.000500 left and the request may cost up to 0\.002000"):
        applied.reserve(caller, ASK, AT)
    assert first.settle(usd("0.0003")) == Decimal("0.0003")
    assert applied.reserve(caller, ASK, AT).cancel() == 0
    assert second.settle(None) == Decimal("0.002")
    second.settle(usd("0"))  # too late: it was settled at its worst
    with pytest.raises(BudgetError, match=r"0\.002200 left"):
        applied.reserve(caller, msgspec.structs.replace(ASK, body=b"x" * 2000), AT)


@pytest.mark.parametrize("cost", [None, Cost(None), Cost(Decimal(0), "EUR")])
def test_an_unknown_cost_is_the_worst(cost: Cost | None) -> None:
    applied, caller = limits(Clock()), budgeted("0.003")
    applied.reserve(caller, ASK, AT).settle(cost)
    with pytest.raises(BudgetError, match=r"0\.001000 left"):
        applied.reserve(caller, ASK, AT)


def test_a_cost_above_the_bound_counts_in_full() -> None:
    applied, caller = limits(Clock()), budgeted("0.003")
    applied.reserve(caller, ASK, AT).settle(usd("5"))
    with pytest.raises(BudgetError, match="used up; it starts anew at midnight"):
        applied.reserve(caller, ASK, AT)


def test_what_has_no_bound_is_refused_under_a_budget_and_holds_no_tokens() -> None:
    applied = limits(Clock())
    caller = Caller("k", "k", tpm=1500, budget=Budget(Decimal(1), Window.TOTAL))
    with pytest.raises(BudgetError, match=r"set `deployments\.d\.price`"):
        applied.reserve(caller, ASK, msgspec.structs.replace(AT, price=None))
    applied.reserve(caller, ASK, AT)


def test_the_cap_is_what_the_limits_afford() -> None:
    applied = limits(Clock())
    open_end = msgspec.structs.replace(ASK, max_output_tokens=None)
    assert applied.reserve(budgeted("1"), open_end, AT).output_cap == 4096
    assert applied.reserve(Caller("j", "j", budget=Budget(WORST, Window.DAY)), open_end, AT).output_cap == 500
    assert applied.reserve(Caller("i", "i", tpm=1250), open_end, AT).output_cap == 250
    small = msgspec.structs.replace(AT, profile=Profile(max_output_tokens=10))
    assert applied.reserve(budgeted("1"), open_end, small).output_cap == 10
    assert applied.reserve(budgeted("1"), ASK, AT).output_cap is None
    with pytest.raises(BudgetError):
        applied.reserve(Caller("h", "h", budget=Budget(Decimal("0.001"), Window.DAY)), open_end, AT)


@pytest.mark.parametrize(
    ("window", "since", "rolls"),
    [
        (Window.DAY, dt.datetime(2026, 1, 30, tzinfo=dt.UTC).timestamp(), DAY / 2),
        (Window.MONTH, dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp(), 1.5 * DAY),
        (Window.TOTAL, None, None),
    ],
)
def test_windows_are_seeded_and_roll_over(window: Window, since: float | None, rolls: float | None) -> None:
    clock, book = Clock(), Book("0.0009")
    applied, caller = Limits(MemoryStore(book), clock), budgeted("0.003", window)
    held = applied.reserve(caller, ASK, AT)
    assert book.asked == [("k", since)]
    with pytest.raises(BudgetError, match=r"0\.000100 left"):
        applied.reserve(caller, ASK, AT)
    clock.now += (rolls or 400 * DAY) - 1
    with pytest.raises(BudgetError):
        applied.reserve(caller, ASK, AT)
    clock.now += 1
    if rolls is None:
        with pytest.raises(BudgetError):
            applied.reserve(caller, ASK, AT)
        return
    applied.reserve(caller, ASK, AT)
    held.settle(usd("0.0001"))  # of the window that is over
    with pytest.raises(BudgetError, match=r"0\.001000 left"):
        applied.reserve(caller, ASK, AT)
    clock.now -= DAY  # the clock is set back: the new window stays
    with pytest.raises(BudgetError, match=r"0\.001000 left"):
        applied.reserve(caller, ASK, AT)
    assert len(book.asked) == 1


class Interleavings(RuleBasedStateMachine):
    """Requests side by side, settled in any order or never, never hold or spend more than the budget."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.limits = limits(self.clock)
        self.spent: dict[int, Decimal] = {}
        """By day."""
        self.open: dict[int, tuple[int, Decimal]] = {}

    @property
    def day(self) -> int:
        return int(self.clock.now // DAY)

    @rule(target=held, size=st.integers(1, 4000), cap=st.none() | st.integers(1, 3000), n=st.integers(1, 3))
    def reserve(self, size: int, cap: int | None, n: int) -> Reservation | None:
        ask = msgspec.structs.replace(ASK, body=b"x" * size, max_output_tokens=cap, choices=n)
        caller = Caller("k", "k", tpm=20_000, budget=Budget(Decimal("0.02"), Window.DAY))
        try:
            reservation = self.limits.reserve(caller, ask, AT)
        except (BudgetError, RateLimitError):
            return None
        output = (reservation.output_cap or cap or 0) * n
        self.open[id(reservation)] = (self.day, Decimal(size + 2 * output) / 1_000_000)
        return reservation

    @rule(reservation=consumes(held), share=st.integers(0, 100), known=st.booleans())
    def settle(self, reservation: Reservation | None, share: int, known: bool) -> None:  # noqa: FBT001  # hypothesis
        if reservation is None:
            return
        day, worst = self.open.pop(id(reservation))
        actual = worst * share / 100 if known else worst
        reservation.settle(Cost(actual) if known else None, Usage(1, 1) if known else None)
        self.spent[day] = self.spent.get(day, Decimal(0)) + actual

    @rule(seconds=st.sampled_from([1, 61, 4 * 3600]))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def never_overspent(self) -> None:
        for day in {self.day, *self.spent}:
            held = sum((worst for since, worst in self.open.values() if since == day), Decimal(0))
            assert held + self.spent.get(day, Decimal(0)) <= Decimal("0.02")


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
