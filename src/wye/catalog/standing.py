"""Whether a model that somebody names exists, and is still served."""

import datetime as dt

import msgspec

from wye.catalog.prices import PriceList
from wye.catalog.profiles import absent
from wye.catalog.second import SecondList


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known against a model."""

    kind: str
    """`absent`: there is none of that name; `retired`: no longer served; `retiring`: a day is announced."""
    words: str
    """A sentence for people."""
    on: dt.date | None = None
    source: str = ""


def standing(
    model: str,
    provider: str | None = None,
    *,
    on: dt.date | None = None,
    second: SecondList | None = None,
) -> Standing | None:
    """Say what is known against a model at a provider (None = at any that tells); None = nothing is.

    `model` may be spelt `provider/model`. Of several that served it, the last to end it counts.
    """
    if words := absent(model):
        return Standing("absent", words)
    told = SecondList.load() if second is None else second
    day = on or dt.datetime.now(dt.UTC).date()
    before, _, after = model.partition("/")
    if provider is None and before in PriceList.load().providers and after:
        provider, model = before, after
    name = model.lower()
    ends = [
        (rows[name], at)
        for at, rows in told.retired.items()
        if name in rows and (provider is None or at == provider)
    ]
    if not ends or (provider is None and _served_elsewhere(name, {at for _, at in ends})):
        return None
    end, where = max(ends)
    past = end <= day
    words = f"{model} at {where} {'is retired since' if past else 'will be retired on'} {end}"
    return Standing("retired" if past else "retiring", words, end, told.source)


def _served_elsewhere(name: str, ending: set[str]) -> bool:
    """Say whether a provider that announced no end has a price for exactly this model."""
    for provider, entries in PriceList.load().providers.items():
        if provider not in ending and any(entry.id.lower() == name for entry in entries):
            return True
    return False
