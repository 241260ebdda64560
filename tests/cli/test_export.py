"""`wye export focus`."""

import csv
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from wye.cli.export import export_, provider_of
from wye.config.settings import LedgerSettings, Settings
from wye.config.upstreams import DeploymentSettings
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.ledger import KeyStore, Ledger
from wye.ledger.keystore import Grant


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    with KeyStore(LedgerSettings(), tmp_path / "state") as keys:
        key = keys.create(Grant(name="app", project="chat"))[0]
    ledger = Ledger.open(LedgerSettings(), tmp_path / "state")
    for number in range(3):
        ledger.append(record(number, key=key.id, deployment="openai/gpt-5.5", lane=Lane.CLOSED))
    ledger.append(record(3, deployment="gpt-x", lane=Lane.CLOSED, cost=Cost(None)))
    ledger.close()
    return tmp_path / "state"


@pytest.mark.usefixtures("state")
def test_a_file_is_written_and_what_is_not_in_it_is_said(runner: CliRunner, tmp_path: Path) -> None:
    done = runner.invoke(export_, ["focus", "costs.csv", "--account", "acme"])
    assert done.stdout == "1 rows of FOCUS 1.4 in costs.csv, 3 requests.\n"
    assert done.stderr == "1 requests are in no row: what they cost is not known.\n"
    with (tmp_path / "costs.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert Decimal(row["BilledCost"]) == Decimal("0.000375")
    assert (row["BillingAccountId"], row["ServiceProviderName"]) == ("acme", "openai")
    assert '"project":"chat"' in row["Tags"]
    again = runner.invoke(export_, ["focus", "c.dat", "--format", "parquet", "--json"])
    assert msgspec.json.decode(again.stdout) == {"rows": 1, "requests": 3, "left_out": 1, "focus": "1.4"}


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["costs.txt"], "add --format"),
        (["none/costs.csv"], "there is no directory"),
        (["costs.csv", "--account", " "], "must not be empty"),
    ],
)
def test_a_slip_is_named(runner: CliRunner, options: list[str], said: str) -> None:
    refused = runner.invoke(export_, ["focus", *options])
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_who_provides_is_told_by_wye_yaml_first() -> None:
    settings = Settings(deployments={"a/b": DeploymentSettings(model="x", provider="groq")})
    assert provider_of("a/b", settings) == "groq"
    assert provider_of("openai/gpt-5.5", settings) == "openai"
