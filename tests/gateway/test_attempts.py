"""Retry, fallback and spill against an upstream that fails in every way it can."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, delta
from running import Running, running

PATIENCE = {"connect": 1, "first_byte": 0.6, "idle": 0.6, "total": 2.5}

HOPELESS = {
    "hangs": (504, "did not answer in time"),
    "stalls": (504, "did not answer in time"),
    "resets": (502, "could not be reached or broke off"),
    "refuses": (502, "could not be reached or broke off"),
    "html": (502, "no answer (text/html)"),
    "empty": (502, "no answer"),
    "short": (502, "could not be reached or broke off"),
    "long": (502, "no answer"),
    "liar": (502, "could not be reached or broke off"),
    "garbage": (502, "could not be reached or broke off"),
    "redirects": (502, "redirect"),
    "401": (502, "credentials"),
    "500": (502, "status 500"),
    "503": (503, "overloaded (status 503)"),
    "429": (429, "rate limited"),
    "switches": (502, "could not be reached or broke off"),
}
"""How an upstream can fail -> the status and words the client gets when nothing else is left."""


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scripts(upstream)

    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
            "timeouts": PATIENCE,
        } | fields

    deployments = {name: deployment(name) for name in [*HOPELESS, "ok", "busy", "gone", "ponders"]}
    deployments["refuses"] = deployment("refuses", base_url="http://127.0.0.1:9/v1")
    deployments["elsewhere"] = deployment("ok", base_url="http://127.0.0.1:9/v1", networks=["10.0.0.0/8"])
    deployments["flaky"] = deployment("flaky", retries=2)
    deployments["later"] = deployment("later", retries=1)
    deployments["much-later"] = deployment("much-later", retries=1)
    deployments["moody"] = deployment("moody")
    deployments["giant"] = deployment("giant")
    deployments["narrow"] = deployment("busy", concurrency=1, queue=0)
    deployments["queued"] = deployment("busy", concurrency=1, queue=1, queue_seconds=0.2)
    settings = {
        "deployments": deployments,
        "aliases": {
            "moody-then-ok": ["moody", "ok"],
            "giant-then-ok": ["giant", "ok"],
            **{f"{name}-then-ok": [name, "ok"] for name in [*HOPELESS, "elsewhere", "gone", "much-later"]},
            "all-fail": ["500", "resets", "html", "401", "503"],
            "spill": ["narrow", "ok"],
        },
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def scripts(upstream: FakeUpstream) -> None:  # noqa: C901, PLR0915  # a list of scripts, not a program
    @upstream.script("ok")
    async def ok(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([delta("fine"), FINISH, DONE])
        else:
            await call.answer()

    @upstream.script("hangs")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(30)

    @upstream.script("ponders")
    async def ponders(call: Call) -> None:
        await asyncio.sleep(1.2)
        await call.answer()

    @upstream.script("stalls")
    async def stalls(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        await asyncio.sleep(30)

    @upstream.script("resets")
    async def resets(call: Call) -> None:
        call.reset()

    @upstream.script("html")
    async def html(call: Call) -> None:
        await call.answer(body=b"<html>welcome</html>", kind="text/html")

    @upstream.script("empty")
    async def empty(call: Call) -> None:
        await call.answer(body=b"{}")

    @upstream.script("short")
    async def short(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + json.dumps(CHAT).encode())
        call.writer.close()

    @upstream.script("long")
    async def long(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + json.dumps(CHAT).encode())

    @upstream.script("liar")
    async def liar(call: Call) -> None:
        framing = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
        await call.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n5\r\nhello\r\n0\r\n\r\n")

    @upstream.script("garbage")
    async def garbage(call: Call) -> None:
        await call.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    @upstream.script("redirects")
    async def redirects(call: Call) -> None:
        await call.answer(307, headers=f"Location: http://127.0.0.1:{upstream.port}/v1/chat/completions\r\n")

    @upstream.script("switches")
    async def switches(call: Call) -> None:
        await call.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
        )

    def status(code: int) -> None:
        @upstream.script(str(code))
        async def fails(call: Call) -> None:
            await call.answer(code, {"error": {"message": "sk-upstream-secret"}})

    for code in (401, 429, 500, 503):
        status(code)

    @upstream.script("gone")
    async def gone(call: Call) -> None:
        await call.answer(404, {"error": {"message": "no such model"}})

    @upstream.script("flaky")
    async def flaky(call: Call) -> None:
        if upstream.seen["flaky"] % 3 == 0:
            await call.answer()
        else:
            await call.answer(503, {})

    @upstream.script("moody")
    async def moody(call: Call) -> None:
        await call.answer(500 if upstream.seen["moody"] % 2 else 200, CHAT)

    @upstream.script("giant")
    async def giant(call: Call) -> None:
        await call.begin_stream()
        for _ in range(10):
            await call.event(b"data: " + b"x" * 1_000_000)

    @upstream.script("later")
    async def later(call: Call) -> None:
        if upstream.seen["later"] % 2:
            await call.answer(429, {}, "Retry-After: 1\r\n")
        else:
            await call.answer()

    @upstream.script("much-later")
    async def much_later(call: Call) -> None:
        await call.answer(429, {}, "Retry-After: 3600\r\n")

    @upstream.script("busy")
    async def busy(call: Call) -> None:
        await asyncio.sleep(0.5)
        await call.answer()


def causes(gateway: Running, answered: Any) -> list[tuple[str, str]]:
    return [(a["deployment"], a["cause"]) for a in gateway.record(answered)["attempts"]]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", HOPELESS)
def test_what_the_client_is_told_when_nothing_is_left(gateway: Running, name: str, *, stream: bool) -> None:
    status, says = HOPELESS[name]
    answered = gateway.chat(name, stream=stream)
    assert answered.status == status
    assert says in answered.error["message"]
    assert name in answered.error["message"]
    assert b"sk-upstream-secret" not in answered.body
    assert b"Traceback" not in answered.body
    assert ("retry-after" in answered.headers) == (status == 429)
    record = gateway.record(answered)
    assert (record["outcome"], record["status"]) == ("error", status)
    assert causes(gateway, answered) == [(name, "first")]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", [*HOPELESS, "elsewhere", "gone", "much-later"])
def test_the_next_candidate_answers(gateway: Running, name: str, *, stream: bool) -> None:
    answered = gateway.chat(f"{name}-then-ok", stream=stream)
    assert answered.status == 200, answered.body
    assert answered.headers["x-wye-deployment"] == "ok"
    assert (b"fine" if stream else b"Hello.") in answered.body
    order = causes(gateway, answered)
    assert order in ([(name, "first"), ("ok", "fallback")], [("ok", "first")])  # rests after some failures


def test_a_retry_stays_at_the_deployment(gateway: Running) -> None:
    answered = gateway.chat("flaky")
    assert answered.status == 200
    assert causes(gateway, answered) == [("flaky", "first"), ("flaky", "retry"), ("flaky", "retry")]


def test_a_success_clears_the_slate_until_half_of_all_fail(gateway: Running) -> None:
    orders = [causes(gateway, gateway.chat("moody-then-ok")) for _ in range(8)]
    assert orders == [[("moody", "first"), ("ok", "fallback")], [("moody", "first")]] * 4
    later = [causes(gateway, gateway.chat("moody-then-ok"))[0] for _ in range(8)]
    assert later[-1] == ("ok", "first")


def test_an_event_too_large_to_relay_falls_back(gateway: Running) -> None:
    answered = gateway.chat("giant-then-ok", stream=True)
    assert answered.headers["x-wye-deployment"] == "ok"
    assert "larger than" in gateway.record(answered)["attempts"][0]["error"]


def test_retry_after_is_waited_for(gateway: Running) -> None:
    started = time.monotonic()
    answered = gateway.chat("later")
    assert answered.status == 200
    assert time.monotonic() - started >= 1
    assert causes(gateway, answered) == [("later", "first"), ("later", "retry")]


def test_an_hour_is_not(gateway: Running) -> None:
    answered = gateway.chat("much-later")
    assert (answered.status, answered.headers["retry-after"]) == (429, "3600")
    assert len(causes(gateway, answered)) == 1


def test_when_all_fail_the_last_one_is_told_and_all_are_recorded(gateway: Running) -> None:
    answered = gateway.chat("all-fail")
    assert answered.status == 503
    assert {name for name, _ in causes(gateway, answered)} == {"500", "resets", "html", "401", "503"}


def busily(gateway: Running, model: str, count: int) -> list[Any]:
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(gateway.chat(model))) for _ in range(count)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    return answers


def test_a_full_queue_spills_to_the_next(gateway: Running) -> None:
    answers = busily(gateway, "spill", 3)
    assert [a.status for a in answers] == [200] * 3
    assert sorted(a.headers["x-wye-deployment"] for a in answers) == ["narrow", "ok", "ok"]
    spilled = next(a for a in answers if a.headers["x-wye-deployment"] == "ok")
    assert causes(gateway, spilled) == [("narrow", "first"), ("ok", "spill")]
    assert "its queue is full" in gateway.record(spilled)["attempts"][0]["error"]


def test_without_another_a_full_queue_is_a_429(gateway: Running) -> None:
    answers = busily(gateway, "narrow", 2)
    assert sorted(a.status for a in answers) == [200, 429]
    refused = next(a for a in answers if a.status == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert "busy" in refused.error["message"]


def test_a_turn_that_does_not_come_in_time_is_a_429(gateway: Running) -> None:
    answers = busily(gateway, "queued", 3)
    assert sorted(a.status for a in answers) == [200, 429, 429]


def test_nothing_leaks(gateway: Running) -> None:
    text = gateway.log.read_text()
    assert "Traceback" not in text
    assert "sk-upstream-secret" not in text
    assert 'wye_in_flight{deployment="ok"} 0.0' in gateway.metrics()


def test_only_a_stream_has_to_begin_soon(gateway: Running) -> None:
    assert gateway.chat("ponders").status == 200
    streamed = gateway.chat("ponders", stream=True)
    assert streamed.status == 504
    assert "set `timeouts` of the deployment higher" in streamed.json["error"]["message"]
    hung = gateway.chat("hangs")
    assert "ask for a stream, lower `max_tokens`" in hung.json["error"]["message"]
