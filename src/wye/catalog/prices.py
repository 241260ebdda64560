"""The price list: a dated snapshot (`data/prices.json`, written by `scripts/build_prices.py`).

Rules:

- A price in the snapshot is never overwritten: one that changes gets a later `start`.
- A model's name is looked up as genai-prices does it: the first entry, in order, whose exact names or
  patterns match the lower-cased name; then once more with `-20251211` spelt `-2025-12-11`.
- Not counted: pictures, searches and the like; such an entry lists them as `unpriced`.
"""

import datetime as dt
import functools
import importlib.resources
import re

import msgspec

from wye.core.money import Price, Rates, Service, Tier, Window


class Period(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model costs from a day on."""

    rates: Rates
    start: dt.date | None = None
    """First day; None = before the snapshot."""
    tiers: tuple[Tier, ...] = ()
    windows: tuple[Window, ...] = ()
    services: tuple[Service, ...] = ()


class Clause(msgspec.Struct, frozen=True):
    """One condition on a lower-cased model name."""

    kind: str
    """`starts_with`, `ends_with`, `contains` or `regex`."""
    text: str

    def holds(self, name: str) -> bool:
        """Say whether the lower-cased `name` meets the condition."""
        match self.kind:
            case "starts_with":
                return name.startswith(self.text)
            case "ends_with":
                return name.endswith(self.text)
            case "contains":
                return self.text in name
            case _:
                return re.search(self.text, name) is not None


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model in a provider's list. No `periods` = known, but not sold by the token."""

    id: str
    names: tuple[str, ...] = ()
    """Exact, lower case."""
    patterns: tuple[tuple[Clause, ...], ...] = ()
    """Each an *and* of clauses; any one of them matches."""
    context_tokens: int | None = None
    periods: tuple[Period, ...] = ()
    """Ascending by `start`."""
    unpriced: tuple[str, ...] = ()
    """Kinds of usage the provider bills and wye does not count."""
    source: str = ""
    """Where it differs from the list's."""

    def matches(self, name: str) -> bool:
        """Say whether one of the patterns matches the lower-cased `name`."""
        return any(all(clause.holds(name) for clause in pattern) for pattern in self.patterns)


class PriceList(msgspec.Struct, frozen=True, dict=True):
    """All entries by provider. `PriceList.load()` reads the snapshot once."""

    as_of: dt.date
    source: str
    providers: dict[str, tuple[Entry, ...]]
    services_source: str = ""
    """Of service tiers: batch, flex, priority."""

    @staticmethod
    @functools.cache
    def load() -> "PriceList":
        """Return the snapshot that comes with wye."""
        data = importlib.resources.files("wye.catalog").joinpath("data/prices.json").read_bytes()
        return msgspec.json.decode(data, type=PriceList)

    def find(self, provider: str, model: str, on: dt.date | None = None) -> Price | None:
        """Return what `model` costs at `provider` on a day (default: today, UTC). None = not known."""
        entry = self.entry(provider, model)
        return None if entry is None else self.of(entry, on)

    def of(self, entry: Entry, on: dt.date | None = None) -> Price | None:
        """Return what an entry costs on a day (default: today, UTC). None = not known."""
        day = on or dt.datetime.now(dt.UTC).date()
        valid = [period for period in entry.periods if period.start is None or period.start <= day]
        if not valid:
            return None
        period = valid[-1]
        return Price(
            rates=period.rates,
            as_of=self.as_of,
            source=entry.source or self.source,
            tiers=period.tiers,
            windows=period.windows,
            services=period.services,
            services_source=self.services_source if period.services else "",
        )

    def context_tokens(self, provider: str, model: str) -> int | None:
        """Return the model's context window at `provider`, where the list has it."""
        entry = self.entry(provider, model)
        return None if entry is None else entry.context_tokens

    def entry(self, provider: str, model: str) -> Entry | None:
        """Return the entry that a model's name means."""
        name = model.lower()
        return self._match(provider, name) or self._match(provider, _dashed(name))

    def _match(self, provider: str, name: str) -> Entry | None:
        exact, patterned = self._index.get(provider, ({}, ()))
        named = exact.get(name)
        for place, entry in patterned:
            if named is not None and place > named[0]:
                break
            if entry.matches(name):
                return entry
        return None if named is None else named[1]

    @functools.cached_property
    def _index(self) -> "dict[str, tuple[dict[str, tuple[int, Entry]], tuple[tuple[int, Entry], ...]]]":
        """By provider: exact name -> (place, entry), and the entries with patterns in order."""
        index = {}
        for provider, entries in self.providers.items():
            exact: dict[str, tuple[int, Entry]] = {}
            for place, entry in enumerate(entries):
                for name in entry.names:
                    exact.setdefault(name, (place, entry))
            patterned = tuple((place, entry) for place, entry in enumerate(entries) if entry.patterns)
            index[provider] = (exact, patterned)
        return index


_COMPACT_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)(?=-|:|$)")


def _dashed(name: str) -> str:
    def spell(match: re.Match[str]) -> str:
        try:
            return f"-{dt.date(*map(int, match.groups()))}"
        except ValueError:
            return match[0]

    return _COMPACT_DATE.sub(spell, name)
