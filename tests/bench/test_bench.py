"""The bench's own parts, without the load generator: a benchmark that miscounts is worse than none."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wye.config.load import load


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, env={**os.environ, **(env or {})})
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


def watch_streams(bench: Path, port: int, events: int) -> dict[str, object]:
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    command = [sys.executable, str(bench / "stream_client.py"), url, "5", str(events), "gpt-bench"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return dict(json.loads(seen))


def test_streams_pass_the_bare_proxy_whole_and_a_missing_event_is_noticed(bench: Path) -> None:
    upstream, proxy = free_port(), free_port()
    served = [sys.executable, str(bench / "sse_upstream.py"), str(upstream), "20"]
    options = f"--app-dir {bench} --loop uvloop --http httptools --log-level error --port {proxy}"
    relayed = [sys.executable, "-m", "uvicorn", "bare_proxy:app", *options.split()]
    ports = {"BENCH_UPSTREAM": "1", "BENCH_STREAMS": str(upstream)}
    with serving(served, upstream), serving(relayed, proxy, ports):
        assert watch_streams(bench, proxy, 20)["faults"] == []
        faults = watch_streams(bench, proxy, 21)["faults"]
    assert isinstance(faults, list)
    assert "20 events instead of 21" in faults[0]


async def test_the_stream_client_judges_order_status_and_end() -> None:
    from stream_client import Stream  # noqa: PLC0415  # only on the path while a test runs

    async def judge(body: bytes, status: bytes = b"200 OK") -> str | None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            loop = asyncio.get_running_loop()
            _, stream = await loop.create_connection(lambda: Stream(b"x"), "127.0.0.1", port)
            await stream.done
            stream.transport.close()
        return stream.judge(2)

    zero, one, end = b'data: {"content":"0 "}\n\n', b'data: {"content":"1 "}\n\n', b"data: [DONE]\n\n"
    assert await judge(zero + one + end) is None
    assert await judge(one + zero + end) == "2 events instead of 2, or out of order"
    assert await judge(zero + one + one + end) == "3 events instead of 2, or out of order"
    assert await judge(zero + one) == "no [DONE] at the end"
    assert "status 429" in str(await judge(zero + one + end, b"429 Too Many"))


def test_wye_is_configured_as_the_bench_means_it(bench: Path) -> None:
    settings = load(bench / "wye.yaml")
    assert set(settings.deployments) == {"bench/gpt", "bench/stream", "bench/weak"}
    assert settings.keys.required
    assert not settings.embedded.enabled
    assert not settings.discovery.engines
    assert not settings.discovery.environment


def test_the_report_holds_figures_against_their_targets() -> None:
    import report  # noqa: PLC0415  # only on the path while a test runs
    from measure import Load, Memory  # noqa: PLC0415  # the same

    def figures(per_second: float, p99: float, alone: float) -> report.Figures:
        return report.Figures([Load(1, per_second, 1.0, p99)], [Load(1, 1.0, alone, 1.0)], [per_second])

    ours = figures(5_000, 3_200, 310)
    ours.memory = Memory(1, 100_000_000, 104_000_000, 120_000_000)
    everyone = {
        "direct": figures(50_000, 10, 10),
        "bare proxy": figures(10_000, 2_000, 110),
        "wye": ours,
        "wye, Messages": figures(3_500, 4_000, 400),
    }
    found = {
        target.name: (target.measured, target.met)
        for target in report.targets(report.Report(everyone, 1, ""))
    }
    assert found["requests/s over the bare proxy's"] == (0.5, True)
    assert found["the same with access logs"] == (None, None)
    assert found["Messages, translated, over verbatim"] == (0.7, True)
    assert found["Responses, translated, over verbatim"] == (None, None)
    assert found["added median latency over its"] == (3.0, False)
    assert found["p99 at 32 connections over its"] == (1.6, False)
    assert found["resident memory, peak"] == (120.0, True)
    assert found["its growth under load"] == (pytest.approx(4.0), True)


def test_a_busy_machine_is_admitted() -> None:
    import report  # noqa: PLC0415  # only on the path while a test runs
    from measure import Load  # noqa: PLC0415  # the same

    def unrest(*runs: float) -> str | None:
        floor = report.Figures([Load(1, run, 1.0, 1.0) for run in runs])
        return report.unrest(report.Report({"bare proxy": floor}, len(runs), ""))

    assert unrest(20_000, 21_000, 22_000) is None
    assert "from 9,000 to 22,000" in str(unrest(9_000, 21_000, 22_000))
