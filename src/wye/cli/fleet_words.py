"""What `wye fleet` found, for people and for programs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from wye.catalog.machines import HOURS_A_MONTH
from wye.cli.terminal import columns
from wye.economics.demand import Demand
from wye.economics.duration import picture
from wye.economics.engines import lengths
from wye.economics.fleet import Case, Option, Plan

_NAMES = {"api": "API alone", "peak": "machines for the peak", "peak+1": "  and a spare one", "mix": "mix"}
_CENTS_BELOW = 100
_HEAD = ("", "machines", "own", "busy", "p95", "machines", "energy", "API", "total USD")


class Answer(msgspec.Struct, frozen=True):
    """One candidate."""

    model: str
    """Empty = only its throughput was given."""
    case: Case
    plan: Plan
    twice: Option | None
    """The cheapest way at twice the volume; None = none keeps what is promised at a known price."""

    @property
    def best(self) -> Option | None:
        """Return the cheapest way; None as `twice`."""
        return self.plan.best(self.case.ttft)


def figures(answer: Answer) -> dict[str, Any]:
    """Return an answer for a program, with each option's total."""

    def option(one: Option | None) -> dict[str, Any] | None:
        return None if one is None else msgspec.to_builtins(one) | {"total": one.total}

    found = answer.plan
    return {
        "machines": answer.case.machines.name,
        "model": answer.model,
        "engine": answer.case.engine,
        "burst": answer.case.burst,
        "options": [option(one) for one in (found.api, found.peak, found.peak_spare, found.mix) if one],
        "best": option(answer.best),
        "twice": option(answer.twice),
        "mixes": [option(one) for one in found.mixes],
        "curve": found.curve,
    }


def lines(demand: Demand, answers: list[Answer], itl: float) -> Iterator[str]:
    """Yield what to say of the candidates, who were asked the same."""
    told, spoken = lengths(demand)
    yield (
        f"{demand.tokens / 1e6:,.0f}M tokens a month: {demand.requests:,.0f} requests of {told:,.0f} in and "
        f"{spoken:,.0f} out, the busiest hour {answers[0].plan.curve[0].load:.1f} times the mean"
    )
    first = answers[0].case
    bunches = "" if first.burst == 1 else f"; requests come {first.burst:.1f} at a time"
    yield f"promised: 95 % begin within {first.ttft:g} s, {itl * 1_000:g} ms between tokens{bunches}"
    for one in answers:
        yield ""
        yield from _one(one)


def _one(answer: Answer) -> Iterator[str]:
    engine, found, case = answer.case.engine, answer.plan, answer.case
    marked = ", an estimate" if engine.estimate else ""
    what = f" with {answer.model}" if answer.model else ""
    yield (
        f"{answer.case.machines.name}{what}: {engine.slots} slots at {engine.itl_ms:g} ms a token, "
        f"{engine.capacity:.2g} requests a second ({engine.source}{marked})"
    )
    best = answer.best
    of_mean = engine.capacity / case.demand.requests * HOURS_A_MONTH * 3_600
    owned_load = best.serving * of_mean if best is not None else 0.0
    yield from picture(found.curve, owned_load if owned_load <= 2 * found.curve[0].load else 0.0)
    yield ""
    ways = (found.api, found.peak, found.peak_spare, found.mix)
    rows = [_HEAD, *(_row(one, case.ttft) for one in ways if one is not None)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield from columns(
        [(row[0], *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))) for row in rows]
    )
    yield ""
    yield from _verdict(answer)


def _row(one: Option, ttft: float) -> tuple[str, ...]:
    count = f"{one.serving}+{one.spare}" if one.spare else str(one.serving or "-")
    late = " !" if one.ttft > ttft else ""
    return (
        _NAMES[one.way],
        count,
        f"{one.own:.0%}",
        f"{one.utilisation:.0%}" if one.serving else "-",
        f"{one.ttft:.2f} s{late}",
        _usd(one.machines) if one.serving else "-",
        _usd(one.energy) if one.energy else "-",
        "?" if one.spilled is None else _usd(one.spilled) if one.spilled else "-",
        "?" if one.total is None else _usd(one.total),
    )


def _usd(amount: Decimal) -> str:
    return f"{amount:,.0f}" if amount >= _CENTS_BELOW else f"{amount:,.2f}"


def _verdict(answer: Answer) -> Iterator[str]:
    """Say it in sentences."""
    best, found = answer.best, answer.plan
    if best is None or best.total is None:
        yield "Nothing of it keeps what is promised at a price that is known."
        return
    beside = [
        f"{1 - best.total / other.total:.0%} below {name}"
        for name, other in (
            ("the API alone", found.api),
            ("machines for the peak", found.peak),
        )
        if other is not None and other.way != best.way and other.total and other.ttft <= answer.case.ttft
    ]
    tail = f", {' and '.join(beside)}" if beside else ""
    yield f"Cheapest: {_words(best)}: {_usd(best.total)} USD a month{tail}."
    if best.way == "mix":
        fewer = found.one_down
        if fewer is not None and fewer.spilled is not None and best.spilled is not None:
            more = (fewer.spilled - best.spilled) / HOURS_A_MONTH
            yield (
                f"It needs no spare machine: while one is down, the API takes {1 - fewer.own:.0%} of the "
                f"requests for {more:,.2f} USD an hour more."
            )
    elif best.way == "peak":
        more = found.peak_spare.machines - found.peak.machines
        yield f"A spare machine, so that one may fail at the peak, costs {_usd(more)} more."
    if any(one is not None and one.ttft > answer.case.ttft for one in (found.api, found.peak)):
        yield "Marked with ! is what does not keep the promise: it is no choice."
    twice = answer.twice
    if twice is not None and twice.total is not None:
        yield f"At twice the volume: {_words(twice)}, {_usd(twice.total)} USD a month."


def _words(one: Option) -> str:
    count = f"{one.serving} machine{'s' if one.serving > 1 else ''}"
    match one.way:
        case "api":
            return "the API alone"
        case "mix":
            return f"{count}, and the API for {1 - one.own:.1%} of the requests"
        case _:
            return count
