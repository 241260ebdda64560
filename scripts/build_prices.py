"""Write `catalog/data/prices.json`, the price list that comes with wye, from genai-prices (MIT).

    python scripts/build_prices.py 2026-11-22

genai-prices itself is a development dependency: at run time it would cost pydantic, httpx and a second
of start-up. What is valid on the day and later is kept; a price in the file that changed stays in it until
the day. DeepInfra is not in it: the few models that wye offers there are in `DEEPINFRA`. Nor are pictures of
Stability: they, and service tiers (batch, flex, priority) where the standard rates agree, are the second
opinion's.
"""

import argparse
import datetime as dt
import importlib.metadata
from decimal import Decimal
from pathlib import Path

import msgspec
from genai_prices import data, types

from wye.catalog.prices import Clause, Entry, Period, PriceList
from wye.catalog.second import Row, SecondList, differ
from wye.core.money import Rates, Tier, Window

TARGET = Path(__file__).parents[1] / "src/wye/catalog/data/prices.json"
PROVIDERS = {  # ours: theirs
    "anthropic": "anthropic",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "google": "google",
    "groq": "groq",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "openrouter": "openrouter",
    "together": "together",
}
BUCKETS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
}
FREE = Rates(input=Decimal(0), output=Decimal(0))


def _deepinfra(model: str, context: int, prompt: str, answer: str) -> Entry:
    rates = Rates(input=Decimal(prompt), output=Decimal(answer))
    return Entry(
        id=model,
        names=(model.lower(),),
        context_tokens=context,
        periods=(Period(rates),),
        source="LiteLLM 1.109.1's price map (MIT)",
    )


DEEPINFRA = (
    _deepinfra("google/gemma-4-31B-it", 262_144, "0.13", "0.38"),
    _deepinfra("openai/gpt-oss-120b", 131_072, "0.037", "0.17"),
    _deepinfra("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", 1_048_576, "0.20", "0.80"),
    _deepinfra("meta-llama/Llama-4-Scout-17B-16E-Instruct", 327_680, "0.10", "0.30"),
)


def alternatives(logic: types.MatchLogic) -> list[list[tuple[str, str]]]:
    """Return match logic as *or* of *and* of (kind, text)."""
    match logic:
        case types.ClauseOr():
            return [way for part in logic.or_ for way in alternatives(part)]
        case types.ClauseAnd():
            ways: list[list[tuple[str, str]]] = [[]]
            for part in logic.and_:
                ways = [left + right for left in ways for right in alternatives(part)]
            return ways
        case _:
            ((kind, text),) = vars(logic).items()
            return [[(kind, text if kind == "regex" else text.lower())]]


def _rates(prices: types.ModelPrice, above: int | None) -> Rates:
    """Return the rates of a request whose input exceeds `above` tokens; None = the base rates."""
    found: dict[str, Decimal] = {}
    for bucket, key in BUCKETS.items():
        value = getattr(prices, key)
        if isinstance(value, types.TieredPrices):
            reached = [tier.price for tier in value.tiers if above is not None and tier.start <= above]
            value = reached[-1] if reached else value.base
        if value is not None:
            found[bucket] = value
    return Rates(**found)


def _period(prices: types.ModelPrice, start: dt.date | None, windows: tuple[Window, ...]) -> Period:
    values = {key: value for key, value in vars(prices).items() if value is not None}
    if not values:
        return Period(FREE, start)
    tiered = [value for value in values.values() if isinstance(value, types.TieredPrices)]
    starts = sorted({tier.start for value in tiered for tier in value.tiers})
    tiers = tuple(Tier(above, _rates(prices, above)) for above in starts)
    return Period(_rates(prices, None), start, tiers, windows)


def _periods(model: types.ModelInfo, day: dt.date) -> tuple[Period, ...]:
    """Return what holds on `day` and what is announced for later."""
    if isinstance(model.prices, types.ModelPrice):
        return (_period(model.prices, None, ()),)
    dated = [
        (place, getattr(one.constraint, "start_date", None), one.prices)
        for place, one in enumerate(model.prices)
        if not isinstance(one.constraint, types.TimeOfDateConstraint)
    ]
    holding = [row for row in dated if row[1] is None or row[1] <= day][-1:]
    periods = []
    for place, start, prices in holding + [row for row in dated if row[1] is not None and row[1] > day]:
        windows = tuple(
            Window(_utc(one.constraint.start_time), _utc(one.constraint.end_time), _rates(one.prices, None))
            for one in model.prices[place:]
            if isinstance(one.constraint, types.TimeOfDateConstraint)
        )
        periods.append(_period(prices, start, windows))
    return tuple(periods)


def _utc(time: dt.time) -> dt.time:
    if time.tzinfo not in {None, dt.UTC}:
        message = f"{time!r} is not in UTC"
        raise ValueError(message)
    return time.replace(tzinfo=None)


def _entry(model: types.ModelInfo, day: dt.date) -> Entry:
    ways = alternatives(model.match)
    periods = _periods(model, day)
    variants = (
        [model.prices] if isinstance(model.prices, types.ModelPrice) else [p.prices for p in model.prices]
    )
    kinds = {key for prices in variants for key, value in vars(prices).items() if value is not None}
    return Entry(
        id=model.id,
        names=tuple(way[0][1] for way in ways if len(way) == 1 and way[0][0] == "equals"),
        patterns=tuple(
            tuple(Clause(kind, text) for kind, text in way) for way in ways if way[0][0] != "equals"
        ),
        context_tokens=model.context_window,
        periods=periods if kinds & set(BUCKETS.values()) or not kinds else (),
        unpriced=tuple(sorted(kinds - set(BUCKETS.values()))),
    )


def _with_hours(entry: Entry) -> Entry:
    """Fill in what Anthropic takes for a cache write of an hour: twice the input rate, for every model."""
    periods = tuple(
        msgspec.structs.replace(
            period,
            rates=_with_hour(period.rates),
            tiers=tuple(msgspec.structs.replace(tier, rates=_with_hour(tier.rates)) for tier in period.tiers),
        )
        for period in entry.periods
    )
    return msgspec.structs.replace(entry, periods=periods)


def _with_hour(rates: Rates) -> Rates:
    if rates.cache_write is None or rates.cache_write_1h is not None or rates.input is None:
        return rates
    return msgspec.structs.replace(rates, cache_write_1h=2 * rates.input)


def _with_services(provider: str, entry: Entry, second: SecondList, day: dt.date) -> Entry:
    """Fill in the service tiers of what holds on `day`, where both sources agree on the standard one."""
    row = second.row(provider, entry.id)
    holding = [place for place, one in enumerate(entry.periods) if one.start is None or one.start <= day]
    if row is None or not row.services or not holding:
        return entry
    periods = list(entry.periods)
    period = periods[holding[-1]]
    if not _agree(period, row):
        return entry
    services = row.services
    if provider == "anthropic":  # a cache write of an hour is twice the input rate there, too
        services = tuple(
            msgspec.structs.replace(service, rates=_with_hour(service.rates)) for service in services
        )
    periods[holding[-1]] = msgspec.structs.replace(period, services=services)
    return msgspec.structs.replace(entry, periods=tuple(periods))


def _agree(period: Period, row: Row) -> bool:
    """Say whether a period and a row have the same standard rates."""
    if period.windows:
        return False
    ours = {tier.above_input_tokens: tier.rates for tier in period.tiers}
    pairs = [(period.rates, row.rates)]
    pairs += [(ours.get(tier.above_input_tokens, Rates()), tier.rates) for tier in row.tiers]
    return not any(
        differ(getattr(left, name), getattr(right, name)) or getattr(left, name) is None
        for left, right in pairs
        for name in ("input", "output")
    )


def merge(old: PriceList, new: PriceList) -> PriceList:
    """Return `new`, with every period of `old` that began before its day: no price is overwritten.

    What changed since counts from `new`'s day on, or from its own.
    """
    before = {(provider, entry.id): entry for provider, rows in old.providers.items() for entry in rows}
    providers = {
        provider: tuple(_merged(before.pop((provider, entry.id), None), entry, new.as_of) for entry in rows)
        for provider, rows in new.providers.items()
    }
    for (provider, _), entry in before.items():  # no longer in the source: what it cost is still known
        providers[provider] = (*providers.get(provider, ()), entry)
    return msgspec.structs.replace(new, providers=providers)


def _merged(old: Entry | None, new: Entry, day: dt.date) -> Entry:
    if old is None or not old.periods or not new.periods:
        return new
    kept = [one for one in old.periods if one.start is None or one.start < day]
    if not kept:
        return new
    current, *announced = new.periods
    same = msgspec.structs.replace(current, start=kept[-1].start) == kept[-1]
    later = [] if same else [msgspec.structs.replace(current, start=max(day, current.start or day))]
    return msgspec.structs.replace(new, periods=(*kept, *later, *announced))


def build(day: dt.date) -> PriceList:
    """Return the list that is valid on `day`."""
    second = SecondList.load()
    theirs = {provider.id: provider for provider in data.providers}
    providers = {
        ours: tuple(_entry(model, day) for model in theirs[name].models) for ours, name in PROVIDERS.items()
    }
    providers["anthropic"] = tuple(_with_hours(entry) for entry in providers["anthropic"])
    providers["openrouter"] = tuple(
        _with_hours(entry) if entry.id.lstrip("~").startswith("anthropic/") else entry
        for entry in providers["openrouter"]
    )
    providers["deepinfra"] = DEEPINFRA
    providers["stability"] = tuple(
        Entry(id=name, names=(name,), periods=(Period(row.rates),), source=second.source)
        for name, row in second.providers["stability"].items()
    )
    providers = {
        provider: tuple(_with_services(provider, entry, second, day) for entry in rows)
        for provider, rows in providers.items()
    }
    source = f"genai-prices {importlib.metadata.version('genai-prices')} (MIT)"
    return PriceList(
        as_of=day,
        source=source,
        providers=dict(sorted(providers.items())),
        services_source=f"{second.source}, {second.as_of}",
    )


def main() -> None:
    """Write the file and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("day", type=dt.date.fromisoformat)
    prices = build(parser.parse_args().day)
    if TARGET.exists():
        prices = merge(msgspec.json.decode(TARGET.read_bytes(), type=PriceList), prices)
    lines = msgspec.json.format(msgspec.json.encode(prices), indent=0).replace(b'}, {"id"', b'},\n{"id"')
    TARGET.write_bytes(lines + b"\n")
    print(f"{TARGET.name}: {sum(map(len, prices.providers.values()))} models, {len(lines)} bytes")


if __name__ == "__main__":
    main()
