"""A decision as people read it."""

from decimal import Decimal

from wye.cli.decision import decided, measured
from wye.core.decision import Candidate, Decision
from wye.core.lane import Lane

FIRST = Candidate("groq/a", Lane.HOSTED, "", Decimal("0.001"), 0.914, 1_234)
SECOND = Candidate("openai/gpt", Lane.CLOSED, "price not known")
OUT = Candidate("own/b", None, "cannot see images")


def test_scores_lengths_and_costs_stand_beside_each_candidate() -> None:
    decision = Decision("auto", (FIRST, SECOND), (OUT,), ("rule 1",), "r1", task="code")
    assert list(decided(decision)) == [
        "Decision: auto (revision r1)",
        "  rule 1",
        "  task code",
        "  1.  groq/a      hosted    score 0.91  1,234 tokens out  expected 0.001",
        "  2.  openai/gpt  closed                                                  price not known",
        "  ✗   own/b       unproven                                                cannot see images",
    ]


def test_what_was_measured_is_told_in_a_line() -> None:
    bare = Decision("auto", (FIRST,))
    assert measured(bare) == ""
    full = Decision(
        "auto", (FIRST,), task="code", gain=0.0312, unlike=True, certificate="9a1e", gate=("own/b",)
    )
    assert measured(full) == (
        "task code; gain +0.031: how much better the strong model is expected to answer; "
        "unlike anything learnt from; certified by 9a1e; served if own/b agrees"
    )
