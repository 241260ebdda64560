"""How models count and talk, from the ledger."""

from wye.core.record import Outcome, Record
from wye.core.usage import Usage
from wye.evaluation.paces import FEWEST, paces
from wye.routing.revision import Pace


def record(deployment: str, sent: int, usage: Usage | None, outcome: Outcome = Outcome.OK) -> Record:
    return Record(
        "id", 0.0, "r", "openai_chat", "chat", "auto", outcome, 200, 1.0,
        deployment=deployment, request_bytes=sent, usage=usage,
    )  # fmt: skip


def test_they_are_means_over_what_was_served() -> None:
    records = [record("a", 300, Usage(100, 40)), record("a", 500, Usage(100, 60))] * (FEWEST // 2)
    records += [record("a", 9_000, None), record("a", 9_000, Usage(1, 1), Outcome.ERROR)]
    records += [record("b", 400, Usage(100, 10))] * (FEWEST - 1)
    records += [record("held elsewhere", 10, Usage(1_000, 10))] * FEWEST
    assert paces(records) == {
        "a": Pace(bytes_per_token=4.0, output_tokens=50.0),
        "held elsewhere": Pace(bytes_per_token=None, output_tokens=10.0),
    }
