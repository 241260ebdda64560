"""The past under other prices, models and choices; the same prices give the same costs."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.core.decision import Candidate, Decision
from wye.core.lane import Lane
from wye.core.money import Cost, Price, Rates, Tier, Window, token_cost
from wye.core.record import Record
from wye.core.usage import Usage
from wye.economics import rolled
from wye.economics.history import History
from wye.economics.pricing import TOKENS, price_sql
from wye.economics.replay import Choice, Replay, Scenario, ScenarioError, replay
from wye.ledger import Ledger
from wye.ledger.reader import Filter

DAY = dt.date(2025, 10, 1)
STRONG = Price(Rates(Decimal(5), Decimal(30), Decimal("0.5")), DAY, "list")
WEAK = Price(Rates(Decimal("0.1"), Decimal("0.4")), DAY, "list")
PRICES = {"openai/strong": STRONG, "weak": WEAK}
USAGE = Usage(1_000, 200, 400)


def served(number: int, name: str, usage: Usage | None = USAGE, **changes: object) -> Record:
    cost = token_cost(usage, PRICES[name]) if usage is not None else Cost(None, basis="no usage")
    return record(number, deployment=name, lane=Lane.CLOSED, usage=usage, cost=cost, decision=None, **changes)


def history(tmp_path: Path, *records: Record) -> History:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    for made in records:
        ledger.append(made)
    ledger.close()
    rolled.roll(settings, tmp_path)
    return History.open(settings, tmp_path)


def run(found: History, scenario: Scenario) -> Replay:
    with found:
        return replay(found, Filter(), scenario, PRICES.get)


rates = st.builds(
    Rates,
    *[st.none() | st.decimals(0, 100, places=3) for _ in range(5)],
    input_audio=st.none() | st.just(Decimal(7)),
)
prices = st.builds(
    Price,
    rates,
    st.just(DAY),
    st.just("list"),
    tiers=st.lists(st.builds(Tier, st.integers(1, 1_000), rates), max_size=2).map(
        lambda found: tuple(sorted(found, key=lambda tier: tier.above_input_tokens))
    ),
    windows=st.lists(
        st.builds(
            Window,
            st.times().map(_whole := lambda t: t.replace(microsecond=0)),
            st.times().map(_whole),
            rates,
        ),
        max_size=2,
    ).map(tuple),
)
counts = st.integers(0, 1_500)
usages = st.builds(Usage, counts, counts, counts, counts, st.just(0), counts, counts, counts)


@given(priced=prices, used=st.lists(usages, min_size=1, max_size=20), at=st.integers(0, 86_399))
@hypothesis_settings(max_examples=60, deadline=None)
def test_sql_reckons_as_the_gateway_does(priced: Price, used: list[Usage], at: int) -> None:
    import duckdb  # noqa: PLC0415  # as reports do

    values = ", ".join(
        f"({u.input_tokens}, {u.output_tokens}, {u.cache_read_tokens}, {u.cache_write_tokens}, "
        f"{u.cache_write_1h_tokens}, {u.input_audio_tokens}, {u.output_audio_tokens})"
        for u in used
    )
    names = "input_tokens, output_tokens, cached_tokens, cache_write_tokens, cache_write_1h_tokens, "
    names += "input_audio_tokens, output_audio_tokens"
    moment = 1_760_000_000 // 86_400 * 86_400 + at
    query = (
        f"SELECT {price_sql(priced)} FROM (SELECT *, {TOKENS} FROM (SELECT *, 1.0 AS told, 1.0 AS said, "  # noqa: S608  # made here
        f'{moment}::DOUBLE AS "at" FROM (VALUES {values}) AS t({names})))'
    )
    found = duckdb.sql(query).fetchall()
    time = dt.datetime.fromtimestamp(moment, dt.UTC).time()
    for (cost,), usage in zip(found, used, strict=True):
        expected = token_cost(usage, priced, time).amount
        if expected is None:
            assert cost is None
        else:
            assert cost == pytest.approx(float(expected), rel=1e-9, abs=1e-15)


def test_the_same_prices_change_nothing(tmp_path: Path) -> None:
    made = [served(number, ("openai/strong", "weak")[number % 2]) for number in range(10)]
    found = run(history(tmp_path, *made), Scenario(prices=(("strong", STRONG), ("weak", WEAK))))
    truth = sum(one.cost.amount for one in made if one.cost and one.cost.amount)
    assert (found.requests, found.replayed, found.changed, found.missing) == (10, 10, 10, {})
    assert found.was == pytest.approx(float(truth))
    assert found.would_be == pytest.approx(float(truth))


def test_another_price_and_another_model(tmp_path: Path) -> None:
    half = msgspec.structs.replace(STRONG, rates=Rates(Decimal("2.5"), Decimal(15), Decimal("0.25")))
    made = [served(number, "openai/strong") for number in range(4)] + [served(9, "weak")]
    cheaper = run(history(tmp_path / "a", *made), Scenario(prices=(("strong", half),)))
    assert cheaper.changed == 4
    [change] = cheaper.changes
    assert (change.served, change.would, change.requests) == ("openai/strong", "openai/strong", 4)
    assert change.would_be == pytest.approx(change.was / 2)
    swapped = run(history(tmp_path / "b", *made), Scenario(swaps=(("strong", "weak"),), told=2.0, said=0.5))
    [change] = swapped.changes
    assert change.would_be == pytest.approx(4 * (2_000 * 0.1 + 100 * 0.4) / 1e6)
    assert swapped.would_be == pytest.approx(change.would_be + float(made[-1].cost.amount))  # type: ignore[union-attr,arg-type]
    assert "2 tokens for one of a prompt" in swapped.assumed[0]


def test_what_cannot_be_known_again_is_counted_and_not_zero(tmp_path: Path) -> None:
    made = (
        served(1, "openai/strong"),
        served(2, "openai/strong", None),
        served(3, "openai/strong", msgspec.structs.replace(USAGE, apart="searches")),
        served(4, "weak", None),
        record(5, deployment="openai/strong", cost=Cost(Decimal(1), "USD", "2 answers by price list")),
        record(6, deployment="openai/strong", cost=Cost(Decimal(1), "EUR", "price list")),
        record(7, deployment="", attempts=(), cost=None, usage=None, decision=None),
        record(8, deployment="openai/strong", cost=Cost(Decimal(1)), usage=None),
        record(9, deployment="openai/strong", cost=Cost(Decimal(1)), usage=Usage(1, 1, service="flex")),
        record(10, deployment="openai/strong", cost=Cost(Decimal(1)), usage=Usage(1, 1, images=2)),
    )
    found = run(history(tmp_path / "a", *made), Scenario(swaps=(("strong", "weak"),)))
    assert found.missing == {
        "what it cost is not known": 3,
        "several answers were paid for it": 1,
        "paid in another currency": 1,
        "its tokens were not counted": 1,
        "it was served in a service tier of its own": 1,
        "its pictures were paid by the piece": 1,
    }
    assert (found.replayed, found.changed) == (2, 1)
    nobody = run(history(tmp_path / "b", *made), Scenario(swaps=(("strong", "unheard-of"),)))
    assert nobody.missing["no price is known of unheard-of"] == 1
    with pytest.raises(ScenarioError, match="'typo' served no request of this time; openai/strong, weak did"):
        run(history(tmp_path / "c", *made), Scenario(prices=(("typo", WEAK),)))


def routed(number: int, quality: float | None, length: int = 100) -> Record:
    decision = Decision(
        "auto",
        (
            Candidate("openai/strong", Lane.CLOSED, "", Decimal("0.01"), 0.9, 100),
            Candidate("weak", Lane.HOSTED, "", Decimal("0.001"), quality, length),
            Candidate("local", Lane.OWN, "", Decimal("0.0001"), 0.1, 50),
        ),
    )
    return msgspec.structs.replace(served(number, "openai/strong"), decision=decision)


def test_choices_are_made_anew_from_what_was_expected(tmp_path: Path) -> None:
    made = (routed(1, 0.8, 50), routed(2, 0.5), routed(3, None), served(4, "openai/strong"))
    strict = run(history(tmp_path / "a", *made), Scenario(choice=Choice(quality=0.7)))
    [change] = strict.changes
    assert (change.would, change.requests) == ("weak", 1)
    assert change.would_be == pytest.approx((1_000 * 0.1 + 100 * 0.4) / 1e6)  # half as long
    cheapest = run(history(tmp_path / "b", *made), Scenario(choice=Choice()))
    [change] = cheapest.changes
    assert (change.would, change.requests) == ("local", 3)
    assert change.would_be == pytest.approx(3 * 0.0001)  # no price a token: as expected on record
    best = run(history(tmp_path / "c", *made), Scenario(choice=Choice("quality")))
    assert best.changes == ()
    out_of_reach = run(history(tmp_path / "d", *made), Scenario(choice=Choice(quality=0.95)))
    assert out_of_reach.changes == ()
    with pytest.raises(ScenarioError, match="--route: 'typo' had no choice in this time; auto had"):
        run(history(tmp_path / "f", *made), Scenario(choice=Choice(route="typo")))
    with pytest.raises(ScenarioError, match="no request of this time had a choice"):
        run(history(tmp_path / "e", served(1, "weak")), Scenario(choice=Choice()))
