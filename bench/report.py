"""The table: medians a contestant, and wye's ratios beside their targets."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from measure import Load, Memory
from rich.console import Console
from rich.table import Table

BASE, FLOOR, OURS, LOGGED = "direct", "bare proxy", "wye", "wye, access log"
SEALED = "wye, sealed"
TRANSLATED, RESPONSES, ROUTED = "wye, Messages", "wye, Responses", "wye, auto"
"""Clients of another protocol than the upstream's."""
MEGABYTE = 1_000_000
QUIET = 0.15
"""How far the floor's runs may lie from their median on a machine that does nothing else."""


@dataclass
class Figures:
    """Every run of one contestant, and what the memory run saw."""

    busy: list[Load] = field(default_factory=list)
    """32 connections."""
    single: list[Load] = field(default_factory=list)
    """One connection."""
    events: list[float] = field(default_factory=list)
    """Streamed events a second."""
    memory: Memory | None = None

    @property
    def per_second(self) -> float | None:
        """Median requests a second at 32 connections."""
        return median([run.per_second for run in self.busy])

    @property
    def p50(self) -> float | None:
        """Median of the median latencies at 32 connections, us."""
        return median([run.p50 for run in self.busy])

    @property
    def p99(self) -> float | None:
        """Median of the 99th percentiles at 32 connections, us."""
        return median([run.p99 for run in self.busy])

    @property
    def alone(self) -> float | None:
        """Median of the median latencies at one connection, us."""
        return median([run.p50 for run in self.single])

    @property
    def megabytes(self) -> float | None:
        """Resident memory at its highest, MB."""
        return self.memory.peak / MEGABYTE if self.memory else None

    @property
    def growth(self) -> float | None:
        """How much more memory is resident after the memory run than before it, per cent."""
        return (self.memory.after / self.memory.before - 1) * 100 if self.memory else None

    @property
    def events_per_second(self) -> float | None:
        """Median streamed events a second."""
        return median(self.events)


def median(values: list[float]) -> float | None:
    """Give the median; None of nothing."""
    return statistics.median(values) if values else None


@dataclass
class Report:
    """All figures of one run of the bench."""

    figures: dict[str, Figures]
    rounds: int
    machine: str
    command_line_seconds: float | None = None
    notes: list[str] = field(default_factory=list)

    def added(self, name: str) -> float | None:
        """Give the latency a proxy adds at one connection, us."""
        ours, base = self.value(name, "alone"), self.value(BASE, "alone")
        return None if ours is None or base is None else ours - base

    def value(self, name: str, what: str) -> float | None:
        """Give one median."""
        figures = self.figures.get(name)
        return None if figures is None else getattr(figures, what)


def unrest(report: Report) -> str | None:
    """Say that the machine was busy otherwise, seen from the floor's own runs; None = it was quiet."""
    runs = [run.per_second for run in report.figures.get(FLOOR, Figures()).busy]
    middle = median(runs)
    if middle is None or all(abs(run / middle - 1) <= QUIET for run in runs):
        return None
    return (
        f"NOT A QUIET MACHINE: the bare proxy's own runs range from {min(runs):,.0f} to {max(runs):,.0f} "
        "requests/s, so no ratio above means much."
    )


@dataclass(frozen=True)
class Target:
    """A figure that should hold, and what was measured. Never a failure: machines differ."""

    name: str
    measured: float | None
    limit: float
    at_least: bool
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        """None = not measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def ratio(ours: float | None, floor: float | None) -> float | None:
    """Divide, where both are known."""
    return None if ours is None or not floor else ours / floor


def targets(report: Report) -> list[Target]:
    """What wye promises of its speed."""

    def against_ours(name: str) -> float | None:
        return ratio(report.value(name, "per_second"), report.value(OURS, "per_second"))

    def against_floor(name: str, what: str) -> float | None:
        return ratio(report.value(name, what), report.value(FLOOR, what))

    return [
        Target("requests/s over the bare proxy's", against_floor(OURS, "per_second"), 0.45, at_least=True),
        Target("the same with access logs", against_floor(LOGGED, "per_second"), 0.38, at_least=True),
        Target("the same, sealed", against_floor(SEALED, "per_second"), 0.3, at_least=True),
        Target(
            "added median latency over its",
            ratio(report.added(OURS), report.added(FLOOR)),
            2.5,
            at_least=False,
        ),
        Target("p99 at 32 connections over its", against_floor(OURS, "p99"), 1.5, at_least=False),
        Target("auto, over the bare proxy's", against_floor(ROUTED, "per_second"), 0.15, at_least=True),
        Target("Messages, translated, over verbatim", against_ours(TRANSLATED), 0.6, at_least=True),
        Target("Responses, translated, over verbatim", against_ours(RESPONSES), 0.6, at_least=True),
        Target("streamed events/s over its", against_floor(OURS, "events_per_second"), 0.4, at_least=True),
        Target("resident memory, peak", report.value(OURS, "megabytes"), 150, at_least=False, unit=" MB"),
        Target("its growth under load", report.value(OURS, "growth"), 5, at_least=False, unit=" %"),
        Target("wye --help", report.command_line_seconds, 0.4, at_least=False, unit=" s"),
    ]


def shown(value: float | None, form: str = ",.0f") -> str:
    """Give a figure for the table."""
    return "-" if value is None else format(value, form)


COLUMNS: dict[str, Callable[[Report, str, Figures], str]] = {
    "requests/s": lambda _, __, figures: shown(figures.per_second),
    "x bare": lambda report, _, figures: shown(
        ratio(figures.per_second, report.value(FLOOR, "per_second")), ".3f"
    ),
    "p50 us": lambda _, __, figures: shown(figures.p50),
    "p99 us": lambda _, __, figures: shown(figures.p99),
    "alone us": lambda _, __, figures: shown(figures.alone),
    "added us": lambda report, name, _: shown(report.added(name)),
    "events/s": lambda _, __, figures: shown(figures.events_per_second),
    "MB": lambda _, __, figures: shown(figures.megabytes),
}


def print_report(report: Report, console: Console) -> None:
    """Show it to a person."""
    table = Table(title=f"medians of {report.rounds}, {report.machine}", title_justify="left")
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for name, figures in report.figures.items():
        table.add_row(name, *(cell(report, name, figures) for cell in COLUMNS.values()))
    console.print(table)
    for target in targets(report):
        sign = "at least" if target.at_least else "at most"
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[target.met]
        line = f"  {target.name:36} {shown(target.measured, '.2f'):>8}{target.unit:4}"
        console.print(f"{line} {sign} {target.limit:g}{target.unit}: {verdict}", highlight=False)
    for note in filter(None, [*report.notes, unrest(report)]):
        console.print(f"  {note}", highlight=False)


def as_json(report: Report) -> dict[str, Any]:
    """Give every run, the medians and the targets."""
    medians = ("per_second", "p50", "p99", "alone", "events_per_second")
    return {
        "machine": report.machine,
        "rounds": report.rounds,
        "notes": report.notes,
        "unrest": unrest(report),
        "command_line_seconds": report.command_line_seconds,
        "contestants": {
            name: {
                "runs": asdict(figures),
                "medians": {what: getattr(figures, what) for what in medians},
                "added_us": report.added(name),
            }
            for name, figures in report.figures.items()
        },
        "targets": [{**asdict(target), "met": target.met} for target in targets(report)],
    }
