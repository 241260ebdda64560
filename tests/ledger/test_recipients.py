"""Who got requests is summed by what was sent, not by who answered."""

from ledger.records import START, record
from wye.core.record import Attempt
from wye.ledger.recipients import lanes_of, processing


def test_every_upstream_that_was_sent_something_is_a_recipient() -> None:
    failed = Attempt("together/llama", "first", 0.0, 1.0, 500, "", 100, 0)
    again = Attempt("together/llama", "retry", 1.0, 1.0, 500, "", 100, 0)
    served = Attempt("embedded", "fallback", 2.0, 1.0, 200, "", 90, 10)
    skipped = Attempt("gpt", "skip", 0.0, 0.0)
    done = processing([
        record(1, attempts=(skipped, failed, again, served), labels=("phi", "internal"), subject="a" * 32),
        record(2, attempts=(), outcome="error", labels=("phi",)),
        record(0, attempts=(served,)),
    ])  # fmt: skip
    assert (done.requests, done.refused, done.labels["phi"]) == (3, 1, 2)
    assert (done.first, done.last) == (START, START + 2)
    assert set(done.recipients) == {"together/llama", "embedded"}
    llama, own = done.recipients["together/llama"], done.recipients["embedded"]
    assert (llama.lane, llama.requests, llama.attempts, llama.sent_bytes) == ("hosted", 1, 2, 200)
    assert (own.lane, own.requests, own.first, own.last) == ("own", 2, START, START + 1)
    assert llama.subjects == {"a" * 32}
    assert llama.labels == {"phi": 1, "internal": 1}


def test_what_the_record_does_not_say_stays_unknown() -> None:
    assert lanes_of(record(0, decision=None, lane=None)) == {}
    made = processing([record(0, decision=None, lane=None, deployment="")])
    assert made.recipients["embedded"].lane == ""
