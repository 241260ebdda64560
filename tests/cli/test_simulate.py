"""`wye simulate` on a ledger, on a trace, and with slips."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from wye.cli.simulate import simulate
from wye.config.settings import LedgerSettings
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt
from wye.core.usage import Usage
from wye.ledger import Ledger

CONFIG = """
machines:
  box: {gpu: L4, rent_hour: 0.8, count: 2}
deployments:
  mine: {model: gemma, base_url: "http://127.0.0.1:9999/v1", lane: own, machines: box, slots: 4}
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    Path("wye.yaml").write_text(CONFIG, encoding="utf-8")
    ledger = Ledger.open(LedgerSettings(), tmp_path / "state")
    for number in range(4):
        cost = Cost(Decimal("0.05")) if number else Cost(None, basis="no usage")
        ledger.append(
            record(
                number, deployment="openai/gpt-5.5", lane=Lane.CLOSED, usage=Usage(4_000, 1_000), cost=cost
            )
        )
    ledger.append(record(9, deployment="mine", attempts=(Attempt("mine", "first", 0.1, 60_000, 200),)))
    ledger.close()
    return tmp_path / "state"


@pytest.mark.usefixtures("state")
def test_another_price_is_told_with_what_is_not_in_it(runner: CliRunner) -> None:
    shown = runner.invoke(simulate, ["--price", "gpt-5.5=4/24"])
    assert shown.exit_code == 0, shown.output
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert lines[1] == "openai/gpt-5.5 openai/gpt-5.5 3 0.15 0.12"
    assert "4 of 5 requests: 0.150125 USD, would have been 0.120125 USD (-20.0%); 3 of them touched." in lines
    assert "Not in it: 1 requests, what it cost is not known." in lines
    assert any(
        line.startswith("Assumed: openai/gpt-5.5: 4/24 USD a million tokens (--price, 20") for line in lines
    )


@pytest.mark.usefixtures("state")
def test_another_model_of_the_catalogue_takes_over(runner: CliRunner) -> None:
    shown = runner.invoke(
        simulate, ["--swap", "gpt-5.5=deepinfra/google/gemma-4-31B-it", "--tokens", "1.1/0.9", "--json"]
    )
    told = msgspec.json.decode(shown.stdout)["replay"]
    [change] = told["changes"]
    assert change["would"] == "deepinfra/google/gemma-4-31B-it"
    assert 0 < change["would_be"] < change["was"] / 20
    assert told["missing"] == {"what it cost is not known": 1}
    assert "1.1 tokens for one of a prompt, says 0.9" in told["assumed"][0]


@pytest.mark.usefixtures("state")
def test_a_model_without_a_price_takes_over_at_one_that_is_given(runner: CliRunner) -> None:
    shown = runner.invoke(simulate, ["--swap", "gpt-5.5=ours", "--price", "ours=1/2", "--json"])
    assert shown.exit_code == 0, shown.output
    [change] = msgspec.json.decode(shown.stdout)["replay"]["changes"]
    assert (change["would"], change["would_be"]) == ("ours", pytest.approx(3 * 0.006))


@pytest.mark.usefixtures("state")
def test_machines_are_counted_anew(runner: CliRunner) -> None:
    shown = runner.invoke(simulate, ["--machines", "1"])
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0] == "box: 2 machines over 1 hours cost 1.60 USD, 1 would have cost 0.80 USD (-50.0%)."
    assert "No hour held more than there would be" in lines[2]


@pytest.mark.usefixtures("state")
def test_a_trace_stands_in_for_the_ledger(runner: CliRunner, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    row = {"at": 1.76e9, "deployment": "a", "input_tokens": 10, "output_tokens": 1, "amount": 2.0}
    trace.write_bytes(msgspec.json.encode(row) + b"\n")
    shown = runner.invoke(simulate, ["--trace", str(trace), "--price", "a=1000/0"])
    assert "1 of 1 requests: 2.00 USD, would have been 0.01 USD (-99.5%)" in shown.stdout


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say what is to be different"),
        (["--price", "gpt-5.5"], "write NAME=INPUT/OUTPUT"),
        (["--price", "gpt-5.5=-1/2"], "write NAME=INPUT/OUTPUT"),
        (["--price", "gpt-5.5=99999999/2"], "more than 1,000,000 USD"),
        (["--swap", "gpt-5.5"], "write gpt-5.5=hosted-gemma"),
        (["--swap", "gpt-5.5=gpt-55"], "no price is known of 'gpt-55'. Did you mean 'gpt-5.5'?"),
        (["--swap", "gpt-5.5=nosuch"], "Give its `price` under `deployments`"),
        (["--swap", "gpt-5.5=gemini-3.5-pro"], "Gemini 3.5 Pro does not exist"),
        (["--tokens", "0", "--swap", "a=b"], "not a ratio of tokens"),
        (["--choice", "best"], "is not a choice"),
        (["--choice", "cheapest,quality=1.5"], "is not a choice"),
        (["--route", "auto", "--price", "a=1/1"], "add --choice"),
        (["--machines", "0"], "not a number of machines"),
        (["--machines", "gpu=3"], "no machines 'gpu': it has box"),
    ],
)
def test_a_slip_is_named(runner: CliRunner, options: list[str], said: str) -> None:
    refused = runner.invoke(simulate, options)
    assert refused.exit_code == 2
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("machines", "said"),
    [
        ("{}", "wye.yaml has no machines\n"),
        ("{a: {rent_hour: 1}, b: {rent_hour: 2}}", "wye.yaml has several machines, a, b: write NAME=3"),
    ],
)
def test_without_a_name_the_machines_must_be_clear(
    runner: CliRunner, state: Path, machines: str, said: str
) -> None:
    (state.parent / "wye.yaml").write_text(f"machines: {machines}\n", encoding="utf-8")
    refused = runner.invoke(simulate, ["--machines", "3"])
    assert refused.exit_code == 2
    assert said in refused.stderr
