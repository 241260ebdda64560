"""`wye cost --forecast` and `--budgets`."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from wye.cli.cost import cost
from wye.cli.outlook import outlook_lines, outlooks
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.money import Cost
from wye.ledger import KeyStore, Ledger
from wye.ledger.keystore import Budget, Grant, Window

UNTIL = "2025-10-16"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    settings = LedgerSettings()
    with KeyStore(settings, tmp_path / "state") as keys:
        key = keys.create(Grant(name="app", team="search", budget=Budget(Decimal(20), Window.MONTH)))[0]
    ledger = Ledger.open(settings, tmp_path / "state")
    for day in range(1, 21):
        at = dt.datetime(2025, 10, day, 9, tzinfo=dt.UTC).timestamp()
        ledger.append(record(day, at=at, key=key.id, charged=Decimal(1), cost=Cost(Decimal(1))))
    ledger.append(record(21, at=at - 9 * 86_400, key=key.id, cost=Cost(None)))
    ledger.close()
    return tmp_path / "state"


@pytest.mark.usefixtures("state")
def test_a_month_is_forecast_as_of_a_moment(runner: CliRunner) -> None:
    shown = runner.invoke(cost, ["--forecast", "--until", UNTIL]).stdout.splitlines()
    assert shown[0].startswith("2025-10: 15.00 USD so far; 31.0")
    assert "in 8 of 10 such months" in shown[0]
    assert shown[1].startswith("Learnt from 15 days")
    assert shown[2] == "Plus 1 requests whose cost is not known: all figures are lower bounds."
    [told] = msgspec.json.decode(runner.invoke(cost, ["--forecast", "--until", UNTIL, "--json"]).stdout)
    assert (told["month"], told["currency"], told["so_far"], told["unknown"]) == ("2025-10", "USD", "15", 1)
    assert told["forecast"]["low"] <= told["forecast"]["expected"] <= told["forecast"]["high"]


@pytest.mark.usefixtures("state")
def test_few_days_make_no_forecast(runner: CliRunner) -> None:
    shown = runner.invoke(cost, ["--forecast", "--until", "2025-10-02"]).stdout
    assert shown == "2025-10: 1.00 USD so far; 3 whole days are needed for a forecast.\n"
    nothing = runner.invoke(cost, ["--forecast", "--until", "2024-01-01"])
    assert nothing.stderr == "No costs are known of the last 90 days.\n"


@pytest.mark.usefixtures("state")
def test_budgets_are_shown_with_what_is_to_come(runner: CliRunner) -> None:
    shown = runner.invoke(cost, ["--budgets", "--until", UNTIL]).stdout.splitlines()
    assert shown[1].split()[:6] == ["app", "search", "20.00", "USD/month", "15.00", "75%"]
    assert shown[1].endswith(", over it")
    [told] = msgspec.json.decode(runner.invoke(cost, ["--budgets", "--until", UNTIL, "--json"]).stdout)
    assert told["budget"] == {"amount": "20", "window": "month"}


@pytest.mark.usefixtures("state")
def test_they_stand_alone(runner: CliRunner) -> None:
    for options, said in (
        (["--forecast", "--budgets"], "ask for one"),
        (["--energy", "--view", "allocated"], "ask for one"),
        (["--forecast", "--since", "7d"], "take no --since"),
        (["--forecast", "--by", "team"], "leave out --by, or sum what was spent with `wye cost --by team`"),
        (["--budgets", "--by", "model"], "--budgets is one line a key: leave out --by"),
    ):
        refused = runner.invoke(cost, options)
        assert refused.exit_code == 2
        assert said in refused.stderr


def test_nothing_known_is_no_forecast() -> None:
    assert list(outlook_lines(outlooks([], dt.datetime(2025, 10, 2, tzinfo=dt.UTC)))) == []


@pytest.mark.parametrize("options", [["--budgets"], ["--energy"], ["--by", "project"], ["--forecast"]])
def test_no_report_makes_a_ledger(runner: CliRunner, tmp_path: Path, options: list[str]) -> None:
    refused = runner.invoke(cost, [*options, "--state-dir", str(tmp_path / "none")])
    assert isinstance(refused.exception, LedgerError)
    assert not (tmp_path / "none").exists()
