"""`wye fleet`, from the command line to its sentences."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wye.catalog import local
from wye.catalog.figure import Figure
from wye.catalog.throughput import RATE, Throughput
from wye.cli.main import group
from wye.config.settings import LedgerSettings
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Outcome, Record
from wye.core.usage import Usage
from wye.ledger.ledger import Ledger

GIVEN = "--tokens 40B --peak 6 --model qwen3-32b --gpu H100 --gpus 2 --rent 4.58"
THROUGHPUT = "--tokens 1B --gpu H100 --throughput 4800"
HOUR = 1_760_000_400


def run(tmp_path: Path, args: str, config: str = "") -> Result:
    file = tmp_path / "wye.yaml"
    file.write_text(config, encoding="utf-8")
    return CliRunner().invoke(
        group, ["fleet", *args.split(), "--config", str(file), "--state-dir", str(tmp_path)]
    )


def told(tmp_path: Path, args: str, config: str = "") -> Any:
    result = run(tmp_path, f"{args} --json", config)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_cheapest_way_is_said_with_by_how_much(tmp_path: Path) -> None:
    result = run(tmp_path, f"{GIVEN} --spill 0.50/1.50 --spill-ttft 800ms..2s")
    assert result.exit_code == 0, result.output
    shown = result.stdout
    assert (
        "40,000M tokens a month: 11,428,571 requests of 3,000 in and 500 out, the busiest hour 6.0 times"
        in shown
    )
    assert "promised: 95 % begin within 2 s, 50 ms between tokens" in shown
    assert "← own machines" in shown
    assert (
        "Cheapest: 3 machines, and the API for 42.7% of the requests: 21,012 USD a month, 18% below the"
        in shown
    )
    assert "30% below machines for the peak." in shown
    assert "It needs no spare machine: while one is down, the API takes" in shown
    assert "At twice the volume: 7 machines" in shown
    assert result.stderr == ""


def test_an_api_that_nobody_measured_is_marked(tmp_path: Path) -> None:
    result = run(tmp_path, f"{GIVEN} --spill 0.50/1.50")
    assert "taken for 0.5 s at the median and 1.2 s at the 95th percentile" in result.stderr


def test_a_way_that_breaks_the_promise_is_no_choice(tmp_path: Path) -> None:
    shown = run(tmp_path, f"{GIVEN.replace('40B', '1B')} --spill 0.50/1.50 --spill-ttft 5s..9s").stdout
    assert "9.00 s !" in shown
    assert "Cheapest: 1 machine: 3,343 USD a month." in shown
    assert "Marked with ! is what does not keep the promise" in shown


def test_json_has_every_option_with_its_total(tmp_path: Path) -> None:
    [one] = told(tmp_path, f"{GIVEN} --spill 0.50/1.50 --spill-ttft 800ms..2s")
    assert [option["way"] for option in one["options"]] == ["api", "peak", "peak+1", "mix"]
    assert one["best"]["way"] == "mix"
    totals = {option["way"]: float(option["total"]) for option in one["options"]}
    assert totals["mix"] == min(totals.values())
    assert one["engine"]["slots"] == 64
    assert (one["machines"], one["model"], one["burst"]) == ("2xH100", "qwen3-32b", 1.0)


def test_machines_alone_and_by_throughput(tmp_path: Path) -> None:
    [one] = told(tmp_path, THROUGHPUT)
    assert [option["way"] for option in one["options"]] == ["peak", "peak+1"]
    assert one["engine"]["estimate"] is True
    shown = run(tmp_path, THROUGHPUT).stdout
    assert "A spare machine, so that one may fail at the peak, costs" in shown
    assert "given, an estimate" in shown


RACK = """
machines:
  rack: {gpu: H100, gpus: 2, rent_hour: 3.38, fte: 0.1, power: {kw: 2.2}}
deployments:
  mine: {model: qwen3-32b, base_url: "http://localhost:9", lane: own, machines: rack, slots: 64}
  theirs: {model: qwen, base_url: "https://api.example", lane: hosted, price: {input: 0.5, output: 1.5}}
"""


def test_machines_of_the_file_serve_what_its_deployments_say(tmp_path: Path) -> None:
    [one] = told(tmp_path, "--tokens 40B --spill theirs --burst 2", config=RACK)
    assert (one["machines"], one["model"], one["burst"]) == ("rack", "qwen3-32b", 2.0)
    assert one["best"]["way"] == "mix"
    assert float(one["best"]["energy"]) > 0


def test_a_machine_that_was_measured_here_needs_no_name(tmp_path: Path) -> None:
    today = dt.date(2026, 11, 23)
    rate = Figure(Decimal(300), RATE, "wye measure", today)
    row = Throughput("tiny", "", "embedded", "", 1, 300, 100, 8, rate, rate, 100.0, 20.0)
    local.append(tmp_path, [row])
    result = run(tmp_path, "--tokens 20M --ratio 3:1 --request 400 --model tiny --rent 0.10")
    assert result.exit_code == 0, result.output
    shown = result.stdout
    assert "a machine with tiny: 8 slots at 20 ms a token" in shown
    assert "(wye measure, 2026-11-23)" in shown


def written(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    try:
        for number in range(400):
            # Two days, with a busy hour in each.
            at = HOUR + (number % 2) * 86_400 + (number % 7 == 0) * 3_600 + number * 8.0
            ledger.append(
                Record(
                    f"d{number}",
                    at,
                    "r",
                    "openai_chat",
                    "chat",
                    "auto",
                    Outcome.OK,
                    200,
                    3_000.0,
                    deployment="theirs",
                    lane=Lane.HOSTED,
                    usage=Usage(3_000, 400 + number + number % 2),
                    ttft_ms=400.0 + number,
                    cost=Cost(None),
                )
            )
    finally:
        ledger.close()


def test_the_ledgers_traffic_is_the_default(tmp_path: Path) -> None:
    written(tmp_path)
    result = run(tmp_path, "--spill theirs", config=RACK)
    assert result.exit_code == 0, result.output
    assert "requests of 3,000 in and 600 out" in result.stdout
    assert result.stderr == "", "the ledger told how soon the API begins"
    [one] = told(tmp_path, "--spill theirs", config=RACK)
    api = one["options"][0]
    assert api["ttft"] == pytest.approx(0.78, abs=0.01)


@pytest.mark.parametrize(
    ("args", "what"),
    [
        ("--tokens 1B", "no machines are named in wye.yaml: give --model, and --gpu or --rent"),
        ("--tokens 1B lost", "there are no machines 'lost' in wye.yaml"),
        ("--tokens 1B --gpu H100 --throughput 4800 --spill 0/0", "--spill 0/0 is free"),
        ("--tokens 100T --gpu H100 --throughput 4800", "more than 10,000 machines would be needed"),
        ("--tokens 1B --peak 51 --gpu H100 --throughput 4800", "--peak"),
        ("--tokens -5", "'-5' is not a count"),
        ("--tokens 1B --gpu H100", "say what the machines serve with --model, or `machines` of a deployment"),
        ("--tokens 1B --gpu H100 --rent 5000 --model qwen3-32b", "is that for a month?"),
        ("--tokens 1B --gpu H100 --rent -1 --model qwen3-32b", "--rent"),
        ("--tokens 1B --gpu X99 --model qwen3-32b", "no rent is known of 'X99': give --rent"),
        ("--tokens 1B --gpu X99 --rent 1 --model qwen3-32b", "or run `wye measure`. It was on GB200, H100"),
        (
            "--tokens 1B --gpu H100 --model Qwen/qwen3-23b",
            "on H100: give --throughput, or run `wye measure`. Did you mean 'qwen3-32b'?",
        ),
        ("--tokens 1B --rent 1 --model qwen3-32b", "say which, by `gpu` or --gpu"),
        ("--tokens 1B --gpu H100 --model qwen3-32b --gpus 2 --ttft 1ms", "of answers within"),
        ("--tokens 1B --gpu H100 --model qwen3-32b --gpus 2 --ttft 2", "'2' is not a short time: write 2s"),
        (
            "--tokens 1B --gpu H100 --throughput 4800 --spill nobody-knows-it",
            "no price is known of 'nobody-know",
        ),
        ("--tokens 1B --gpu H100 --throughput 4800 --spill 1/2 --spill-ttft 2s", "write 500ms..1.2s"),
        ("--tokens 1B --gpu H100 --throughput 4800 --spill 1/2 --spill-ttft 2s..1s", "not below the median"),
    ],
)
def test_what_cannot_be_answered_is_named(tmp_path: Path, args: str, what: str) -> None:
    result = run(tmp_path, args)
    assert result.exit_code != 0
    assert what in (result.output + str(result.exception))


def test_what_is_wrong_comes_before_remarks(tmp_path: Path) -> None:
    result = run(tmp_path, "--tokens 1B --gpu H100 --model qwen3-23b --spill 0.50/1.50 --json")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage:")
    assert result.stdout == ""


def test_machines_nobody_measured_are_left_out_and_named(tmp_path: Path) -> None:
    odd = """
  odd: {gpu: T4, rent_hour: 0.4}
  idle: {gpu: T4, rent_hour: 0.4}
deployments:
  novel: {model: novel-7b, base_url: "http://localhost:8", lane: own, machines: odd, slots: 4}
"""
    config = RACK.replace("\ndeployments:\n", odd)
    result = run(tmp_path, "--tokens 40B --json", config)
    assert result.exit_code == 0, result.output
    assert [one["machines"] for one in json.loads(result.stdout)] == ["rack"]
    assert result.stderr.startswith("Left out: odd: nobody measured novel-7b on T4: give --throughput")
    assert "Left out: idle: say what the machines serve with --model" in result.stderr
    alone = run(tmp_path, "odd --tokens 40B --json", config)
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "nobody measured novel-7b on T4" in " ".join(alone.stderr.split())


def test_without_a_ledger_tokens_are_asked_for(tmp_path: Path) -> None:
    result = run(tmp_path, "--gpu H100 --model qwen3-32b")
    assert result.exit_code != 0
    assert "there is no ledger at" in str(result.exception)


def test_a_spill_price_needs_both_rates(tmp_path: Path) -> None:
    result = run(tmp_path, f"{GIVEN} --spill 0.50")
    assert result.exit_code != 0
    assert "write 0.50/1.50" in " ".join(result.output.split())
