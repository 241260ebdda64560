import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from wye.catalog import local
from wye.catalog.throughput import shipped
from wye.cli.sentinel import sentinel


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("WYE_CONFIG", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(sentinel, arguments)


DAYS = ("--from", "2026-11-22", "--to", "2027-01-31")
ROUTE = """
aliases: {flash: google/gemini-3.7-flash}
routes:
  quick: {candidates: [flash, openai/gpt-5.4-mini]}
"""


def test_an_announced_price_turns_a_route() -> None:
    Path("wye.yaml").write_text(ROUTE)
    result = run(*DAYS)
    assert result.exit_code == 0, result.output
    assert "price.google/gemini-3.7-flash.output" in result.output
    last = result.output.splitlines()[-1]
    assert last.startswith(
        "routes.quick flips: google/gemini-3.7-flash was right, now it is openai/gpt-5.4-mini"
    )
    told = json.loads(run(*DAYS, "--json").output)
    assert told["flips"][0]["because"][0].startswith("price.google/gemini-3.7-flash")


def test_a_price_of_ones_own_counts_from_its_day() -> None:
    Path("wye.yaml").write_text(
        """
deployments:
  ours:
    provider: openai
    model: gpt-5.5
    price: {input: 0.01, output: 0.01, as_of: 2026-12-01}
routes:
  quick: {candidates: [ours, openai/gpt-5.4-mini]}
"""
    )
    assert "routes.quick flips: openai/gpt-5.4-mini was right, now it is ours" in run(*DAYS).output


def test_what_the_catalogue_did_not_have_is_said() -> None:
    told = run("--from", "2020-01-01", "--to", "2026-11-22").output
    assert "2020-01-01  2026-11-22" in told
    assert "(- the catalogue has none for that day)" in told


def test_nothing_changed() -> None:
    result = run("--from", "2026-11-22", "--to", "2026-11-22")
    assert result.output == (
        "From 2026-11-22 to 2026-11-22: 0 figures changed\nNo decision depends on what changed.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2027-01-01", "--to", "2026-01-01"), "is after --to"),
        (("--from", "yesterday"), "is not a day"),
        (("--input", "0"), "--input"),
        (("--output", "-1"), "--output"),
    ],
)
def test_bad_input_names_its_option(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_a_machine_that_gets_cheaper_turns_the_verdict() -> None:
    Path("wye.yaml").write_text(
        "catalog: {gpu.L4.purchase: {value: 1200, source: an offer, as_of: 2026-12-01}}\n"
    )
    # 12M tokens a month, 3,000 in and 500 out, are 103 USD at gpt-5.5; an L4 for 5,000 USD is 136 a month.
    result = run(*DAYS, "--tokens", "12M")
    assert result.exit_code == 0, result.output
    said = "stay on gpt-5.5 was right, now it is machines of your own, L4 owned"
    assert f"break-even against gpt-5.5 flips: {said}" in result.output
    told = json.loads(run(*DAYS, "--tokens", "12M", "--json").output)
    flip = next(one for one in told["flips"] if one["decision"] == "break-even against gpt-5.5")
    assert flip["because"] == ["gpu.L4.purchase"]
    assert "break-even against gemini-3.5-flash" in told["recomputed"]


def test_machines_that_were_measured_here_are_among_the_choices(tmp_path: Path) -> None:
    Path("wye.yaml").write_text("machines: {box: {rent_hour: 0.05}}\nembedded: {machines: box}\n")
    unknown = run("--from", "2026-10-24", "--to", "2026-11-23", "--tokens", "12M")
    assert "run `wye measure embedded/smollm2-135m`" in str(unknown.exception)
    row = msgspec.structs.replace(shipped()[0], model="smollm2-135m", gpu="", gpus=1)
    local.append(tmp_path / "state", [row])
    found = run("--from", "2026-10-24", "--to", "2026-11-23", "--tokens", "12M")
    assert found.exit_code == 0, found.output


def test_machines_nobody_knows_are_left_out_and_named() -> None:
    Path("wye.yaml").write_text("""
machines:
  box: {rent_hour: 0.05}
  rack: {gpu: H100, gpus: 2, rent_hour: 6}
embedded: {machines: box}
deployments:
  mine: {model: qwen3-32b, base_url: "http://127.0.0.1:8000/v1", lane: own, machines: rack}
""")
    found = run("--from", "2026-10-24", "--to", "2026-11-23", "--tokens", "12M", "--json")
    assert found.exit_code == 0, found.output
    assert found.stderr.startswith("Left out: nobody knows how many tokens a second 'smollm2-135m' makes")
    assert found.stderr.count("Left out") == 1
