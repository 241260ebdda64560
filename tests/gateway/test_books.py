import json
import resource
from pathlib import Path

import pytest

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.record import Outcome
from wye.gateway.accesslog import AccessLog
from wye.gateway.books import Books
from wye.gateway.metrics import Metrics
from wye.ledger import Ledger
from wye.ledger.entry import Entry


def entry(outcome: Outcome) -> Entry:
    made = Entry.begin("d1", "r1", "openai_chat", "chat")
    made.outcome, made.status = outcome, 200
    return made


def test_what_the_ledger_refuses_counts_as_the_error_the_client_gets(tmp_path: Path) -> None:
    ledger, metrics, out = Ledger.open(LedgerSettings(), tmp_path), Metrics(), (tmp_path / "log").open("w")
    log = AccessLog(out, human=False)
    books = Books(ledger, metrics, log)
    assert books.seal(entry(Outcome.OK)).status == 200
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        for outcome in (Outcome.OK, Outcome.HANGUP):
            with pytest.raises(LedgerError, match="cannot write to the spool"):
                books.seal(entry(outcome))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    ledger.close()
    log.close()
    out.close()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["outcome"], line["status"]) for line in lines] == [
        ("ok", 200),
        ("error", 503),
        ("hangup", 200),
    ]
    assert "cannot write" in lines[1]["error"]
    assert b'outcome="error",status="503"} 1' in metrics.render()


def test_a_shadow_is_in_the_ledger_and_not_in_the_access_log(tmp_path: Path) -> None:
    ledger, metrics, out = Ledger.open(LedgerSettings(), tmp_path), Metrics(), (tmp_path / "log").open("w")
    log = AccessLog(out, human=False)
    shadow = entry(Outcome.OK)
    shadow.shadow_of = "d0"
    assert Books(ledger, metrics, log).seal(shadow).shadow_of == "d0"
    ledger.close()
    log.close()
    out.close()
    assert (tmp_path / "log").read_text() == ""
