"""`wye cost --view`: the machines' bill, all of it."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

from click.testing import CliRunner, Result

from wye.cli.main import group
from wye.config.settings import LedgerSettings
from wye.core.record import Attempt, Outcome, Record
from wye.ledger.ledger import Ledger

START = dt.datetime(2025, 10, 9, 9, tzinfo=dt.UTC).timestamp()
FILE = """
machines:
  rack: {rent_hour: 7.3, power: {kw: 1, idle_kw: 0, pue: 1, kwh: 1}}
deployments:
  mine: {model: m, base_url: "http://localhost:9", lane: own, machines: rack, slots: 2}
"""


def run(tmp_path: Path, *args: str, config: str = FILE) -> Result:
    file = tmp_path / "wye.yaml"
    file.write_text(config, encoding="utf-8")
    period = ["--since", "2025-10-09T09:00", "--until", "2025-10-09T19:00"]
    where = ["--config", str(file), "--state-dir", str(tmp_path)]
    return CliRunner().invoke(group, ["cost", *args, *period, *where])


def kept(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    try:
        for number, team in enumerate(("red", "red", "blue")):
            ledger.append(
                Record(
                    f"d{number}",
                    START + 600.0,
                    "r",
                    "openai_chat",
                    "chat",
                    "auto",
                    Outcome.OK,
                    200,
                    1.0,
                    team=team,
                    attempts=(Attempt("mine", "first", 0.0, 3_600_000.0, 200),),
                )
            )
    finally:
        ledger.close()


def test_all_of_the_bill_is_somebodys_or_idle(tmp_path: Path) -> None:
    kept(tmp_path)
    result = run(tmp_path, "--view", "allocated", "--by", "team")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:3] == ["rack:", "2", "slots,"]
    rows = {line[0]: line[2:] for line in lines[1:6]}
    assert set(rows) == {"team", "red", "blue", "idle", "total"}
    told = json.loads(run(tmp_path, "--view", "allocated", "--by", "team", "--json").stdout)
    [one] = told
    amounts = {line["group"]: Decimal(line["allocated"]) for line in one["allocation"]["lines"]}
    total = Decimal(one["allocation"]["total"])
    assert sum(amounts.values()) == total
    # Ten hours at 7.30, and one kilowatt-hour for each hour that both slots are held, at a dollar.
    assert 73 < total < Decimal("74.5")
    assert amounts["red"] > amounts["blue"] > 0


def test_marginal_is_energy_alone(tmp_path: Path) -> None:
    kept(tmp_path)
    result = run(tmp_path, "--view", "marginal", "--by", "team")
    assert result.exit_code == 0, result.output
    assert "idle" not in result.stdout
    assert "energy alone; 73" in result.stdout


def test_from_the_first_request_until_now_where_nobody_says(tmp_path: Path) -> None:
    kept(tmp_path)
    file = tmp_path / "wye.yaml"
    file.write_text(FILE, encoding="utf-8")
    where = ["--config", str(file), "--state-dir", str(tmp_path)]
    result = CliRunner().invoke(group, ["cost", "--view", "allocated", "--json", *where])
    assert result.exit_code == 0, result.output
    [one] = json.loads(result.stdout)
    assert one["since"] == START
    hours = (one["until"] - one["since"]) / 3_600
    assert float(one["allocation"]["total"]) > 7.3 * hours


def test_without_machines_there_is_no_bill(tmp_path: Path) -> None:
    kept(tmp_path)
    result = run(tmp_path, "--view", "allocated", config="")
    assert result.exit_code != 0
    assert "no deployment has `machines`" in result.output
