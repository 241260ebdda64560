import datetime as dt
from decimal import Decimal

import pytest

from wye.catalog.figure import Figure
from wye.catalog.hardware import hardware


def test_what_is_known_of_gpus() -> None:
    known = hardware()
    assert {"H100", "H200", "B200", "A100", "L40S", "L4"} <= set(known.gpus)
    h100 = known.gpus["H100"]
    assert (h100.memory_gb, h100.watts.value, h100.node_watts.value) == (80, 700, 1275)
    assert h100.rent["spot"].value < h100.rent["on_demand"].value
    assert (h100.rent["on_demand"].low, h100.rent["on_demand"].high) == (Decimal("2.29"), Decimal("3.99"))
    assert h100.purchase is not None
    assert h100.purchase.estimate
    assert {"us", "eu", "world"} <= set(known.kwh)
    assert known.carbon["fr"].value < known.carbon["us"].value
    assert known.fte_year.estimate
    assert 1 < known.pue.value < 2


@pytest.mark.parametrize(
    ("spelt", "name"),
    [("h100", "H100"), ("NVIDIA H100 80GB SXM", "H100"), ("A100-80", "A100"), ("l4", "L4"), ("L40S", "L40S")],
)
def test_a_gpu_is_found_however_it_is_spelt(spelt: str, name: str) -> None:
    found = hardware().gpu(spelt)
    assert found is not None
    assert found.name == name


def test_no_gpu_is_guessed() -> None:
    assert hardware().gpu("H1000") is None


def test_an_override_may_name_a_gpu_nobody_knew() -> None:
    day = dt.date(2026, 11, 22)
    mine = {
        "gpu.Own-1.watts": Figure(Decimal(300), "W", "measured", day),
        "gpu.L4.rent.on_demand": Figure(Decimal("0.5"), "USD/GPU-hour", "our contract", day),
    }
    known = hardware(mine, day)
    assert known.gpus["Own-1"].node_watts.value == 300
    assert known.gpus["L4"].rent["on_demand"].source == "our contract"
