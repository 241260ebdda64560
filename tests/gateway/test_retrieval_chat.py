"""Completions that a client had stored (`store: true`) are fetched, changed and deleted where they are."""

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
    return {"deployments": there, "labels": {"secret": {"lanes": []}}}


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
        assert "only where nobody has a key" in listed.error["message"]
        assert keyed.chat("stored", store=True, headers=OTHER).status == 200
        assert mine(keyed, "/chatcmpl-1").status == 200
