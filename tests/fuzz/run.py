"""Run many executions over all decoders, and report what went wrong, how fast it was and what it held on to.

`PYTHONPATH=tests python -m fuzz.run 100000` prints the report; one finding is seen again with
`python -m fuzz.run --again "gemini stream" 12345`. The word `recorded` at the end adds recorded exchanges.
"""

import random
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from fuzz.decoders import DECODERS, Decoder, with_recordings
from fuzz.mutation import Mutator

MAX_SECONDS = 1.0
"""Of processor time, for one execution."""
_ROUNDS = 10
_WARM = 3
"""Rounds until memory is looked at for the first time: caches are full by then."""
_MOST_FINDINGS = 20


class Finding(NamedTuple):
    """Something that must not happen."""

    decoder: str
    number: int
    """Which execution; it gives the same bytes again."""
    what: str
    data: bytes


class Report(NamedTuple):
    """What one process saw."""

    executions: int
    seconds: float
    slowest: float
    """Seconds of processor time of the slowest execution."""
    grown: int
    """Bytes of memory held at the end and not after the first rounds; 0 where the system does not say."""
    findings: tuple[Finding, ...]


class Fuzzer:
    """One decoder under fire."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        lines = [
            line for seed in decoder.seeds for line in (seed.split(b"\n") if decoder.is_stream else [seed])
        ]
        self._mutator = Mutator([_in(line) for line in lines])

    def data(self, number: int) -> tuple[bytes, Mutator]:
        """Return what execution `number` is about."""
        rng = random.Random(f"{self.decoder.name} {number}")  # noqa: S311  # it has to come again
        mutator = self._mutator
        mutator.start(rng)
        seed = rng.choice(self.decoder.seeds)
        return (mutator.stream(seed) if self.decoder.is_stream else mutator.body(seed)), mutator


def work(first: int, count: int, *, recorded: bool = False) -> Report:
    """Run executions `first`, `first + 1`, ... of every decoder, `count` in all."""
    fuzzers = [Fuzzer(decoder) for decoder in (with_recordings() if recorded else DECODERS)]
    share = max(1, count // (len(fuzzers) * _ROUNDS))
    findings: list[Finding] = []
    slowest, warm, begun = 0.0, 0, time.perf_counter()
    for at in range(_ROUNDS):
        warm = resident() if at == _WARM else warm
        for fuzzer in fuzzers:
            start = first + at * share
            for number in range(start, start + share):
                took, finding = once(fuzzer, number)
                slowest = max(slowest, took)
                findings += [] if finding is None else [finding]
            if len(findings) > _MOST_FINDINGS:
                return Report(0, 1.0, slowest, 0, tuple(findings))
    took = time.perf_counter() - begun
    return Report(share * _ROUNDS * len(fuzzers), took, slowest, resident() - warm, tuple(findings))


def once(fuzzer: Fuzzer, number: int) -> tuple[float, Finding | None]:
    """Run one execution; return its seconds of processor time, and what went wrong."""
    data, mutator = fuzzer.data(number)
    name = fuzzer.decoder.name
    begun = time.thread_time()
    try:
        fuzzer.decoder.attempt(data, mutator)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what we look for
        return 0.0, Finding(name, number, f"{type(error).__name__}: {error}"[:300], data)
    took = time.thread_time() - begun
    slow = took > MAX_SECONDS
    return took, Finding(name, number, f"took {took:.1f} s", data) if slow else None


def run(count: int, processes: int = 1, first: int = 0, *, recorded: bool = False) -> Report:
    """Run `count` executions in `processes` processes. `recorded`: with recordings, where there are any."""
    if processes == 1:
        return work(first, count, recorded=recorded)
    each = count // processes
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        starts = [first + at * each for at in range(processes)]
        reports = list(pool.map(partial(work, count=each, recorded=recorded), starts))
    return Report(
        sum(one.executions for one in reports),
        max(one.seconds for one in reports),
        max(one.slowest for one in reports),
        max(one.grown for one in reports),
        tuple(finding for one in reports for finding in one.findings),
    )


def resident() -> int:
    """Return the bytes of memory this process holds; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def told(report: Report) -> str:
    """Return a report for people."""
    rate = report.executions / report.seconds
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for one in report.findings:
        kinds.setdefault((one.decoder, one.what), []).append(one)
    findings = [
        f"{decoder}: {what}: {len(many)} times, first {many[0].number}\n    {many[0].data[:400]!r}"
        for (decoder, what), many in kinds.items()
    ]
    figures = (
        f"{report.executions:,} executions in {report.seconds:.0f} s: {rate:,.0f}/s",
        f"slowest {report.slowest * 1000:.0f} ms",
        f"memory grew by {report.grown / 2**20:.1f} MiB",
    )
    return "\n".join(("; ".join(figures), *findings))


def _in(event: bytes) -> object:
    try:
        return msgspec.json.decode(event[event.find(b"{") :] if b"{" in event else b"{}")
    except msgspec.DecodeError:
        return {}


def main(arguments: Iterable[str]) -> None:
    """Run from a shell."""
    first, *rest = arguments
    if first != "--again":
        print(told(run(int(first), processes=2, recorded="recorded" in rest)))  # noqa: T201  # a report for a shell
        return
    known = with_recordings() if "recorded" in rest else DECODERS
    fuzzer = next(Fuzzer(decoder) for decoder in known if decoder.name == rest[0])
    data, mutator = fuzzer.data(int(rest[1]))
    print(data)  # noqa: T201  # a report for a shell
    fuzzer.decoder.attempt(data, mutator)


if __name__ == "__main__":
    main(sys.argv[1:])
