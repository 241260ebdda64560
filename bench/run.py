"""Measure wye beside a bare proxy, no proxy, and its peers, on two cores, in one run.

    make bench
    make bench ARGS="--short"
    make bench ARGS="--only 'bare proxy' --only wye --rounds 3"

The proxy under test runs on core 0; wrk, the checking stream client and the canned upstreams on core 1.
Rounds go through all contestants before the next begins, so a machine that slows down slows everybody. It
never fails by a figure: it prints them beside their targets, and keeps every run as JSON in bench/out/.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import contestants
import measure
import psutil
from contestants import Contestant, NotStartedError
from measure import FaultyRunError
from report import BASE, FLOOR, OURS, RESPONSES, ROUTED, TRANSLATED, Figures, Report, as_json, print_report
from rich.console import Console

SPIN_US = 50
"""About what wye takes above the bare proxy: whose tail is as long as that of something as slow?"""
WARM_UP_SECONDS = 5  # a peer on a compiling runtime answers nobody in its first second
OUT = Path(__file__).resolve().parent / "out"
CONSOLE = Console(width=110 if not sys.stdout.isatty() else None)


def arguments() -> argparse.Namespace:
    """Read the command line; `--short` only changes defaults."""
    parser = argparse.ArgumentParser(description="Measure wye beside others; needs wrk, nginx and two cores.")
    parser.add_argument("--short", action="store_true", help="3 rounds of 2 s and 50,000 requests of memory")
    parser.add_argument("--rounds", type=int, help="runs to take the median of (7)")
    parser.add_argument("--seconds", type=int, help="length of a wrk run (5)")
    parser.add_argument(
        "--requests", type=int, help="requests of the memory run (1,000,000); 0 = leave it out"
    )
    parser.add_argument("--streams", type=int, default=200, help="concurrent streams; 0 = leave them out")
    parser.add_argument("--events", type=int, default=500, help="events a stream")
    parser.add_argument("--pairs", action="store_true", help="and every protocol to every protocol")
    parser.add_argument("--only", action="append", help="measure only this one (may be repeated)")
    chosen = parser.parse_args()
    defaults = (3, 2, 50_000) if chosen.short else (7, 5, 1_000_000)
    for name, value in zip(("rounds", "seconds", "requests"), defaults, strict=True):
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)
    return chosen


def missing_tools() -> list[str]:
    """Name what has to be installed first."""
    return [name for name in ("wrk", "nginx", "taskset") if shutil.which(name) is None]


def candidates(options: argparse.Namespace, folder: Path, notes: list[str]) -> list[Contestant]:
    """Name everyone that this machine can measure; note who is left out."""
    port = contestants.PORT + 10
    peers = {"LiteLLM": contestants.litellm(port + 3, folder), "Portkey": contestants.portkey(port + 4)}
    how = {"LiteLLM": "no litellm on PATH", "Portkey": "BENCH_PORTKEY does not hold its command"}
    notes += [f"{name} left out: {how[name]}" for name, peer in peers.items() if peer is None]
    ours = contestants.wye(port + 1, folder)
    return [
        contestants.direct(),
        contestants.bare(port),
        contestants.bare(port + 6, spin_us=SPIN_US),
        ours,
        contestants.wye(port + 2, folder, access_log=True),
        contestants.wye(port + 5, folder, sealed=True),
        contestants.routed(ours, ROUTED),
        contestants.translated(ours, TRANSLATED, "/v1/messages"),
        contestants.translated(ours, RESPONSES, "/v1/responses"),
        *(contestants.pairs(ours) if options.pairs else ()),
        *(peer for peer in peers.values() if peer is not None),
    ]


class Bench:
    """One run: contestants that are up, and their figures so far."""

    def __init__(self, options: argparse.Namespace, report: Report, folder: Path) -> None:
        self.options = options
        self.report = report
        self.folder = folder
        self.up: dict[str, tuple[Contestant, int | None]] = {}

    def note(self, what: str, error: Exception, name: str) -> None:
        """Keep what went wrong with someone, and the end of their log."""
        self.report.notes.append(f"{what}: {error}\n{contestants.last_words(self.folder, name)}".rstrip())

    def start(self, stack: ExitStack, everyone: list[Contestant]) -> None:
        """Start the upstreams and then everyone, idle beside each other; note who does not come up."""
        folder = self.folder
        nginx, streamer = contestants.nginx(folder), contestants.sse_upstream(self.options.events)
        stack.enter_context(contestants.started("nginx", nginx, contestants.UPSTREAM, folder, {}))
        stack.enter_context(contestants.started("streams", streamer, contestants.STREAMS, folder, {}))
        for one in everyone:
            if self.options.only and one.name not in (*self.options.only, BASE):
                continue
            if one.of and one.of not in self.up:
                continue
            pid = None
            try:
                if one.command:
                    server = contestants.started(one.name, one.command, one.port, folder, one.env)
                    pid = stack.enter_context(server)
                measure.load(one, connections=32, seconds=WARM_UP_SECONDS)
            except (NotStartedError, FaultyRunError) as error:
                self.note("left out", error, one.name)
                continue
            self.up[one.name] = one, pid
            self.report.figures[one.name] = Figures()

    def rounds(self) -> None:
        """Interleave: everyone once, then everyone again."""
        for number in range(1, self.options.rounds + 1):
            for name, (one, _) in list(self.up.items()):
                CONSOLE.print(f"round {number} of {self.options.rounds}: {name}", style="dim")
                try:
                    self.round(one, self.report.figures[name])
                except FaultyRunError as error:
                    self.note(f"given up in round {number}", error, name)
                    del self.up[name]

    def round(self, one: Contestant, figures: Figures) -> None:
        """Measure one contestant once."""
        seconds = self.options.seconds
        figures.busy.append(measure.load(one, connections=32, seconds=seconds))
        figures.single.append(measure.load(one, connections=1, seconds=max(1, seconds // 2)))
        if one.streams and self.options.streams:
            figures.events.append(
                measure.streams(one, one.streams, count=self.options.streams, events=self.options.events)
            )

    def memory(self) -> None:
        """Watch wye, and the floor for comparison, through many requests."""
        for name in (FLOOR, OURS):
            one, pid = self.up.get(name, (None, None))
            if one is None or pid is None or not self.options.requests:
                continue
            CONSOLE.print(f"memory over {self.options.requests:,} requests: {name}", style="dim")
            try:
                self.report.figures[name].memory = measure.memory(one, pid, requests=self.options.requests)
            except FaultyRunError as error:
                self.note("memory not measured", error, name)


def machine() -> str:
    """Describe what it ran on."""
    cores, gigabytes = os.cpu_count(), psutil.virtual_memory().total / 1e9
    system = f"{platform.system()} {platform.machine()}, {cores} cores, {gigabytes:.0f} GB"
    return f"{system}, Python {platform.python_version()}"


def main() -> int:
    """Run it all; 1 = an upstream does not come up, or a tool is missing."""
    options = arguments()
    missing = missing_tools()
    if missing:
        CONSOLE.print(
            f"bench needs {', '.join(missing)}: on Debian, apt-get install wrk nginx-light util-linux"
        )
        return 1
    report = Report({}, options.rounds, machine())
    with tempfile.TemporaryDirectory(prefix="wye-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        bench = Bench(options, report, folder)
        try:
            bench.start(stack, candidates(options, folder, report.notes))
        except NotStartedError as error:
            CONSOLE.print(f"bench cannot start: {error}")
            return 1
        bench.rounds()
        bench.memory()
    if OURS in report.figures:
        report.command_line_seconds = measure.command_line_start()
    print_report(report, CONSOLE)
    OUT.mkdir(exist_ok=True)
    kept = OUT / time.strftime("%Y%m%d-%H%M%S.json")
    kept.write_text(json.dumps(as_json(report), indent=1), encoding="utf-8")
    CONSOLE.print(f"every run: {kept.relative_to(Path.cwd()) if kept.is_relative_to(Path.cwd()) else kept}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
