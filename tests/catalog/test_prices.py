"""The snapshot against genai-prices itself: every model, on a grid of usages and hours."""

import datetime as dt
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices import data, types
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.prices import PriceList
from wye.core.money import Price, Rates, Window, token_cost
from wye.core.usage import Usage

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import build_prices

PRICES = PriceList.load()
THEIRS = {
    ours: next(p for p in data.providers if p.id == name) for ours, name in build_prices.PROVIDERS.items()
}
GRID = [
    Usage(
        input_tokens=tokens,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hourly,
    )
    for tokens in (0, 1_000, 32_001, 100_001, 128_000, 200_000, 200_001, 272_000, 272_001, 900_000)
    for output in (0, 777)
    for read in (0, tokens // 3)
    for write, hourly in ((0, 0), (tokens // 4, 0), (tokens // 4, tokens // 8))
]
GRID += [
    Usage(input_tokens=tokens, output_tokens=500, input_audio_tokens=heard, output_audio_tokens=spoken)
    for tokens in (1_000, 250_000, 300_000)
    for heard, spoken in ((tokens // 2, 0), (0, 200), (tokens, 500))
]
FLAT = [usage for usage in GRID if usage.input_tokens in {1_000, 300_000, 900_000}]
"""Enough where a token costs the same whatever stands beside it: each count on its own, few and many."""
HOURS = [dt.datetime(2026, 11, 22, hour, 30, tzinfo=dt.UTC) for hour in (0, 2, 5, 8, 12, 17)]


def _models() -> list[tuple[str, types.Provider, types.ModelInfo]]:
    return [(ours, provider, model) for ours, provider in THEIRS.items() for model in provider.models]


def _names(model: types.ModelInfo) -> list[str]:
    """Return names that mean the model: its id, and one for each way its match logic offers."""
    ways = [way[0] for way in build_prices.alternatives(model.match)]
    return [model.id, *(text for kind, text in ways if kind != "regex")]


def _spellings(name: str) -> list[str]:
    return [name.upper(), f"{name}-20251211", f"{name}-2025-12-11", f"x{name}"]


@pytest.mark.parametrize("provider", sorted(THEIRS))
def test_every_name_finds_the_model_that_genai_prices_finds(provider: str) -> None:
    names = [name for model in THEIRS[provider].models for name in _names(model)]
    _found_alike(provider, names)
    spelt = [_spellings(name)[number // 4 % 4] for number, name in enumerate(names) if not number % 4]
    _found_alike(provider, spelt)  # they search their whole list for each, which takes its time


@pytest.mark.deep
@pytest.mark.parametrize("provider", sorted(THEIRS))
def test_every_spelling_finds_the_model_that_genai_prices_finds(provider: str) -> None:
    for model in THEIRS[provider].models:
        for name in _names(model):
            _found_alike(provider, _spellings(name))


def _found_alike(provider: str, spellings: list[str]) -> None:
    for spelling in spellings:
        expected = THEIRS[provider].find_model(spelling)
        entry = PRICES.entry(provider, spelling)
        assert (entry.id if entry else None) == (expected.id if expected else None), spelling


def _expected(model: types.ModelInfo, provider: types.Provider, usage: Usage, at: dt.datetime) -> Decimal:
    counts = types.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
    )
    return model.calc_price(counts, provider, genai_request_timestamp=at).total_price


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_every_cost_is_what_genai_prices_computes(name: str) -> None:
    provider = THEIRS[name]
    compared = 0
    for place, model in enumerate(provider.models):
        entry = PRICES.providers[name][place]
        assert entry.id == model.id
        for at in HOURS if any(period.windows for period in entry.periods) else HOURS[:1]:
            price = _price(name, place, at.date())
            if price is None:
                continue
            for usage in GRID if price.tiers or price.windows else FLAT:
                cost = token_cost(usage, price, at.time())
                if cost.amount is None:  # sold for input alone, and this usage has output
                    assert price.rates.output is None or price.rates.input is None
                    continue
                if usage.cache_write_1h_tokens and name == "openrouter":
                    continue  # its list has no rate for an hour: Anthropic's is filled in
                assert cost.amount == _expected(model, provider, usage, at), (model.id, usage, at)
                compared += 1
    assert compared > 100


def _price(provider: str, place: int, on: dt.date) -> Price | None:
    """Price an entry by its place: its own name may be matched by an earlier one."""
    entry = PRICES.providers[provider][place]
    lone = PriceList(PRICES.as_of, PRICES.source, {provider: (entry_named(entry.id, entry),)})
    return lone.find(provider, entry.id, on)


def entry_named(name: str, entry: build_prices.Entry) -> build_prices.Entry:
    return build_prices.Entry(id=entry.id, names=(name.lower(),), periods=entry.periods)


def test_the_file_is_what_the_script_writes() -> None:
    built = build_prices.build(PRICES.as_of)
    assert built == PRICES
    assert build_prices.merge(PRICES, built) == PRICES


def _list(day: dt.date, price: str, *, model: str = "m", start: dt.date | None = None) -> PriceList:
    period = build_prices.Period(Rates(Decimal(price), Decimal(2)), start)
    entry = build_prices.Entry(id=model, names=(model,), periods=(period,))
    return PriceList(day, "a list", {"x": (entry,)})


def test_a_price_that_changes_is_appended_and_never_overwritten() -> None:
    first, second = dt.date(2026, 1, 1), dt.date(2026, 6, 1)
    old = _list(first, "1")
    assert build_prices.merge(old, _list(second, "1")).providers == old.providers
    both = build_prices.merge(old, _list(second, "3"))
    for day, rate in ((first, 1), (dt.date(2026, 5, 31), 1), (second, 3)):
        price = both.find("x", "m", day)
        assert price is not None
        assert price.rates.input == rate
    announced = build_prices.merge(both, _list(dt.date(2026, 7, 1), "3"))
    assert announced.providers == both.providers
    gone = build_prices.merge(old, _list(second, "3", model="n"))
    assert [entry.id for entry in gone.providers["x"]] == ["n", "m"]
    back = build_prices.merge(both, _list(dt.date(2026, 8, 1), "1"))
    assert len(back.providers["x"][0].periods) == 3


@pytest.mark.parametrize(
    ("provider", "model", "service", "usage", "dollars"),
    [
        # gpt-5.5: 5/30/.5, above 272,000 of input 10/45/1 for the whole request; batch and flex half of it,
        # priority two and a half times.
        ("openai", "gpt-5.5", "", Usage(100_000, 10_000), "0.80"),
        ("openai", "gpt-5.5", "", Usage(272_000, 1_000), "1.39"),
        ("openai", "gpt-5.5", "", Usage(272_001, 1_000), "2.76501"),
        ("openai", "gpt-5.5", "", Usage(300_000, 1_000, 200_000), "1.245"),
        ("openai", "gpt-5.5", "batch", Usage(100_000, 10_000), "0.40"),
        ("openai", "gpt-5.5", "flex", Usage(100_000, 10_000, 50_000), "0.2875"),
        ("openai", "gpt-5.5", "batch", Usage(300_000, 1_000), "1.5225"),
        ("openai", "gpt-5.5", "priority", Usage(100_000, 10_000), "2.00"),
        ("openai", "gpt-5.5", "priority", Usage(300_000, 1_000), None),  # not sold so long
        ("openai", "gpt-5.5", "scale", Usage(100, 10), None),
        ("openai", "gpt-5.5", "default", Usage(100_000, 10_000), "0.80"),
        # claude-opus-4-8: 5/25/.5, written for five minutes 6.25, for an hour 10; batch half of all.
        ("anthropic", "claude-opus-4-8", "", Usage(100_000, 10_000), "0.75"),
        ("anthropic", "claude-opus-4-8", "", Usage(100_000, 10_000, 80_000, 20_000), "0.415"),
        ("anthropic", "claude-opus-4-8", "", Usage(100_000, 0, 0, 100_000, 0, 60_000), "0.85"),
        ("anthropic", "claude-opus-4-8", "batch", Usage(100_000, 10_000, 0, 100_000, 0, 60_000), "0.55"),
        ("anthropic", "claude-opus-4-8", "priority", Usage(100, 10), None),  # sold by commitment
        # gemini-3.5-flash: 1.5/9/.15; batch half. gemini-3.1-pro-preview: 2/12.
        ("google", "gemini-3.5-flash", "", Usage(1_000_000, 100_000, 400_000), "1.86"),
        ("google", "gemini-3.5-flash", "batch", Usage(1_000_000, 100_000), "1.20"),
        ("google", "gemini-3.1-pro-preview", "", Usage(100_000, 10_000), "0.32"),
        ("moonshot", "kimi-k2.5", "", Usage(1_000_000, 100_000, 500_000), "0.65"),
        ("deepinfra", "google/gemma-4-31B-it", "", Usage(3_000, 500), "0.00058"),
        ("deepinfra", "google/gemma-4-31B-it", "batch", Usage(3_000, 500), None),
        # Stable Diffusion 3.5 Large: 6.5 cents a picture.
        ("stability", "sd3.5-large", "", Usage(images=4), "0.26"),
    ],
)
def test_worked_examples_to_the_cent(
    provider: str, model: str, service: str, usage: Usage, dollars: str | None
) -> None:
    price = PRICES.find(provider, model)
    assert price is not None
    cost = token_cost(usage, price, service=service)
    assert cost.amount == (None if dollars is None else Decimal(dollars))
    if service == "batch" and cost.amount is not None:
        assert cost.basis == "price list, batch"
        assert "LiteLLM" in cost.source


def test_no_service_tier_has_a_rate_that_its_standard_contradicts() -> None:
    """Batch and flex cost at most, priority at least what the standard service does."""
    seen = 0
    for entries in PRICES.providers.values():
        for entry in entries:
            for period in entry.periods:
                for service in period.services:
                    for name in ("input", "output"):
                        tier, standard = getattr(service.rates, name), getattr(period.rates, name)
                        if tier is None:
                            continue
                        seen += 1
                        cheap = service.name in {"batch", "flex"}
                        assert (tier <= standard) if cheap else (tier >= standard), (entry.id, service.name)
    assert seen > 200


def test_announced_prices_begin_on_their_day() -> None:
    later = {
        (provider, entry.id)
        for provider, entries in PRICES.providers.items()
        for entry in entries
        if len(entry.periods) > 1
    }
    assert later
    for name, model_id in later:
        theirs = next(model for model in THEIRS[name].models if model.id == model_id)
        for day in (dt.date(2026, 11, 22), dt.date(2026, 12, 1), dt.date(2027, 1, 1)):
            at = dt.datetime.combine(day, dt.time(12), dt.UTC)
            price = PRICES.find(name, model_id, day)
            assert price is not None
            usage = Usage(input_tokens=1_000, output_tokens=10)
            assert token_cost(usage, price).amount == _expected(theirs, THEIRS[name], usage, at)


def test_figures_that_people_check() -> None:
    gpt = PRICES.find("openai", "gpt-5.5")
    assert gpt is not None
    assert (gpt.rates, gpt.tiers[0].rates) == (
        Rates(Decimal(5), Decimal(30), Decimal("0.5")),
        Rates(Decimal(10), Decimal(45), Decimal(1)),
    )
    assert gpt.tiers[0].above_input_tokens == 272_000
    assert (gpt.as_of, gpt.source) == (dt.date(2026, 11, 22), "genai-prices 0.2.3 (MIT)")
    gemma = PRICES.find("deepinfra", "google/gemma-4-31B-it")
    assert gemma is not None
    assert gemma.rates == Rates(Decimal("0.13"), Decimal("0.38"))
    assert "LiteLLM" in gemma.source
    assert PRICES.find("openai", "whisper-1") is None  # sold by the hour of audio
    assert PRICES.find("openai", "no-such-model") is None
    assert PRICES.find("nobody", "gpt-5.5") is None
    assert PRICES.context_tokens("openai", "gpt-5.5") == 1_000_000


def test_without_a_time_the_dearest_hour_counts() -> None:
    price = PRICES.find("deepseek", "deepseek-v4-pro")
    assert price is not None
    usage = Usage(output_tokens=1_000_000)
    assert token_cost(usage, price).amount == Decimal("3.96")
    assert token_cost(usage, price, dt.time(5)).amount == Decimal("1.98")
    assert token_cost(usage, price, dt.time(2)).amount == Decimal("3.96")


@given(start=st.times(), end=st.times(), at=st.times())
def test_a_window_and_its_complement_share_the_day(start: dt.time, end: dt.time, at: dt.time) -> None:
    rates = Rates()
    if start != end:
        assert Window(start, end, rates).holds(at) is not Window(end, start, rates).holds(at)


def test_loading_and_finding_are_fast() -> None:
    loads, finds = [], []
    for _ in range(5):
        PriceList.load.cache_clear()
        began = time.thread_time()
        prices = PriceList.load()
        loads.append(time.thread_time() - began)
        prices.find("openai", "gpt-5.5")
        began = time.thread_time()
        prices.find("openrouter", "anthropic/claude-opus-4.8")
        finds.append(time.thread_time() - began)
    assert min(loads) < 0.010
    assert min(finds) < 0.001
