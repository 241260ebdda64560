"""Write `src/wye/catalog/data/energy.json`: what answers of closed models draw, by EcoLogits' model of them.

    uv run --no-project --with 'ecologits==0.11.*' python scripts/build_energy.py [DATE]

EcoLogits (MPL-2.0, https://github.com/genai-impact/ecologits) reckons, from what is assumed of a model's size
and of the machines it runs on, the energy of an answer as a range, straight in its tokens: so much a request,
so much a token. Carbon is energy by the grid where the provider's machines stand, and the machines' making.
The table holds figures it gave, by model; nothing of its data or code.
"""

import datetime as dt
import importlib.metadata
import json
import logging
import sys
from pathlib import Path

from ecologits.model_repository import models
from ecologits.tracers.utils import llm_impacts

OUT = Path(__file__).resolve().parent.parent / "src/wye/catalog/data/energy.json"
PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral"}
"""EcoLogits' name → wye's."""
FEW, MANY = 100, 1_100
NOTHING = 1e-12
"""Less is what rounding left."""
PATIENT = 1e9
"""Seconds: longer than any answer takes, so that its own pace counts."""


def impact(provider: str, model: str, tokens: int) -> dict[str, tuple[float, float]]:
    """Return kWh and kg CO2e of an answer, each from least to most."""
    found = llm_impacts(provider, model, tokens, PATIENT)
    return {"kwh": ends(found.energy.value), "kg_co2": ends(found.gwp.value)}


def ends(value: object) -> tuple[float, float]:
    """Return the ends of a range, or a figure twice."""
    least = getattr(value, "min", value)
    most = getattr(value, "max", value)
    return float(least), float(most)  # type: ignore[arg-type]  # EcoLogits' own numbers


def line(provider: str, model: str) -> dict[str, list[float]]:
    """Return what a request and each token of its answer take: [low, high]."""
    few, many = impact(provider, model, FEW), impact(provider, model, MANY)
    row: dict[str, list[float]] = {}
    for unit in ("kwh", "kg_co2"):
        token = [(most - least) / (MANY - FEW) for least, most in zip(few[unit], many[unit], strict=True)]
        request = [max(least - FEW * each, 0.0) for least, each in zip(few[unit], token, strict=True)]
        row[f"{unit}_request"] = sorted(_rounded(value) for value in request)
        row[f"{unit}_token"] = sorted(_rounded(value) for value in token)
    return row


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if value > NOTHING else 0.0


def main() -> None:
    """Write the table."""
    logging.disable(logging.WARNING)
    as_of = sys.argv[1] if len(sys.argv) > 1 else dt.datetime.now(dt.UTC).date().isoformat()
    version = importlib.metadata.version("ecologits")
    rows = {
        f"{PROVIDERS[model.provider.value]}/{model.name}": line(model.provider.value, model.name)
        for model in models.list_models()
        if model.provider.value in PROVIDERS
    }
    table = {
        "source": f"EcoLogits {version}",
        "licence": "MPL-2.0",
        "as_of": as_of,
        "estimate": True,
        "models": dict(sorted(rows.items())),
    }
    head = json.dumps({name: value for name, value in table.items() if name != "models"}, indent=1)[:-2]
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table["models"].items())
    OUT.write_text(f'{head},\n "models": {{\n{lines}\n }}\n}}\n', encoding="utf-8")
    print(f"{len(rows)} models in {OUT.name}")


if __name__ == "__main__":
    main()
