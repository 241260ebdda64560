"""`machines` of `wye.yaml`: each slip is named with its place, and a bill comes of the rest."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from wye.catalog.machines import Machines, Power, Purchase
from wye.config.load import ConfigError, from_bytes
from wye.config.machines import hour, owned, served, share
from wye.config.settings import EmbeddedSettings

FILE = Path("wye.yaml")
MINE = "deployments: {a: {model: m, base_url: 'http://localhost:1', lane: own, machines: gpu%s}}"


def said(text: str) -> list[str]:
    try:
        from_bytes(text.encode(), FILE, {"OPENAI_API_KEY": "o"})
    except ConfigError as error:
        return [str(problem).removeprefix("wye.yaml:") for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ("", "machines.gpu: has no cost. Add `rent_hour: USD`"),
        ("rent_hour: 1, purchase: {price: 9}", "machines.gpu.purchase: rent_hour is given as well"),
        ("rent_hour: 0", "machines.gpu.rent_hour: must be above 0"),
        ("rent_hour: -2", "machines.gpu.rent_hour: must be above 0"),
        (
            "rent_hour: 5000",
            "machines.gpu.rent_hour: more than 50 USD an hour for each of 1 GPU, as if it w",
        ),
        ("rent_hour: 401, gpus: 8", "machines.gpu.rent_hour: more than 50 USD an hour for each of 8 GPU"),
        ("rent_hour: cheap", "machines.gpu.rent_hour: a number is expected here"),
        ("rent_hour: .nan", "machines.gpu.rent_hour: a number is expected here"),
        ("rent_hour: 1, count: 0", "machines.gpu.count: a whole number >= 1 is expected here"),
        ("rent_hour: 1, count: 1000000", "machines.gpu.count: more than 100,000"),
        ("rent_hour: 1, spare: -1", "machines.gpu.spare: a whole number >= 0 is expected here"),
        ("rent_hour: 1, fte: -1", "machines.gpu.fte: must not be negative"),
        ("rent_hour: 1, fte_year: 1e8", "machines.gpu.fte_year: more than 10,000,000. It is in USD a year"),
        ("rent_hour: 1, upkeep_month: 2e6", "machines.gpu.upkeep_month: more than 1,000,000. It is in USD a"),
        ("purchase: {}", "machines.gpu.purchase: needs the field 'price'"),
        ("purchase: {price: 0}", "machines.gpu.purchase.price: must be above 0"),
        ("purchase: {price: 9, months: 0}", "machines.gpu.purchase.months: a whole number >= 1 is expected"),
        ("purchase: {price: 9, residual: 25}", "machines.gpu.purchase.residual: a number <= 1.0 is expected"),
        ("rent_hour: 1, power: {kw: 0}", "machines.gpu.power.kw: must be above 0"),
        ("rent_hour: 1, power: {kw: 700}", "machines.gpu.power.kw: more than 200. It is in kilowatts of one"),
        ("rent_hour: 1, power: {kw: 1, idle_kw: 2}", "machines.gpu.power.idle_kw: more than under load"),
        ("rent_hour: 1, power: {kw: 1, pue: 0.9}", "machines.gpu.power.pue: below 1"),
        (
            "rent_hour: 1, power: {kw: 1, kwh: 12}",
            "machines.gpu.power.kwh: more than 2. It is in USD a kilow",
        ),
        (
            "rent_hour: 1, power: {kw: 1, kg_co2_kwh: 380}",
            "machines.gpu.power.kg_co2_kwh: more than 3. It is",
        ),
        ("rent_hour: 1, kw: 1", "machines.gpu.kw: there is no such field"),
    ],
)
def test_a_slip_is_named(fields: str, what: str) -> None:
    found = said(f"machines: {{gpu: {{{fields}}}}}")
    assert len(found) == 1, found
    assert what in found[0]


@pytest.mark.parametrize(
    ("deployment", "what"),
    [
        ("x", "deployments.a.machines: there are no machines 'gpux'. Did you mean 'gpu'?"),
        (", machine_hour: 2", "deployments.a.machine_hour: machines are given as well"),
    ],
)
def test_a_deployment_names_machines_that_are_there(deployment: str, what: str) -> None:
    text = MINE % deployment
    found = said(f"machines: {{gpu: {{rent_hour: 1}}}}\n{text}")
    assert len(found) == 1, found
    assert what in found[0]


@pytest.mark.parametrize(
    ("deployment", "what"),
    [
        ("provider: openai", "deployments.a.machines: openai is a processor"),
        ("provider: openai, lane: closed", "deployments.a.machines: counts only in the own lane, this is cl"),
        ("base_url: 'https://a.example', lane: hosted", "counts only in the own lane, this is hosted"),
        ("provider: acme", "deployments.a.machines: counts only in the own lane, this is hosted"),
    ],
)
def test_who_serves_elsewhere_has_no_machines_here(deployment: str, what: str) -> None:
    acme = "providers: {acme: {base_url: 'https://a.example', lane: hosted}}"
    mine = f"deployments: {{a: {{model: m, {deployment}, machines: gpu}}}}"
    found = said(f"machines: {{gpu: {{rent_hour: 1}}}}\n{acme}\n{mine}")
    assert len(found) == 1, found
    assert what in found[0]


def test_machines_without_a_declaration() -> None:
    assert "there are no machines 'gpu'. Declare them under `machines`" in said(MINE % "")[0]


def test_a_gpu_that_nobody_knows_is_a_warning() -> None:
    [warning] = from_bytes(b"machines: {gpu: {gpu: H1000, rent_hour: 1}}", FILE, {}).warnings
    assert "machines.gpu.gpu: the catalogue knows no GPU 'H1000'" in str(warning)
    assert "H100" in warning.fix
    assert from_bytes(b"machines: {gpu: {gpu: h100, rent_hour: 1}}", FILE, {}).warnings == ()


def test_a_whole_entry_is_read() -> None:
    text = """
machines:
  node:
    gpu: H100
    gpus: 8
    count: 2
    spare: 1
    purchase: {price: 320000, months: 48, residual: 0.3, interest: 0.07}
    power: {kw: 10.2, pue: 1.2, kwh: 0.15}
    upkeep_month: 1800
    fte: 0.1
"""
    given = from_bytes(text.encode(), FILE, {"OPENAI_API_KEY": "o"}).settings.machines["node"]
    assert owned("node", given) == Machines(
        name="node",
        gpu="H100",
        gpus=8,
        count=2,
        spare=1,
        purchase=Purchase(Decimal(320_000), 48, Decimal("0.3"), Decimal("0.07")),
        power=Power(Decimal("10.2"), Decimal("3.06"), Decimal("1.2"), Decimal("0.15")),
        upkeep_month=Decimal(1800),
        fte=Decimal("0.1"),
    )
    whole, energy = hour(given)
    assert Decimal("1.55") < whole / 24 < Decimal("1.65")  # USD a GPU-hour, spare ones and all
    assert energy == Decimal("10.2") * Decimal("0.7") * Decimal("1.2") * Decimal("0.15") * 2


def test_where_power_has_no_bill_an_idle_hour_saves_nothing_that_is_known() -> None:
    given = from_bytes(b"machines: {gpu: {rent_hour: 2.5, spare: 1}}", FILE, {}).settings.machines["gpu"]
    assert hour(given) == (5, None)


def test_the_embedded_model_may_have_machines_and_shares_them_by_slots(tmp_path: Path) -> None:
    text = """
machines: {box: {rent_hour: 4, power: {kw: 1, kwh: 0.5, pue: 1}}}
embedded: {machines: box, slots: 3}
deployments: {a: {base_url: 'http://127.0.0.1:9/v1', lane: own, model: m, machines: box}}
"""
    settings = from_bytes(text.encode(), tmp_path / "wye.yaml", {}).settings
    assert [one.id for one in served(settings, "box")] == ["a", "embedded/smollm2-135m"]
    (whole, energy), (one, _) = share(settings, "box", 3), share(settings, "box", 1)
    assert energy is not None
    assert (whole, energy) == (3 * one, Decimal("0.75") * Decimal("0.35"))
    assert whole + one == hour(settings.machines["box"])[0]
    assert served(msgspec.structs.replace(settings, embedded=EmbeddedSettings(enabled=False)), "box") == (
        ("a", "m", 1),
    )


def test_the_embedded_model_names_machines_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"embedded\.machines: there are no machines 'bix'"):
        from_bytes(b"embedded: {machines: bix}", tmp_path / "wye.yaml", {})
