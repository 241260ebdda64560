"""`wye export art30|hipaa|ai-act` say what the ledger knows, and name what nobody told wye."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.records import record
from running import running
from wye.cli.export import export_
from wye.config.settings import LedgerSettings
from wye.core.lane import Lane
from wye.core.record import Attempt, Outcome
from wye.ledger import Ledger

CONFIG = """
organisation:
  controller: St. Anna Hospital
  purposes: [discharge letters]
  processors: {together: "BAA until 2027-06-30"}
providers: {together: {region: eu}}
labels: {phi: {lanes: [own, hosted], retain_days: 30}}
ledger: {store_content: true}
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    ledger = Ledger.open(LedgerSettings(), tmp_path / "state")
    tag = ledger.sealing.vault.tag("patient-4711")
    away = Attempt("together/llama", "first", 0.0, 1.0, 500, "", 2_000, 0)
    served = Attempt("embedded", "fallback", 2.0, 1.0, 200, "", 2_000, 10)
    ledger.append(
        record(1, labels=("phi",), attempts=(away, served), subject=tag, content='{"request":"secret words"}')
    )
    ledger.append(
        record(
            2,
            labels=("phi",),
            attempts=(),
            permitted=frozenset(),
            outcome=Outcome.ERROR,
            status=403,
            deployment="",
            lane=None,
        )
    )
    ledger.append(
        record(
            3,
            asked="=cmd|' /C calc'!A0",
            deployment="gpt-x",
            lane=Lane.CLOSED,
            attempts=(Attempt("gpt-x", "first", 0.0, 1.0, 200),),
        )
    )
    ledger.close()
    return tmp_path / "state"


def run(runner: CliRunner, *words: str) -> str:
    done = runner.invoke(export_, words)
    assert done.exit_code == 0, done.output
    assert "secret words" not in done.stdout
    return done.stdout


@pytest.mark.usefixtures("state")
def test_art30_names_recipients_and_what_is_missing(runner: CliRunner, tmp_path: Path) -> None:
    bare = run(runner, "art30")
    assert "MISSING: set organisation.controller in wye.yaml" in bare
    assert "MISSING: set organisation.processors.together" in bare
    assert "not known to wye" in bare
    (tmp_path / "wye.yaml").write_text(CONFIG)
    told = json.loads(run(runner, "art30", "--json"))
    facts, rows = told["facts"], {row["recipient"]: row for row in told["tables"]["Recipients (1)(d), (e)"]}
    assert facts["controller, covered entity or deployer"] == "St. Anna Hospital"
    assert facts["personal data (1)(c)"] == "internal 1, phi 2"
    assert facts["requests"] == "3, of which 1 were sent to nobody"
    assert "phi: 30 days" in facts["time limits for erasure (1)(f)"]
    assert "of other labels: NONE SET" in facts["time limits for erasure (1)(f)"]
    assert facts["data subjects (1)(c)"].startswith("MISSING")
    llama = rows["together/llama"]
    assert (llama["lane"], llama["where"], llama["agreement"]) == ("hosted", "eu", "BAA until 2027-06-30")
    assert (llama["requests"], llama["bytes sent"], llama["subjects named"]) == (1, 2_000, 1)
    assert rows["embedded"]["agreement"] == "none needed: no processor"
    assert rows["gpt-x"]["where"] == "not known to wye"


@pytest.mark.usefixtures("state")
def test_hipaa_has_the_table_and_the_trail(runner: CliRunner, tmp_path: Path) -> None:
    run(runner, "hipaa", "trail.csv", "--label", "phi")
    assert (tmp_path / "trail.csv").stat().st_mode & 0o077 == 0
    with (tmp_path / "trail.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    covered = {row[1]: row for row in rows if row[0].startswith("Identifiers")}
    assert len(covered) == 18
    assert covered["(H)"][3:5] == ["medical_record", "probes pass"]
    assert covered["(P)"][3:5] == ["none", "none"]
    [header] = [row[1:] for row in rows if row[:2] == ["header", "Access trail"]]
    trail = [dict(zip(header[1:], row[1:], strict=True)) for row in rows if row[0] == "Access trail"]
    assert [(row["sent to"], row["lanes"], row["content"]) for row in trail] == [
        ("together/llama, embedded", "hosted,own", "kept, sealed"),
        ("nobody", "", "not kept"),
    ]
    assert len(trail[0]["subject"]) == 32


@pytest.mark.usefixtures("state")
def test_ai_act_marks_what_somebody_should_see(runner: CliRunner) -> None:
    told = json.loads(run(runner, "ai-act", "--json"))
    assert [row["event"] for row in told["tables"]["Logs"]] == [
        "fallback",
        "policy permits nobody; error",
        "",
    ]
    assert told["facts"]["proofs"].startswith("none: records are not sealed here")
    assert "'=cmd" not in run(runner, "ai-act", "--json")
    text = run(runner, "ai-act")
    assert text.startswith("# Automatic logs (AI Act Article 12)")
    assert run(runner, "ai-act", "--since", "1h", "--json").count("embedded") == 0


@pytest.mark.usefixtures("state")
def test_a_file_of_another_kind_is_refused(runner: CliRunner) -> None:
    refused = runner.invoke(export_, ["ai-act", "logs.xml"])
    assert refused.exit_code == 2
    assert "ends in none of .md, .csv, .json" in refused.stderr


def test_rows_say_where_their_proofs_are(runner: CliRunner, tmp_path: Path) -> None:
    with running(tmp_path, {"ledger": {"transparency": True}}) as gateway:
        for _ in range(2):
            gateway.record(gateway.chat("nobody-has-it"))
        config = ["--config", str(tmp_path / "wye.yaml"), "--state-dir", str(gateway.state)]
        told = json.loads(run(runner, "ai-act", "--json", *config))
    assert [row["proof"] for row in told["tables"]["Logs"]] == ["000/0", "000/1"]
    assert told["facts"]["proofs"].startswith("transparency logs 000:")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--since", "2026-02-01", "--until", "2026-01-01"], "is not after --since"),
        (["--until", "2026-01-01", "--since", "2026-01-01"], "is not after --since"),
        (["--label", "A B"], "is not a label"),
        (["trail.csv", "--json"], "does not end in .json"),
    ],
)
def test_what_would_write_a_report_of_nothing_is_refused(
    words: list[str], why: str, runner: CliRunner
) -> None:
    refused = runner.invoke(export_, ["hipaa", *words])
    assert refused.exit_code == 2
    assert why in " ".join(refused.stderr.split())


@pytest.mark.usefixtures("state")
def test_a_label_that_is_not_defined_is_told(runner: CliRunner) -> None:
    told = runner.invoke(export_, ["art30", "--label", "confidental"])
    assert told.exit_code == 0
    assert "label 'confidental' is not defined. Did you mean 'confidential'?" in told.stderr
