"""Write `catalog/data/second.json`, a second opinion on prices, from LiteLLM's price map (MIT).

    uv run --no-project --with 'litellm==1.109.1' --with msgspec python scripts/build_second.py 2026-11-22

DeepInfra is left out: what wye knows of it is from the same map. Kept are the models that the price list
knows as well, at the providers that wye knows, and pictures that are sold by the piece. `build_prices.py`
takes the rates of service tiers from it, where both agree.
"""

import argparse
import datetime as dt
import importlib.metadata
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from wye.catalog.prices import PriceList
from wye.catalog.second import Row, SecondList
from wye.core.money import Rates, Service, Tier

TARGET = Path(__file__).parents[1] / "src/wye/catalog/data/second.json"
PACKAGE = "litellm"
PROVIDERS = {  # theirs: ours
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "moonshot": "moonshot",
    "groq": "groq",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "openrouter": "openrouter",
    "stability": "stability",
}
RATES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
}
SERVICES = {"": "", "_batches": "batch", "_flex": "flex", "_priority": "priority"}
_TIER = re.compile(r"_above_(\d+)k_tokens")
_MILLION = Decimal(1_000_000)


def _rates(told: Mapping[str, Any], tier: str, suffix: str) -> Rates | None:
    """Return the rates under one suffix; None = nothing is told there."""
    found: dict[str, Decimal] = {}
    for key, name in RATES.items():
        value = told.get(f"{key}{tier}{suffix}")
        if isinstance(value, int | float):
            found[name] = (Decimal(repr(value)) * _MILLION).normalize() + 0
    return Rates(**found) if found else None


def _tiers(told: Mapping[str, Any], suffix: str) -> tuple[Tier, ...]:
    sizes = sorted({int(match[1]) for key in told if (match := _TIER.search(key))})
    tiers = []
    for size in sizes:
        rates = _rates(told, f"_above_{size}k_tokens", suffix)
        if rates is not None:
            tiers.append(Tier(size * 1_000, rates))
    return tuple(tiers)


def row(told: Mapping[str, Any]) -> Row | None:
    """Read one model; None = it is sold neither by the token nor by the picture."""
    base = _rates(told, "", "")
    picture = told.get("output_cost_per_image")
    if base is None and isinstance(picture, int | float) and picture > 0:
        return Row(Rates(image=Decimal(repr(picture))))
    if base is None or base.input is None:
        return None
    services = []
    for suffix, name in SERVICES.items():
        rates = _rates(told, "", suffix) if name else None
        if rates is not None and rates.input is not None and (rates.output is None) == (base.output is None):
            services.append(Service(name, rates, _tiers(told, suffix)))
    return Row(base, _tiers(told, ""), tuple(services))


def build(table: Mapping[str, Mapping[str, Any]], day: dt.date, source: str) -> SecondList:
    """Return what of the map is about models that the price list knows."""
    prices = PriceList.load()
    providers: dict[str, dict[str, Row]] = {}
    retired: dict[str, dict[str, dt.date]] = {}
    for key, told in sorted(table.items()):
        theirs = told.get("litellm_provider", "")
        ours = PROVIDERS.get(theirs)
        if ours is None:
            continue
        name = key.removeprefix(f"{theirs}/").lower()
        if re.match(r"(ft:|\w+/\d+-x-|\d+-x-)", name):
            continue
        if day_told := told.get("deprecation_date"):
            retired.setdefault(ours, {})[name] = dt.date.fromisoformat(day_told)
        entry = prices.entry(ours, name)
        if entry is None and ours != "stability":
            continue
        read = row(told)
        if read is not None and (entry is None or entry.periods or read.rates.image is not None):
            providers.setdefault(ours, {})[name] = read
    return SecondList(as_of=day, source=source, providers=providers, retired=retired)


def main() -> None:
    """Write the file and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("day", type=dt.date.fromisoformat)
    day = parser.parse_args().day
    files = importlib.metadata.files(PACKAGE) or []
    path = next(file for file in files if file.name == "model_prices_and_context_window_backup.json").locate()
    table = msgspec.json.decode(Path(str(path)).read_bytes())
    second = build(table, day, f"LiteLLM {importlib.metadata.version(PACKAGE)}'s price map (MIT)")
    data = msgspec.json.encode(second).replace(b'},"', b'},\n"') + b"\n"
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {sum(map(len, second.providers.values()))} models, {len(data)} bytes")


if __name__ == "__main__":
    main()
