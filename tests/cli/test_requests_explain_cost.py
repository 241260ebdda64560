"""`wye requests`, `explain` and `cost` on a ledger as the gateway leaves it."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from ledger.records import START, record
from wye.cli.cost import cost, table
from wye.cli.explain import explain
from wye.cli.explain import lines as explanation
from wye.cli.requests import requests
from wye.config.settings import LedgerSettings
from wye.core.decision import Candidate, Decision
from wye.core.errors import LedgerError, NotFoundError
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.ledger import KeyStore, Ledger
from wye.ledger.keystore import Grant
from wye.ledger.reader import CostRow

RECORDS = (
    record(1),
    record(
        2,
        asked="a-model-with-a-very-long-name-indeed-2026-01-01",
        deployment="a-provider/a-model-with-a-very-long-name",
        lane=Lane.CLOSED,
        cost=Cost(None, "USD", "no rate for a kind of token used"),
        usage=None,
        duration_ms=899_999.0,
    ),
    record(
        3,
        asked="evil\n\x1b[31mmodel",
        outcome=Outcome.ERROR,
        status=403,
        error="label phi permits no deployment",
        attempts=(),
        deployment="",
        lane=None,
        usage=None,
        cost=None,
        ttft_ms=None,
        key="",
        labels=("phi",),
    ),
    record(
        4, outcome=Outcome.HANGUP, cost=Cost(Decimal("1E-9"), "USD", "price list", dt.date(2025, 1, 2), "x")
    ),
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    ledger = Ledger.open(LedgerSettings(), tmp_path / "state")
    for made in RECORDS:
        ledger.append(made)
    ledger.close()
    return tmp_path / "state"


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert all(len(line) <= 100 for line in result.stdout.splitlines())
    return result.stdout.splitlines()


@pytest.mark.usefixtures("state")
def test_requests_are_listed_newest_last(runner: CliRunner) -> None:
    shown = lines(runner.invoke(requests))
    assert [" ".join(line.split()) for line in shown] == [
        "at (UTC) id asked → answered by lane status tokens cost ms",
        "10-09 08:53 r000001 auto → embedded own 200 500+40 0.000125 120",
        "10-09 08:53 r000002 a-model-with-a-very-lo… closed 200 - ? 900s",
        "10-09 08:53 r000003 evil [31mmodel - 403 - - 120",
        "10-09 08:53 r000004 auto → embedded own hangup 500+40 <0.000001 120",
    ]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--outcome", "error"], ["r000003"]),
        (["--label", "phi"], ["r000003"]),
        (["--lane", "own", "-n", "1"], ["r000004"]),
        (
            ["--model", "auto", "--deployment", "embedded", "--key", "key_1", "--team", "search"],
            ["r000001", "r000004"],
        ),
        (["--since", "2025-10-09T08:53:22", "--until", "2025-10-09T08:53:23+00:00"], ["r000002"]),
        (["--since", "1d"], []),
    ],
)
def test_requests_are_filtered_and_json_is_whole(
    runner: CliRunner, options: list[str], ids: list[str]
) -> None:
    shown = runner.invoke(requests, [*options, "--json"])
    assert shown.exit_code == 0, shown.output
    found = [msgspec.json.decode(line, type=Record) for line in shown.stdout.splitlines()]
    assert found == [made for made in RECORDS if made.id in ids]


@pytest.mark.usefixtures("state")
def test_explain_tells_why_and_what_it_cost(runner: CliRunner) -> None:
    shown = "\n".join(lines(runner.invoke(explain, ["r000004"])))
    for said in (
        "r000004  2025-10-09 08:53:24 UTC",
        "auto (openai_chat chat)",
        "key key_1, team search",
        "hangup 200",
        "embedded (own)",
        "first token after 31.2 ms",
        "permits embedded, together/llama (policy p1)",
        "500 tokens in (100 from cache), 40 out (8 reasoning)",
        "0.000000001 USD (price list of 2025-01-02, x)",
        "Decision: auto (revision r1)",
        "rule 1: own first",
        "1.  embedded        own     expected 0.00  first by rule",
        "✗   gpt             closed                 label internal forbids the lane closed",
        "first  embedded  HTTP 200  at 0.4 ms for 119.0 ms  2,100 B out, 900 B in",
    ):
        assert said in shown, said


@pytest.mark.usefixtures("state")
def test_explain_says_what_is_unknown_and_what_was_not_tried(runner: CliRunner) -> None:
    assert "unknown: no rate for a kind of token used\n" in runner.invoke(explain, ["r000002"]).stdout
    refused = "\n".join(lines(runner.invoke(explain, ["r000003"])))
    assert "error 403: label phi permits no deployment" in refused
    assert "nothing: no upstream was contacted" in refused
    assert "this machine, without a key" in refused
    assert "evil [31mmodel (openai_chat chat)" in refused
    document = runner.invoke(explain, ["r000003", "--json"]).stdout
    assert msgspec.json.decode(document, type=Record) == RECORDS[2]


def test_explain_says_what_was_translated_and_what_was_lost() -> None:
    made = Record(
        "a1", 0.0, "a1", "openai_chat", "chat", "claude", Outcome.OK, 200, 1.0,
        attempts=(Attempt("claude", "first", 0.0, 1.0, 200, translated="anthropic_messages"),),
        lost=("seed", "my_own_member", "answer.opaque"),
        masked={"person": 2, "ssn": 1},
        added=("max_tokens=8192",),
        session="0123456789ab",
    )  # fmt: skip
    told = "\n".join(explanation(made))
    assert "OpenAI Chat → Anthropic Messages" in told
    assert "seed: the upstream has no words for it" in told
    assert "my_own_member: of the client's protocol only, or not known to wye" in told
    assert "max_tokens=8192: the client did not say it" in told
    assert "opaque, of the answer: the client's protocol has no words for it" in told
    assert "person=2, ssn=1: who answered saw tokens" in told
    assert "0123456789ab, by x-wye-session" in told


def test_explain_says_what_was_expected_of_candidates_and_what_became_of_it() -> None:
    cheap = Candidate("own/small", Lane.OWN, expected_cost=Decimal("0.0001"), quality=0.83, output_tokens=310)
    dear = Candidate("openai/gpt-5.5", Lane.CLOSED, expected_cost=Decimal("0.02"), quality=0.97)
    decision = Decision(
        "auto", (cheap, dear), task="code", certificate="9a1e", covered=("own/small",), gate=("own/other",)
    )
    served = {"deployment": "openai/gpt-5.5", "lane": Lane.CLOSED, "gate": "they say different things"}
    made = Record(
        "a1", 0.0, "a1", "openai_chat", "chat", "auto", Outcome.OK, 200, 1.0, decision=decision, **served
    )  # type: ignore[arg-type]
    told = [" ".join(line.split()) for line in explanation(made)]
    for said in (
        "certified no: uncertified",
        "gate they say different things",
        "task code; certified by 9a1e; served if own/other agrees",
        "1. own/small own score 0.83 310 tokens out expected 0.0001",
        "2. openai/gpt-5.5 closed score 0.97 expected 0.02",
    ):
        assert said in told, told


@pytest.mark.usefixtures("state")
def test_explain_without_an_id_shows_the_latest(runner: CliRunner) -> None:
    assert runner.invoke(explain).stdout == runner.invoke(explain, ["r000004"]).stdout
    assert msgspec.json.decode(runner.invoke(explain, ["--json"]).stdout, type=Record) == RECORDS[3]


def test_explain_without_an_id_in_an_empty_ledger(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Ledger.open(LedgerSettings(), tmp_path).close()
    result = runner.invoke(explain, ["--state-dir", str(tmp_path)])
    assert isinstance(result.exception, NotFoundError)
    assert "no request in the ledger yet" in str(result.exception)


@pytest.mark.usefixtures("state")
def test_an_id_that_is_not_there_says_where_to_look(runner: CliRunner) -> None:
    result = runner.invoke(explain, ["nosuch"])
    assert isinstance(result.exception, NotFoundError)
    assert "wye requests" in str(result.exception)


@pytest.mark.usefixtures("state")
def test_costs_show_what_is_unknown(runner: CliRunner) -> None:
    shown = lines(runner.invoke(cost, ["--since", "2025-10-09"]))
    assert [line.split() for line in shown] == [
        ["model", "requests", "tokens", "in", "cached", "out", "cost", "cost", "unknown"],
        ["(none", "answered)", "1", "0", "0", "0", "-"],
        ["a-provider/a-model-with-a-very-lo…", "1", "0", "0", "0", "-", "1"],
        ["embedded", "2", "1,000", "200", "80", "0.000125", "USD"],
        [],
        ["total", "0.000125", "USD"],
        ["plus", "1", "request", "whose", "cost", "is", "not", "known"],
    ]
    exact = msgspec.json.decode(runner.invoke(cost, ["--json"]).stdout)
    assert [row["amount"] for row in exact] == ["0", None, "0.000125001"]


def test_failures_that_cost_nothing_make_no_zero_of_what_is_unknown() -> None:
    free = CostRow("own", "USD", 3, 2, Decimal(0), 9, 9, 0, 0)
    (_, cells, *rest) = table("model", [free], {})
    assert cells.split() == ["own", "3", "9", "0", "9", "-", "2"]
    assert "total -" in rest


def test_a_total_of_which_nothing_is_known_is_no_zero() -> None:
    row = CostRow(
        group="own",
        currency="USD",
        requests=2,
        unknown=2,
        amount=Decimal(0),
        input_tokens=7,
        output_tokens=3,
        cached_tokens=0,
        reasoning_tokens=0,
    )
    assert list(table("lane", [row], {}))[-2:] == ["total -", "plus 2 requests whose cost is not known"]
    free = msgspec.structs.replace(row, currency="", unknown=0)
    assert not any(line.startswith("total") for line in table("lane", [free], {}))


def test_costs_by_key_show_names_and_fold_what_was_free(runner: CliRunner, state: Path) -> None:
    with KeyStore(LedgerSettings(), state) as keys:
        made, _ = keys.create(Grant(name="app"))
    ledger = Ledger.open(LedgerSettings(), state)
    ledger.append(record(10, key=made.id))
    ledger.append(record(11, key=made.id, cost=None, attempts=(), usage=None))
    ledger.close()
    shown = lines(
        runner.invoke(cost, ["--by", "key", "--since", str(dt.datetime.fromtimestamp(START, dt.UTC))])
    )
    assert f"{made.id} app" in "\n".join(shown)
    [app] = [line.split() for line in shown if line.startswith(made.id)]
    assert app[2:] == ["2", "500", "100", "40", "0.000125", "USD"]


@pytest.mark.parametrize("command", [requests, cost])
def test_nothing_found_is_said_aside(runner: CliRunner, state: Path, command: object) -> None:
    result = runner.invoke(command, ["--since", "1s", "--state-dir", str(state)])  # type: ignore[arg-type]
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No" in result.stderr


def test_no_ledger_says_how_to_get_one(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(requests, ["--state-dir", str(tmp_path / "none")])
    assert isinstance(result.exception, LedgerError)
    assert "wye serve" in str(result.exception)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("time", ["yesterday", "7", "7y", "2026-13-01"])
def test_a_time_that_is_none_shows_how_to_write_one(runner: CliRunner, time: str) -> None:
    result = runner.invoke(requests, ["--since", time])
    assert result.exit_code == 2
    assert "write 7d, 24h" in result.stderr


def test_a_shadow_says_whose_it_is_and_is_not_the_latest_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger, asked = Ledger.open(LedgerSettings(), tmp_path / "state"), record(1, shadow_probability=0.02)
    ledger.append(asked)
    ledger.append(record(2, shadow_of=asked.id, decision=Decision("shadow", ())))
    ledger.close()
    words = ["--state-dir", str(tmp_path / "state")]
    told = CliRunner().invoke(explain, words).output
    assert told.startswith(asked.id)
    assert "with probability 0.02" in told
    listed = CliRunner().invoke(requests, words).output
    assert "(shadow)" in listed
    shadow = CliRunner().invoke(explain, [record(2).id, *words]).output
    assert f"{asked.id}: nobody was served this answer" in shadow


def test_a_period_that_ends_before_it_begins_is_a_slip(runner: CliRunner) -> None:
    result = runner.invoke(cost, ["--since", "2d", "--until", "3d"])
    assert result.exit_code == 2
    assert "is not after --since" in result.output
