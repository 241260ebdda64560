"""Which models a name means, and what they cost: by `wye.yaml`, then by the catalogue.

A name is a deployment of `wye.yaml`, `provider/model`, or a model's own name. The maker's own price comes
before that of others, and a processor that shows its prices in the open before one that resells.
"""

import datetime as dt
import difflib
from collections.abc import Iterator

from wye.catalog.names import CLOSED_FAMILY, lane_of
from wye.catalog.prices import PriceList
from wye.catalog.standing import standing
from wye.config.prices import priced
from wye.config.settings import Settings
from wye.config.upstreams import DeploymentSettings
from wye.core.errors import WyeError
from wye.core.lane import Lane
from wye.economics.breakeven import Api

CLOSED = ("gpt-5.5", "claude-opus-4-8", "gemini-3.5-flash", "gemini-3.1-pro-preview")
"""Baselines where nobody says."""
HOSTED = "deepinfra/google/gemma-4-31B-it"
_ORDER = (
    *("openai", "anthropic", "google", "deepseek", "mistral", "moonshot"),
    *("deepinfra", "together", "fireworks", "groq", "openrouter"),
)


class CandidateError(WyeError):
    """A model or machines that nothing can be reckoned for; the message says what to do."""

    kind = "candidate"


def resolve(
    name: str, settings: Settings, prices: PriceList | None = None, day: dt.date | None = None
) -> Api:
    """Return the model that `name` means, at its price of `day` (default: today).

    Raises `CandidateError` when it has no price, or does not exist.
    """
    known = PriceList.load() if prices is None else prices
    given = settings.deployments.get(name)
    against = None if given is not None else standing(name, on=day)
    if against is not None and against.kind != "retiring":
        raise CandidateError(against.words)
    found = _configured(name, given, settings, known, day) if given is not None else _listed(name, known, day)
    if found is None:
        near = difflib.get_close_matches(name.rpartition("/")[2].lower(), _names(known), n=1)
        meant = f"Did you mean '{near[0]}'?" if near and given is None else ""
        message = (
            f"no price is known of '{name}'. {meant or 'Give its `price` under `deployments` in wye.yaml'}"
        )
        raise CandidateError(message)
    price = found.price
    if price is not None and price.currency != "USD":
        message = f"'{name}' is priced in {price.currency}, and machines in USD: give its `price` in USD"
        raise CandidateError(message)
    if price is not None and not price.rates.input and not price.rates.output:
        message = (
            f"'{name}' is free within limits there, which says nothing about a month: name another provider"
        )
        raise CandidateError(message)
    return found


def configured(settings: Settings, lane: Lane, prices: PriceList | None = None) -> list[Api]:
    """Return the deployments of a lane that `wye.yaml` declares, in its order. A price may be unknown."""
    known = PriceList.load() if prices is None else prices
    found = [
        one
        for name, given in settings.deployments.items()
        if _lane(given, settings) is lane and "chat" in given.operations
        for one in (_configured(name, given, settings, known) or Api(name, lane, None),)
    ]
    return [one for one in found if one.price is None or one.price.currency == "USD"]


def _configured(
    name: str, given: DeploymentSettings, settings: Settings, known: PriceList, on: dt.date | None = None
) -> Api | None:
    lane = _lane(given, settings)
    price = priced(given.price, on)
    if price is None and given.provider:
        price = known.find(given.provider, given.model, on)
    return None if price is None else Api(name, lane, price)


def _lane(given: DeploymentSettings, settings: Settings) -> Lane:
    provider = settings.providers.get(given.provider or "")
    declared = given.lane or (provider.lane if provider is not None else None)
    return lane_of(given.model) if declared is None else declared


def _listed(name: str, known: PriceList, on: dt.date | None) -> Api | None:
    """Look a name up in the price list. What is free there is returned only when nobody asks money."""
    free = None
    for provider, model in _places(name, known):
        price = known.find(provider, model, on)
        if price is None or (price.rates.input is None and price.rates.output is None):
            continue  # pictures are not sold by the token
        entry = known.entry(provider, model)
        shown = f"{provider}/{model if entry is None else entry.id}"
        # A closed family stays closed wherever it is sold.
        lane = Lane.CLOSED if CLOSED_FAMILY.search(model) else lane_of(model)
        short = model if lane is Lane.CLOSED and "/" not in name else shown
        found = Api(short, lane, price)
        if price.rates.input or price.rates.output:
            return found
        free = free or found
    return free


def _places(name: str, known: PriceList) -> Iterator[tuple[str, str]]:
    provider, _, model = name.partition("/")
    if model and provider in known.providers:
        yield provider, model
        return
    wanted = name.lower()
    for provider in _ORDER:
        if provider in known.providers:
            yield provider, name
    for provider in _ORDER:
        for entry in known.providers.get(provider, ()):
            if entry.id.lower().endswith("/" + wanted):
                yield provider, entry.id


def _names(known: PriceList) -> set[str]:
    return {entry.id.lower().rpartition("/")[2] for entries in known.providers.values() for entry in entries}
