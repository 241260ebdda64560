"""Completions that a client had stored (`store: true`) are fetched, changed and deleted where they are.

What it asks of Responses: `test_responses.py`.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, chunk, delta
from running import KEY, Answered, Running, running

CHATS = "/v1/chat/completions"
OTHER = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
BY_SDK = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()

    @fake.script("streamed")
    async def streamed(call: Call) -> None:
        begun = chunk(id="chatcmpl-s", choices=[{"index": 0, "delta": {"role": "assistant"}}])
        await call.stream([begun, delta("Hi."), FINISH, USAGE, DONE])

    for method in ("GET", "DELETE"):
        for id_ in ("chatcmpl-1", "chatcmpl-s"):

            @fake.script(f"{method} {CHATS}/{id_}")
            async def told(call: Call) -> None:
                await call.answer(body={"told": call.name})

    @fake.script(f"GET {CHATS}/chatcmpl-1/messages?limit=2")
    @fake.script(f"GET {CHATS}?metadata[a]=b")
    async def listed(call: Call) -> None:
        await call.answer(body={"object": "list", "data": []})

    yield fake
    fake.stop()


def settings(upstream: FakeUpstream) -> dict[str, Any]:
    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        address = f"http://127.0.0.1:{upstream.port}/v1"
        return {"model": model, "base_url": address, "lane": "own", "retries": 0} | fields

    there = {"stored": deployment("stored"), "streamed": deployment("streamed")}
    return {"deployments": there, "labels": {"secret": {"lanes": []}, "phi": {"lanes": ["own"]}}}


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("chat"), settings(upstream)) as gateway:
        yield gateway


def test_its_id_leads_to_its_upstream(gateway: Running) -> None:
    answered = gateway.chat("stored", store=True)
    id_ = answered.json["id"]
    assert gateway.record(answered)["response"] == id_ == CHAT["id"]
    for method in ("GET", "DELETE"):
        told = gateway.ask(method, f"{CHATS}/{id_}")
        assert told.json == {"told": f"{method} {CHATS}/{id_}"}
    kept = gateway.record(told)
    assert (kept["protocol"], kept["operation"], kept["deployment"]) == ("openai_chat", "delete", "stored")
    assert gateway.ask("GET", f"{CHATS}/{id_}/messages?limit=2").json["object"] == "list"


def test_a_stream_s_too(gateway: Running) -> None:
    answered = gateway.chat("streamed", store=True, stream=True)
    assert b"Hi." in answered.body
    assert gateway.record(answered)["response"] == "chatcmpl-s"
    assert gateway.ask("GET", f"{CHATS}/chatcmpl-s").status == 200


def test_its_metadata_are_changed(gateway: Running, upstream: FakeUpstream) -> None:
    body = {"metadata": {"a": "b"}}
    upstream.scripts[f"POST {CHATS}/chatcmpl-1"] = lambda call: call.answer(body=CHAT)
    answered = gateway.ask("POST", f"{CHATS}/chatcmpl-1", body)
    assert answered.status == 200
    assert upstream.calls[-1].json == body


def test_what_is_said_of_it_is_looked_at(upstream: FakeUpstream, tmp_path: Path) -> None:
    upstream.scripts[f"POST {CHATS}/chatcmpl-1"] = lambda call: call.answer(body=CHAT)
    outside = settings(upstream)["deployments"]["stored"] | {"lane": "closed", "networks": ["127.0.0.0/8"]}
    looked = {"deployments": {"stored": outside}, "detection": {"raises": {"phi": ["ssn"]}}}
    with running(tmp_path, looked) as gateway:
        assert gateway.chat("stored", store=True).status == 200
        assert gateway.ask("POST", f"{CHATS}/chatcmpl-1", {"metadata": {"a": "b"}}).status == 200
        before = len(upstream.calls)
        refused = gateway.ask("POST", f"{CHATS}/chatcmpl-1", {"metadata": {"of": "SSN 219-09-9999"}})
        assert (refused.status, len(upstream.calls)) == (403, before)
        assert gateway.record(refused)["origins"] == ["phi=detector:national_id", "phi=detector:ssn"]


def test_the_list_and_unknown_ids_are_of_the_one_account(gateway: Running) -> None:
    assert gateway.ask("GET", f"{CHATS}?metadata[a]=b").json == {"object": "list", "data": []}
    unknown = gateway.ask("GET", f"{CHATS}/chatcmpl-unknown")
    assert unknown.status == 404
    assert "'chatcmpl-unknown' not found" in unknown.error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chatcmpl-1/nothing", 404),
        ("PUT", "/chatcmpl-1", 405),
        ("POST", "/chatcmpl-1/messages", 405),
        ("GET", "?base_url=http://x", 400),
        ("GET", "/%0d%0aX:y", 404),
        ("DELETE", "", 405),
    ],
)
def test_what_is_not_there(gateway: Running, method: str, path: str, status: int) -> None:
    body = {} if method == "POST" else None
    assert gateway.ask(method, CHATS + path, body, BY_SDK).status == status


def test_labels_and_keys_decide(gateway: Running, upstream: FakeUpstream, tmp_path: Path) -> None:
    gateway.chat("stored", store=True)
    before = len(upstream.calls)
    refused = gateway.ask("GET", f"{CHATS}/chatcmpl-1", headers={"x-wye-label": "secret"})
    assert refused.status == 403
    assert len(upstream.calls) == before

    def mine(keyed: Running, path: str) -> Answered:
        return keyed.ask("GET", CHATS + path, headers=OTHER)

    with running(tmp_path, settings(upstream), {"WYE_BOOTSTRAP_KEY": KEY}) as keyed:
        assert mine(keyed, "/chatcmpl-1").status == 404
        listed = mine(keyed, "")
        assert listed.status == 404
        assert listed.error["code"] == "not_served"
        assert "This gateway has keys" in listed.error["message"]
        assert keyed.chat("stored", store=True, headers=OTHER).status == 200
        assert mine(keyed, "/chatcmpl-1").status == 200


def test_what_is_changed_is_an_object(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    for body in (b"[]", b"{", b"", b"\xff"):
        assert gateway.ask("POST", f"{CHATS}/chatcmpl-1", body, BY_SDK).status == 400
    assert len(upstream.calls) == before


def test_what_wye_keeps_is_no_completion(upstream: FakeUpstream, tmp_path: Path) -> None:
    with running(tmp_path, settings(upstream) | {"responses": {"store": True}}) as gateway:
        made = gateway.ask("POST", "/v1/responses", {"model": "stored", "input": "hi"})
        assert gateway.ask("GET", f"/v1/responses/{made.json['id']}").status == 200
        assert gateway.ask("GET", f"{CHATS}/{made.json['id']}").status == 404


def test_with_keys_none_is_reached_by_its_id_alone(upstream: FakeUpstream, tmp_path: Path) -> None:
    """Not even by one who needs no key: it may be another's."""
    both = settings(upstream) | {"keys": {"required": False}}
    with running(tmp_path, both, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        assert gateway.chat("stored", store=True, headers=OTHER).status == 200
        before = len(upstream.calls)
        for path in ("/chatcmpl-1", "/chatcmpl-unknown", ""):
            assert gateway.ask("GET", CHATS + path).status == 404
        assert len(upstream.calls) == before
        assert gateway.ask("GET", f"{CHATS}/chatcmpl-1", headers=OTHER).status == 200


def test_only_accounts_that_labels_permit_count(upstream: FakeUpstream, tmp_path: Path) -> None:
    two = settings(upstream)
    address = f"http://127.0.0.1:{upstream.port}/other/v1"
    two["deployments"]["away"] = two["deployments"]["stored"] | {"base_url": address, "lane": "closed"}
    with running(tmp_path, two) as gateway:
        listed = f"{CHATS}?metadata[a]=b"
        assert gateway.ask("GET", listed, headers={"x-wye-label": "public"}).status == 404
        answered = gateway.ask("GET", listed, headers={"x-wye-label": "phi"})
        assert answered.status == 200
        assert gateway.record(answered)["labels"] == ["phi"]


def test_who_has_responses_too_is_the_one_that_stores(upstream: FakeUpstream, tmp_path: Path) -> None:
    two = settings(upstream)
    address = f"http://127.0.0.1:{upstream.port}/other/v1"
    two["deployments"]["engine"] = two["deployments"]["stored"] | {"base_url": address}
    two["deployments"]["stored"]["also"] = ["openai_responses"]
    with running(tmp_path, two) as gateway:
        answered = gateway.ask("GET", f"{CHATS}?metadata[a]=b")
        assert answered.status == 200
        assert answered.json == {"object": "list", "data": []}
        assert gateway.record(answered)["deployment"] == "stored"


def test_a_client_that_goes_away_leaves_nothing_behind(gateway: Running, upstream: FakeUpstream) -> None:
    gateway.chat("stored", store=True)

    @upstream.script(f"GET {CHATS}/chatcmpl-1/messages")
    async def slow(_: Call) -> None:
        await asyncio.sleep(60)

    before = gateway.metrics()
    with contextlib.closing(gateway.connect()) as connection:
        connection.request("GET", f"{CHATS}/chatcmpl-1/messages")
        waits(gateway, 1)
    waits(gateway, 0)
    hung_up = [
        line for line in set(gateway.metrics().splitlines()) - set(before.splitlines()) if "hangup" in line
    ]
    assert hung_up


def waits(gateway: Running, count: int) -> None:
    """Wait until so many requests are under way at `stored`."""
    deadline = time.monotonic() + 50
    while f'wye_in_flight{{deployment="stored"}} {count}' not in gateway.metrics():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_failed_in_a_way_nobody_foresaw(gateway: Running) -> None:
    assert "Traceback" not in gateway.log.read_text()
