import datetime as dt
import json
import math
import re
import time
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ledger.records import record
from routing.granted import grant
from wye.cli.breakeven import breakeven
from wye.cli.breakeven_traffic import Traffic, certified, measured, spent_aside
from wye.config.settings import LedgerSettings, Settings
from wye.config.upstreams import DeploymentSettings
from wye.core.errors import LedgerError
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.usage import Usage
from wye.economics.inputs import LEDGER
from wye.ledger import Ledger
from wye.ledger.reader import Filter

NOW = float(int(time.time()) // 3600 * 3600)
DAY = dt.date(2026, 11, 22)


def spent(amount: str) -> Cost:
    return Cost(Decimal(amount), "USD", "price list", DAY, "x")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    usage = Usage(input_tokens=6_000, output_tokens=1_000, cache_read_tokens=3_000)
    for hour, count in ((10, 1), (9, 5), (1, 2)):
        for number in range(count):
            ledger.append(record(hour * 10 + number, at=NOW - hour * 3600, usage=usage, cost=spent("0.10")))
    ledger.append(record(999, at=NOW - 3600, asked="", usage=usage, cost=spent("0.04")))
    ledger.close()
    return tmp_path


def test_the_ledger_says_how_much_when_and_how_cached(state: Path) -> None:
    demand, sources = measured(Traffic(), Filter(until=NOW), Settings(), state)
    assert demand.tokens == pytest.approx(8 * 7_000 / 10 * 730)
    assert demand.cached == pytest.approx(0.5)
    assert demand.peak == pytest.approx(5 / (8 / 10))
    assert sources == {"cached": LEDGER}  # ten hours tell no month's peak
    told, sources = measured(Traffic(cached=0.1, peak=3.0), Filter(), Settings(), state)
    assert (told.cached, told.peak, sources) == (0.1, 3.0, {})


def test_shadows_and_judges_are_spent_aside(state: Path) -> None:
    assert spent_aside(Filter(), Settings(), state) == pytest.approx(0.05)
    assert spent_aside(Filter(until=1.0), Settings(), state) is None


def test_no_certificate_grants_nothing(state: Path) -> None:
    assert certified(Settings(), state) is None


def test_a_certificate_in_force_says_what_may_move(tmp_path: Path) -> None:
    declared = {
        name: DeploymentSettings(model=name, base_url="http://127.0.0.1:1/v1", lane=Lane.OWN)
        for name in ("big", "small")
    }
    held = grant(tmp_path, strong_share=0.35)
    granted = certified(Settings(deployments=declared), tmp_path)
    assert granted is not None
    assert granted == (pytest.approx(0.65), f"certificate {held.id}, by conversations")
    changed = declared | {"small": DeploymentSettings(model="small", build="q4", lane=Lane.OWN)}
    assert certified(Settings(deployments=changed), tmp_path) is None  # void: another build


def test_an_empty_period_says_what_to_do(state: Path) -> None:
    with pytest.raises(click.UsageError, match="no traffic in this time: say --tokens"):
        measured(Traffic(), Filter(until=1.0), Settings(), state)


def test_the_command_goes_by_the_ledger(state: Path, runner: CliRunner) -> None:
    result = runner.invoke(breakeven, ["--state-dir", str(state), "--draws", "50", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["question"]["share"]["aside"] == pytest.approx(0.05)
    assert told["ranges"]["cached"]["source"] == "ledger"
    # The hour that has begun counts, too, and a run may go on into the next.
    seen = math.ceil((time.time() - NOW) / 3600) + 10
    assert re.search(rf"From ({seen}|{seen - 1}) hours of the ledger", result.stderr)


def test_without_a_ledger_the_way_on_is_named(tmp_path: Path, runner: CliRunner) -> None:
    result = runner.invoke(breakeven, ["--state-dir", str(tmp_path / "none")])
    assert isinstance(result.exception, LedgerError)
    assert "--tokens 50M" in str(result.exception)
