import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from wye.catalog.figure import Figure
from wye.catalog.machines import bill
from wye.catalog.throughput import Throughput
from wye.config.load import from_bytes
from wye.config.settings import Settings
from wye.economics.breakeven import Share
from wye.economics.candidates import CandidateError
from wye.economics.demand import of_month
from wye.economics.inputs import inputs
from wye.economics.plants import SETTINGS, chosen

DEMAND = of_month(1e9, 6)
CONFIG = b"""
machines:
  box: {gpu: H100, gpus: 2, rent_hour: 6}
deployments:
  mine: {model: Qwen/Qwen3-32B-FP8, base_url: http://127.0.0.1:8000/v1, lane: own, machines: box}
"""


def settings(text: bytes) -> Settings:
    return from_bytes(text, Path("wye.yaml"), {}).settings


def test_five_settings_come_from_the_catalogue() -> None:
    found = chosen((), Settings(), DEMAND).choices
    assert [one.title for one in found] == [one.title for one in SETTINGS.values()]
    assert [one.plant.throughput for one in found] == [1_800, 1_800, 4_800, 4_800, 4_800]
    hours = [bill(one.plant.machines, 1).total / (1 + one.plant.machines.spare) / 730 for one in found]
    assert float(hours[0]) == pytest.approx(0.18, abs=0.03)
    people = Decimal(20_000) / 12
    owned = (bill(found[4].plant.machines, 1).total - people) / 2 / 730
    assert 1.3 < owned < 1.75  # USD a GPU-hour, as others reckon it
    assert all(figure.source and figure.as_of for one in found for figure in one.figures.values())
    assert all(one.plant.estimate for one in found)


def test_machines_of_the_config_do_what_was_measured() -> None:
    (found,) = chosen((), settings(CONFIG), DEMAND).choices
    assert found.plant.machines.rent_hour == 6
    assert found.plant.throughput > 8_000  # of both GPUs
    assert not found.plant.estimate
    (told,) = chosen(["box"], settings(CONFIG), DEMAND, throughput=5_000).choices
    assert (told.plant.throughput, told.plant.source) == (5_000, "given")


def test_what_was_measured_here_comes_first() -> None:
    rate = Figure(Decimal(900), "token/s/GPU", "measured here", dt.date(2026, 11, 23))
    row = Throughput("qwen3-32b", "fp8", "vllm", "H100", 1, 3_000, 500, 8, rate, rate, itl_ms=20)
    (found,) = chosen(["box"], settings(CONFIG), DEMAND, local=[row]).choices
    assert found.plant.throughput == 1_800  # a replica on each GPU


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        (CONFIG, "bix", "no machines 'bix'. Did you mean 'box'"),
        (
            CONFIG.replace(b"qwen3", b"x").replace(b"Qwen3-32B", b"novel"),
            "box",
            "nobody knows how many.*`wye measure mine`",
        ),
        (b"machines: {box: {rent_hour: 6}}", "box", "nothing is served by the machines 'box'"),
    ],
)
def test_what_is_missing_is_said(text: bytes, name: str, why: str) -> None:
    with pytest.raises(CandidateError, match=why):
        chosen([name], settings(text), DEMAND)


def test_a_model_nobody_measured_leaves_the_others() -> None:
    text = (
        CONFIG + b"  novel: {model: novel-7b, base_url: http://127.0.0.1:8001/v1, lane: own, machines: box}\n"
    )
    found = chosen((), settings(text.replace(b"machines:\n", b"machines:\n  bare: {rent_hour: 6}\n")), DEMAND)
    assert [one.title for one in found.choices] == ["box: Qwen/Qwen3-32B-FP8"]
    idle, novel = found.left_out
    assert idle.startswith("nothing is served by the machines 'bare'")
    assert novel == (
        "nobody knows how many tokens a second 'novel-7b' makes on 'box', 2 H100: run `wye measure novel`, "
        "or say it to `wye breakeven --machines box --throughput N`"
    )


def test_figures_of_ones_own_come_first() -> None:
    text = b"""
catalog:
  gpu.H100.rent.on_demand: {value: 1.5, source: our contract, as_of: 2026-01-01}
  gpu.L4.purchase: {value: 2500, source: our invoice, as_of: 2026-01-01}
"""
    names = ("h100-rented", "l4-owned")
    rented, bought = chosen(names, settings(text), DEMAND).choices
    assert rented.plant.machines.rent_hour == Decimal("1.5")
    assert "our contract" in {figure.source for figure in rented.figures.values()}
    assert bought.plant.machines.purchase is not None
    assert bought.plant.machines.purchase.price == 2_500


def test_figures_of_ones_own_come_before_the_catalogues() -> None:
    mine = settings(b"catalog: {gpu.H100.rent.on_demand: {value: 2, low: 1, high: 3, source: our contract}}")
    (found,) = chosen(["h100-rented"], mine, DEMAND).choices
    assert found.plant.machines.rent_hour == 2
    assert (found.plant.prices, found.plant.prices_source) == ((0.5, 1.5), "our contract")


def test_what_a_figure_may_be_is_what_is_drawn() -> None:
    (found,) = chosen(["h100-rented"], Settings(), DEMAND).choices
    ranges = inputs(DEMAND, found.plant, Share())
    assert ranges["throughput"].low == pytest.approx(3_400 / 4_800)
    assert ranges["machine_price"].high == pytest.approx(3.99 / 3.14)
    assert ranges["machine_price"].source.startswith("SkyPilot")
    told = msgspec.structs.replace(found.plant, spread=None, prices=None, prices_source="")
    assert inputs(DEMAND, told, Share())["machine_price"].known
