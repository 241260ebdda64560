"""What the catalogue has to say of a configuration: models without a price, and those that are not served."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from wye.catalog.prices import PriceList
from wye.catalog.standing import Standing, standing
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.core.lane import Lane


class Unpriced(msgspec.Struct, frozen=True):
    """A deployment whose requests have an unknown cost."""

    path: str
    model: str
    fix: str


class Doubtful(msgspec.Struct, frozen=True):
    """A model named in the configuration that is not served, or not for long."""

    path: str
    standing: Standing


def unpriced(settings: Settings, on: dt.date, prices: PriceList | None = None) -> tuple[Unpriced, ...]:
    """Return the deployments, and models that providers are restricted to, whose price nobody told."""
    book = prices or PriceList.load()
    found = []
    for name, given in settings.deployments.items():
        if given.price is not None or given.machine_hour is not None or given.machines is not None:
            continue
        if given.provider is None or book.find(given.provider, given.model, on) is None:
            fix = "machines" if given.lane is Lane.OWN else "price"
            found.append(Unpriced(f"deployments.{name}", given.model, f"Set deployments.{name}.{fix}"))
    for provider, told in settings.providers.items():
        found += [
            Unpriced(f"providers.{provider}.models", model, "Name it under deployments, with a price")
            for model in told.models or ()
            if told.lane is not Lane.OWN and book.find(provider, model, on) is None
        ]
    return tuple(found)


def doubtful(settings: Settings, on: dt.date) -> tuple[Doubtful, ...]:
    """Return the models that do not exist, are retired, or will be: each where it is named."""
    told = (
        (path, standing(model, provider if provider in PriceList.load().providers else None, on=on))
        for path, model, provider in _models(settings)
    )
    return tuple(Doubtful(path, one) for path, one in told if one is not None)


def _models(settings: Settings) -> Iterator[tuple[str, str, str | None]]:
    for name, given in settings.deployments.items():
        # A model of one's own machines is served as long as one likes.
        if given.lane is not Lane.OWN:
            yield f"deployments.{name}.model", given.model, given.provider
    for provider, told in settings.providers.items():
        yield from ((f"providers.{provider}.models", model, provider) for model in told.models or ())
    for name, target in settings.aliases.items():
        targets = (target,) if isinstance(target, str) else target
        yield from ((f"aliases.{name}", one, None) for one in targets if one not in settings.deployments)
    routes: dict[str, RouteSettings] = {"auto": settings.auto}
    routes |= {f"routes.{name}": route for name, route in settings.routes.items()}
    for name, route in routes.items():
        for one in route.candidates:
            if one not in settings.deployments and one not in settings.aliases:
                yield f"{name}.candidates", one, None
