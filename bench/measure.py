"""What is measured: one function a measurement, each taking seconds and giving plain figures."""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil
from contestants import BIN, HERE, LOAD_CORE, Contestant, pinned


class FaultyRunError(Exception):
    """The figures mean nothing: not every answer was a good one."""


@dataclass(frozen=True)
class Load:
    """What wrk saw: answers, answers a second, and latencies in microseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def load(contestant: Contestant, *, connections: int, seconds: int) -> Load:
    """Keep `connections` busy for `seconds`.

    Raises:
        FaultyRunError: an answer was not 2xx, or a connection failed.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "load.lua")]
    arguments = [contestant.url(), "--", contestant.model, *contestant.headers]
    done = subprocess.run(
        pinned(LOAD_CORE, *command, *arguments),
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["bad_status"] or seen["socket_errors"] or not seen["requests"]:
        message = f"{contestant.name}: {seen}"
        raise FaultyRunError(message)
    return Load(seen["requests"], seen["requests"] / seen["seconds"], seen["p50_us"], seen["p99_us"])


def streams(contestant: Contestant, model: str, *, count: int, events: int) -> float:
    """Relay `count` streams of `model` side by side; gives events a second.

    Raises:
        FaultyRunError: an event was lost, doubled or out of order.
    """
    client = [sys.executable, str(HERE / "stream_client.py"), contestant.url(stream=True)]
    arguments = [str(count), str(events), model, *contestant.headers]
    done = subprocess.run(
        pinned(LOAD_CORE, *client, *arguments), capture_output=True, text=True, check=True, timeout=300
    )
    seen = json.loads(done.stdout)
    if seen["faults"]:
        message = f"{contestant.name}: {seen['faults'][0]}"
        raise FaultyRunError(message)
    return float(seen["events_per_second"])


@dataclass(frozen=True)
class Memory:
    """Resident bytes of a gateway's processes after a warm-up, and after `requests` more."""

    requests: int
    before: int
    after: int
    peak: int


def memory(contestant: Contestant, pid: int, *, requests: int, warm_up_seconds: int = 5) -> Memory:
    """Send `requests` or a few more, watching the process and those it started. There is no engine here."""
    warm = load(contestant, connections=32, seconds=warm_up_seconds)
    before = peak = resident(pid)
    sent = 0
    while sent < requests:
        seconds = max(1, min(20, round((requests - sent) / warm.per_second)))
        sent += load(contestant, connections=32, seconds=seconds).requests
        peak = max(peak, resident(pid))
    return Memory(sent, before, resident(pid), peak)


def resident(pid: int) -> int:
    """Give the resident bytes of a process and its children; what they share is counted twice."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def command_line_start(runs: int = 10) -> float:
    """Give the median seconds of `wye --help`, a process each."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([str(BIN / "wye"), "--help"], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
