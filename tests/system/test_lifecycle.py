"""Starting, changing and stopping a real gateway."""

import asyncio
import contextlib
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from fake_upstream import DONE, FINISH, Call, FakeUpstream, delta
from running import KEY, QUIET, Running, free_port, running


def ask(model: str, **fields: Any) -> tuple[str, str, str, dict[str, str]]:
    """The arguments of `HTTPConnection.request` that ask `model` something."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]} | fields
    return "POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"}


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()

    @fake.script("silent")
    async def silent(_: Call) -> None:
        await asyncio.sleep(60)

    yield fake
    fake.stop()


def settings(upstream: FakeUpstream, **more: Any) -> dict[str, Any]:
    reached = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "networks": ["127.0.0.0/8"]}
    return {"deployments": {name: {"model": name, **reached} for name in ("ok", "held", "silent")}} | more


def change(gateway: Running, text: str) -> None:
    path = gateway.state.parent / "wye.yaml"
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def test_a_changed_file_comes_into_force_and_a_broken_one_does_not(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    base = settings(upstream) | {
        "discovery": {"environment": False, "engines": False},
        "embedded": {"enabled": False},
    }
    with running(tmp_path, base) as gateway:
        assert gateway.chat("nick").status == 404
        change(gateway, yaml.safe_dump(base | {"aliases": {"nick": "ok"}}))
        until(lambda: gateway.chat("nick").status == 200)
        change(gateway, yaml.safe_dump(base | {"aliases": {"nick": "nowhere"}}))
        until(lambda: "stays in force" in gateway.log.read_text())
        assert "aliases.nick" in gateway.log.read_text()
        assert gateway.chat("nick").status == 200
        change(gateway, yaml.safe_dump(base | {"labels": {"internal": {"lanes": ["closed"]}}}))
        until(lambda: gateway.chat("ok").status == 403)


def test_a_change_that_needs_a_start_is_said(upstream: FakeUpstream, tmp_path: Path) -> None:
    base = QUIET | settings(upstream)
    with running(tmp_path, base) as gateway:
        more = {"listener": {"body_bytes": 1000}, "telemetry": {"service_name": "w"}}
        change(gateway, yaml.safe_dump(base | more | {"aliases": {"nick": "ok"}}))
        until(lambda: gateway.chat("nick").status == 200)
        said = "listener.body_bytes, telemetry.service_name: takes effect at the next start"
        until(lambda: said in gateway.log.read_text())
        change(gateway, yaml.safe_dump(base))
        until(lambda: gateway.log.read_text().count("is in force") == 2)
        assert gateway.log.read_text().count("next start") == 1


def test_a_stream_in_flight_finishes_while_new_ones_are_turned_away(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    go = threading.Event()

    @upstream.script("held")
    async def held(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("one"))
        while not go.is_set():  # noqa: ASYNC110  # the test is another thread
            await asyncio.sleep(0.02)
        await call.event(FINISH + DONE)
        await call.send(b"0\r\n\r\n")

    with (
        running(tmp_path, settings(upstream)) as gateway,
        contextlib.closing(gateway.connect()) as connection,
    ):

        def turned_away() -> bool:
            with contextlib.closing(socket.socket()) as client:
                return client.connect_ex(("127.0.0.1", gateway.port)) == errno.ECONNREFUSED

        connection.request(*ask("held", stream=True))
        response = connection.getresponse()
        first = response.read1(1)
        gateway.process.send_signal(signal.SIGTERM)
        until(turned_away)
        go.set()
        assert (first + response.read()).endswith(DONE)
        assert gateway.process.wait(60) == 0
        assert "Traceback" not in gateway.log.read_text()


def test_draining_has_an_end(upstream: FakeUpstream, tmp_path: Path) -> None:
    more = {"listener": {"drain_seconds": 0.5}}
    with (
        running(tmp_path, settings(upstream, **more)) as gateway,
        contextlib.closing(gateway.connect()) as held,
    ):
        held.request(*ask("silent"))
        until(lambda: upstream.seen["silent"])
        started = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - started < 25
        answer = held.getresponse()
        assert answer.status == 503
        assert json.loads(answer.read())["error"]["message"] == "the gateway is shutting down"
        assert answer.headers["x-wye-decision"]
    (line,) = wye(tmp_path, "requests", "--json").stdout.splitlines()
    record = json.loads(line)
    assert (record["outcome"], record["status"]) == ("error", 503)
    assert "cost" not in record  # it was under way at the upstream: unknown, not nothing


def wye(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "WYE_STATE_DIR": str(folder / "state"), **environ}
    command = [sys.executable, "-m", "wye", *arguments]
    return subprocess.run(
        command, env=env, cwd=folder, check=False, capture_output=True, text=True, timeout=30
    )


def test_another_address_needs_a_key(tmp_path: Path) -> None:
    done = wye(tmp_path, "serve", "--listen", f"0.0.0.0:{free_port()}")
    assert done.returncode != 0
    assert "wye keys create" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_weak_bootstrap_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    done = wye(tmp_path, "serve", "--listen", f"0.0.0.0:{free_port()}", WYE_BOOTSTRAP_KEY="letmein")
    assert done.returncode != 0
    assert "WYE_BOOTSTRAP_KEY" in done.stderr
    assert "letmein" not in done.stdout + done.stderr


def test_more_workers_are_refused_for_now(tmp_path: Path) -> None:
    done = wye(tmp_path, "serve", "--workers", "2")
    assert done.returncode == 2
    assert "not supported yet" in done.stderr


def test_a_taken_port_is_said_plainly(upstream: FakeUpstream, tmp_path: Path) -> None:
    done = wye(tmp_path, "serve", "--listen", f"127.0.0.1:{upstream.port}")
    assert done.returncode == 1
    assert str(upstream.port) in done.stderr
    assert "Traceback" not in done.stderr


def test_more_files_may_be_open_than_a_shell_allows(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        with running(tmp_path, {"listener": {"connections": 500}}) as gateway:
            allowed = psutil.Process(gateway.process.pid).rlimit(psutil.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert allowed == (hard if 0 <= hard < 2024 else 2024, hard)


def test_every_address_that_check_passes_serve_understands(tmp_path: Path) -> None:
    (tmp_path / "wye.yaml").write_text('listen: ":4000"\n')
    assert wye(tmp_path, "config", "check").returncode == 0
    done = wye(tmp_path, "serve")
    assert done.returncode == 1
    assert "0.0.0.0:4000 can be reached from other machines, so wye needs a key" in done.stderr


def test_an_option_that_is_no_address_is_said_plainly(tmp_path: Path) -> None:
    done = wye(tmp_path, "serve", "--listen", "4000")
    assert done.returncode == 2
    assert "'--listen': a host and a port are expected, as in 127.0.0.1:4000" in done.stderr


def test_a_broken_file_names_line_and_path(tmp_path: Path) -> None:
    (tmp_path / "wye.yaml").write_text("listen: 127.0.0.1:4000\ndeploymnts: {}\n")
    done = wye(tmp_path, "serve")
    assert done.returncode == 1
    assert "wye.yaml:2" in done.stderr
    assert "deployments" in done.stderr


def test_keys_from_creation_to_revocation(upstream: FakeUpstream, tmp_path: Path) -> None:
    environ = {"WYE_BOOTSTRAP_KEY": KEY}
    with running(tmp_path, settings(upstream), environ) as gateway:
        assert gateway.chat("ok").status == 401
        assert gateway.chat("ok", {"authorization": f"Bearer {KEY}"}).status == 200
        made = wye(tmp_path, "keys", "create", "ward", "--model", "ok", "--label", "phi", "--json")
        assert made.returncode == 0, made.stderr
        secret = json.loads(made.stdout)["secret"]
        bearer = {"authorization": f"Bearer {secret}"}
        until(lambda: gateway.chat("ok", bearer).status == 200)
        answered = gateway.chat("ok", {"x-api-key": secret})
        assert gateway.record(answered, {"authorization": f"Bearer {KEY}"})["labels"] == ["phi"]
        assert gateway.chat("held", bearer).status == 403
        listed = wye(tmp_path, "keys", "list")
        assert "ward" in listed.stdout
        assert secret not in listed.stdout
        assert wye(tmp_path, "keys", "revoke", "ward").returncode == 0
        until(lambda: gateway.chat("ok", bearer).status == 401)
        everything = (
            gateway.log.read_text() + gateway.ask("GET", "/metrics", None, {"x-api-key": KEY}).body.decode()
        )
        assert secret not in everything
        assert KEY not in everything


def test_a_budget_holds_against_requests_side_by_side(upstream: FakeUpstream, tmp_path: Path) -> None:
    priced = settings(upstream)
    for deployment in priced["deployments"].values():
        deployment["price"] = {"input": 100, "output": 1000}
    priced["deployments"]["free"] = {**priced["deployments"]["ok"]}
    del priced["deployments"]["free"]["price"]
    priced["aliases"] = {"paid-then-free": ["ok", "free"]}
    with running(tmp_path, priced, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        made = wye(tmp_path, "keys", "create", "small", "--budget", "0.50/total", "--json")
        assert made.returncode == 0, made.stderr
        bearer = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}"}
        until(lambda: gateway.ask("GET", "/v1/models", None, bearer).status == 200)
        # Each costs $0.03 (100 in, 20 out) and at worst about .1 of what is left with a cap of 100 tokens.
        answers = [gateway.chat("ok", bearer, max_tokens=100) for _ in range(30)]
        served = [a for a in answers if a.status == 200]
        refused = [a for a in answers if a.status == 402]
        assert len(served) + len(refused) == 30
        assert 0 < len(served) * 0.03 <= 0.50
        assert "max_tokens" in refused[0].error["message"]
        assert gateway.chat("paid-then-free", bearer, max_tokens=100).headers["x-wye-deployment"] == "free"
        twice = b'{"model":"ok","messages":[{"role":"user"}],"max_tokens":99999,"max_tokens":1}'
        assert gateway.ask("POST", "/v1/chat/completions", twice, bearer).status == 400


def test_no_engine_outlives_a_killed_gateway(tmp_path: Path) -> None:
    with running(tmp_path, {"embedded": {"enabled": True, "embeddings": True}}) as gateway:
        children = psutil.Process(gateway.process.pid).children(recursive=True)
        assert children
        assert gateway.chat("auto", max_tokens=2).status == 200
        gateway.process.kill()
        gateway.process.wait()
        _, alive = psutil.wait_procs(children, timeout=60)
        assert alive == []


def test_a_second_gateway_on_the_same_state_is_refused(upstream: FakeUpstream, tmp_path: Path) -> None:
    """Each would let a key spend all of its budget."""
    with running(tmp_path, settings(upstream)):
        second = wye(tmp_path, "serve", "--listen", f"127.0.0.1:{free_port()}")
        assert second.returncode == 1
        assert "another gateway is running" in second.stderr
        assert "--state-dir" in second.stderr


def test_an_empty_bootstrap_key_file_does_not_open_the_door(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    file = str(tmp_path / "empty")
    done = wye(tmp_path, "serve", "--listen", f"127.0.0.1:{free_port()}", WYE_BOOTSTRAP_KEY_FILE=file)
    assert done.returncode == 1
    assert "WYE_BOOTSTRAP_KEY_FILE" in done.stderr
    assert "empty" in done.stderr


def test_who_is_turned_away_is_told_no_decision(upstream: FakeUpstream, tmp_path: Path) -> None:
    with running(tmp_path, settings(upstream), {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        made = wye(tmp_path, "keys", "create", "slow", "--rpm", "2", "--json")
        bearer = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}"}
        until(lambda: gateway.ask("GET", "/v1/models", headers=bearer).status == 200)
        assert [gateway.chat("ok", bearer).status for _ in range(3)] == [200, 200, 429]
        refused = gateway.chat("ok", bearer)
        assert int(refused.headers["retry-after"]) >= 1
        assert "x-request-id" in refused.headers
        assert "x-wye-decision" not in refused.headers


def test_it_listens_once_it_can_look_into_requests(tmp_path: Path) -> None:
    """Else the first that come are refused, though it said that it is ready."""
    port = free_port()
    place = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "lane": "closed", "networks": ["127.0.0.0/8"]}
    labels = {"masked": {"lanes": ["closed"], "mask": "all"}}
    config = tmp_path / "wye.yaml"
    config.write_text(yaml.safe_dump(QUIET | {"deployments": {"out": place}, "labels": labels}))
    command = [sys.executable, "-m", "wye", "serve", "--config", str(config), "--listen", f"127.0.0.1:{port}"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "WYE_STATE_DIR": str(tmp_path / "state")}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, env=env, cwd=tmp_path, stdout=log, stderr=log) as process,
    ):
        gateway = Running(port, process, tmp_path / "state", tmp_path / "log")
        try:
            answers: list[Any] = []

            def answered() -> bool:
                assert process.poll() is None, gateway.log.read_text()
                with contextlib.suppress(OSError):
                    answers.append(gateway.chat("out", {"x-wye-label": "masked"}))
                return bool(answers)

            until(answered)
        finally:
            process.kill()
    assert "could not be reached" in answers[0].error["message"]  # it was looked at, and sent
