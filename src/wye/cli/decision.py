"""A decision as people read it: why, who comes first, what was expected of each, and who was left out."""

from collections.abc import Iterator

from wye.cli.figures import money
from wye.cli.terminal import columns
from wye.core.decision import Candidate, Decision

_INDENT = 2


def decided(decision: Decision) -> Iterator[str]:
    """Yield a decision, a line at a time."""
    revision = f" (revision {decision.revision})" if decision.revision else ""
    yield f"Decision: {decision.strategy}{revision}"
    for reason in decision.reasons:
        yield f"  {reason}"
    if told := measured(decision):
        yield f"  {told}"
    chosen = [_candidate(f"{rank}.", c) for rank, c in enumerate(decision.candidates, 1)]
    excluded = [_candidate("✗", c) for c in decision.excluded]  # a cross, for people
    if chosen or excluded:
        yield from columns([*chosen, *excluded], _INDENT)


def measured(decision: Decision) -> str:
    """Say what was made of the prompt; empty = nothing."""
    told = []
    if decision.task:
        told.append(f"task {decision.task}")
    if decision.gain is not None:
        told.append(f"gain {decision.gain:+.3f}: how much better the strong model is expected to answer")
    if decision.unlike:
        told.append("unlike anything learnt from")
    if decision.certificate:
        told.append(f"certified by {decision.certificate}")
    if decision.gate:
        told.append(f"served if {', '.join(decision.gate)} agrees")
    return "; ".join(told)


def _candidate(mark: str, candidate: Candidate) -> tuple[str, ...]:
    score = "" if candidate.quality is None else f"score {candidate.quality:.2f}"
    length = "" if candidate.output_tokens is None else f"{candidate.output_tokens:,} tokens out"
    cost = "" if candidate.expected_cost is None else f"expected {money(candidate.expected_cost)}"
    lane = candidate.lane or "unproven"
    return (mark, candidate.deployment, lane, score, length, cost, candidate.reason)
