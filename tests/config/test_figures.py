import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from wye.catalog.figures import shipped
from wye.catalog.hardware import hardware
from wye.config.figures import KINDS, overrides
from wye.config.load import ConfigError, load

TODAY = dt.date(2026, 11, 23)


def _load(tmp_path: Path, text: str) -> dict[str, object]:
    file = tmp_path / "wye.yaml"
    file.write_text(text)
    return dict(overrides(load(file), TODAY))


def test_a_figure_of_ones_own_counts_from_its_day(tmp_path: Path) -> None:
    text = """
catalog:
  gpu.H100.rent.on_demand: {value: 1.95, source: our contract, as_of: 2026-11-01, unit: USD/GPU-hour}
  power.kwh.us: {value: 0.07, source: our invoice, low: 0.06, high: 0.09}
  gpu.Own-1.watts: {value: 300, source: measured, estimate: true}
"""
    file = tmp_path / "wye.yaml"
    file.write_text(text)
    mine = overrides(load(file), TODAY)
    known = hardware(mine, TODAY)
    assert known.gpus["H100"].rent["on_demand"].value == Decimal("1.95")
    assert known.kwh["us"].as_of == TODAY
    assert known.kwh["us"].high == Decimal("0.09")
    assert known.gpus["Own-1"].watts.estimate
    before = hardware(mine, dt.date(2026, 10, 31))
    assert before.gpus["H100"].rent["on_demand"].source != "our contract"


@pytest.mark.parametrize(
    ("entry", "field", "words"),
    [
        ("gpu.H100.rent.on_demand: {value: 2500, source: x}", "value", "It is in USD/GPU-hour"),
        ("gpu.H100.rent.on_demand: {value: 0, source: x}", "value", "must be above 0"),
        ("gpu.H100.rent.on_demand: {value: -1, source: x}", "value", "must be above 0"),
        (
            "gpu.H100.rent.on_demand: {value: 2, source: x, unit: EUR/GPU-hour}",
            "unit",
            "must be USD/GPU-hour",
        ),
        ("power.kwh.us: {value: 12, source: cents}", "value", "It is in USD/kWh"),
        ("power.kwh.us: {value: 0.1, source: x, low: 0.2}", "low", "above the value"),
        ("power.kwh.us: {value: 0.1, source: x, high: 0.05}", "high", "below the value"),
        ("power.kwh.us: {value: 0.1, source: x, as_of: soon}", "as_of", "2026-01-31"),
        ("power.kwh.us: {value: 0.1, source: ' '}", "source", "is empty"),
        ("power.pue: {value: 0.9, source: x}", "value", "not between 1 and 3"),
        ("gpu.H100.rend.spot: {value: 1, source: x}", "rend", "Did you mean 'gpu.H100.rent.spot'?"),
    ],
)
def test_a_slip_of_the_pen_names_its_field(tmp_path: Path, entry: str, field: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, f"catalog:\n  {entry}\n")
    (problem,) = refused.value.problems
    assert field in problem.path
    assert words in str(problem)


def test_what_comes_with_wye_is_of_a_kind_within_its_bounds() -> None:
    for line in shipped():
        (kind,) = [one for one in KINDS if re.fullmatch(one.name, line.name)]
        assert kind.unit == line.unit, line.name
        for value in (line.low or line.value, line.value, line.high or line.value):
            assert kind.least <= value <= kind.most, line.name
