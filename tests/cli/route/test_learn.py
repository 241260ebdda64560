"""From labels to a candidate revision."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from evaluation.made_up import rows
from wye.cli.bench import BenchError
from wye.cli.route import route
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
from wye.routing.revision import listed, read, read_rows
from wye.routing.state import RouteState


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows(400)))
    return path


def run(tmp_path: Path, labels: Path, *more: str) -> str:
    words = ["learn", "auto", "--strong", "strong", "--weak", "weak", "--labels", str(labels)]
    result = CliRunner().invoke(route, [*words, *more, "--state-dir", str(tmp_path / "state")])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    assert "read " in result.stderr  # it takes its time, and says so
    return result.stdout


def test_a_candidate_is_made_and_nothing_serves(tmp_path: Path, labels: Path) -> None:
    said = run(tmp_path, labels)
    state = RouteState(tmp_path / "state", "auto")
    (revision,) = listed(state.revisions)
    assert revision.id in said
    assert "Held out: APGR" in said
    assert state.active() is None
    assert read(state.revisions, revision.id).revision == revision
    assert len(read_rows(state.revisions, revision.id).rows) == revision.labels["weak"]
    told = msgspec.json.decode(run(tmp_path, labels, "--json"))
    assert told["revision"]["id"] == revision.id  # the same rows teach the same revision
    assert told["kept_back"] > 0


def test_unknown_models_are_told(tmp_path: Path, labels: Path) -> None:
    with pytest.raises(BenchError, match="no scores of nobody here; there are: gate, strong, weak"):
        run(tmp_path, labels, "--weak", "nobody")


def test_without_labels_it_is_a_guess(tmp_path: Path, labels: Path) -> None:
    words = ["learn", "auto", "--strong", "strong", "--weak", "weak", "--state-dir", str(tmp_path / "state")]
    result = CliRunner().invoke(route, words)
    assert result.exit_code == 0, result.exception
    assert "a guess: learnt from what other models made of public test sets, with 0 labels" in result.output
    labels.write_bytes(b"\n".join(labels.read_bytes().splitlines()[:80]))
    said = run(tmp_path, labels)
    assert "a guess" in said
    assert "Held out" in said
    assert len(listed(RouteState(tmp_path / "state", "auto").revisions)) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("nowhere", "--strong", "a", "--weak", "b"),
            "there is no route 'nowhere' in wye.yaml; there are: auto",
        ),
        (("../x", "--strong", "a", "--weak", "b"), "there is no route '../x'"),
        (("auto", "--strong", "a", "--weak", "a"), "nothing to choose between"),
    ],
)
def test_what_cannot_be_learnt_is_refused_at_once(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(route, ["learn", *words, "--state-dir", str(tmp_path / "state")])
    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "state").exists()


def test_a_file_without_rows_is_no_guess(tmp_path: Path, labels: Path) -> None:
    labels.write_bytes(b"")
    with pytest.raises(BenchError, match="holds no row: leave --labels out"):
        run(tmp_path, labels)


def test_a_ledger_without_labels_says_what_would_make_them(tmp_path: Path) -> None:
    Ledger.open(LedgerSettings(), tmp_path / "state").close()
    words = ["learn", "auto", "--strong", "a", "--weak", "b", "--from-ledger"]
    result = CliRunner().invoke(route, [*words, "--state-dir", str(tmp_path / "state")])
    assert result.exit_code == 0, result.exception
    assert "0 labels from shadows, lengths of 0 models. Labels come of shadows" in result.stderr
    assert "`shadow` of the route" in result.stderr
    assert "store_content: true" in result.stderr
    assert "a guess" in result.stdout


def test_what_is_learnt_does_not_depend_on_how_many_cores_there_are() -> None:
    code = "import wye.cli.route.learn, psutil; print(psutil.Process().num_threads())"
    alone = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", code], env=alone, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "1\n"
