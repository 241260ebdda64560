"""The tables of docs/breakeven.md and docs/bands.md, recomputed from the catalogue."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from wye.config.settings import Settings
from wye.core.money import Price, Rates
from wye.economics.breakeven import Api, Plant, Volumes, breakeven, hosted, own, stay
from wye.economics.candidates import HOSTED, resolve
from wye.economics.demand import Demand, of_month
from wye.economics.plants import chosen
from wye.economics.wording import dollars, volume

AS_OF = dt.date(2026, 11, 22)
"""The day of the catalogue that the pages were written by."""
BASELINES = (
    ("GPT-5.5", "gpt-5.5", 0.0),
    ("GPT-5.5, 60 % cached", "gpt-5.5", 0.6),
    ("Opus 4.8", "claude-opus-4-8", 0.0),
    ("Gemini 3.5 Flash", "gemini-3.5-flash", 0.0),
    ("Gemma 4 31B at DeepInfra", HOSTED, 0.0),
)


def month(tokens: float = 1e9, cached: float = 0.0, peak: float = 1.0) -> Demand:
    """3,000 tokens in and 500 out a request."""
    return of_month(tokens, 6, cached=cached, peak=peak)


def plants(utilisation: float | None = None) -> dict[str, Plant]:
    found = chosen((), Settings(), month(), day=AS_OF).choices
    return {one.title: msgspec.structs.replace(one.plant, utilisation=utilisation) for one in found}


def model(name: str) -> Api:
    return resolve(name, Settings(), day=AS_OF)


def told(found: Volumes | None) -> str:
    return volume(None if found is None else found.stays)


def breakevens(peak: float, utilisation: float | None) -> Iterator[list[str]]:
    """Yield the rows: a baseline, and from which volume each setting stays cheaper."""
    for title, name, cached in BASELINES:
        demand, api = month(cached=cached, peak=peak), model(name)
        yield [title, *(told(breakeven(demand, api, plant)) for plant in plants(utilisation).values())]


def bands() -> Iterator[list[str]]:
    """Yield the rows: a volume, and what each lane costs a month at a peak of 6 when everything moves."""
    gpt, gemma, settings = model("gpt-5.5"), model(HOSTED), plants()
    for tokens in (0.3e6, 1e6, 10e6, 100e6, 1e9, 10e9):
        demand = month(tokens, peak=6)
        sums = [stay(demand, gpt).total, hosted(demand, gpt, gemma).total]
        sums += [own(demand, gpt, plant).total for plant in settings.values()]
        yield [volume(tokens), *(dollars(one) for one in sums)]


def times_cheaper() -> Iterator[list[str]]:
    """Yield the rows: a setting, and from which volume it stays 2, 10 and 100 times cheaper than GPT-5.5."""
    gpt = model("gpt-5.5")
    for title, plant in plants().items():
        row = [title]
        for peak in (6.0, 1.0):
            row += [told(breakeven(month(peak=peak), _part(gpt, times), plant)) for times in (2, 10, 100)]
        yield row


def _part(api: Api, times: int) -> Api:
    """Return the same model at a part of its price: to be cheaper than that is to be `times` cheaper."""
    assert api.price is not None
    rates = api.price.rates
    assert rates.input is not None
    assert rates.output is not None
    less = Rates(rates.input / times, rates.output / times)
    return Api(api.name, api.lane, Price(less, api.price.as_of, api.price.source))
