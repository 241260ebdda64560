"""Going on from an earlier answer: at the upstream that holds it, or from what wye keeps; never elsewhere."""

import asyncio
import concurrent.futures
import contextlib
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from gateway.holding import (
    BY_SDK,
    OTHER,
    RESPONSES,
    answer,
    ask,
    deployment,
    one_of,
    scripts,
    settings,
    told_id,
)
from running import KEY, Running, running
from wye.config.settings import LedgerSettings, ResponsesSettings
from wye.core.record import Outcome
from wye.core.request import Operation, Request
from wye.gateway.keys import Caller
from wye.gateway.responses import DAY, MOST_RECENT, Responses
from wye.ledger import Ledger
from wye.ledger.entry import Entry
from wye.ledger.turns import Held, Turn, Turns


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that keeps nothing itself."""
    scripts(upstream)
    with running(tmp_path_factory.mktemp("gateway"), settings(upstream)) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def keeping(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that keeps what no upstream holds, with a key besides."""
    scripts(upstream)
    kept = settings(upstream, responses={"store": True}, keys={"required": False})
    folder = tmp_path_factory.mktemp("keeping")
    with running(folder, kept, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        yield gateway


class TestHeldByAnUpstream:
    def test_the_request_and_the_answer_pass_as_they_are(
        self, gateway: Running, upstream: FakeUpstream
    ) -> None:
        body = b'{ "x":[ 1 ], "input":"h\\u00e9", "model" : "native"}'
        answered = gateway.ask("POST", RESPONSES, body)
        assert answered.status == 200
        assert one_of(upstream, "native").body == body
        assert answered.json["id"].startswith("resp_up")
        assert gateway.record(answered)["response"] == answered.json["id"]

    @pytest.mark.parametrize("model", ["native", "any"])
    @pytest.mark.parametrize("stream", [False, True])
    def test_what_follows_goes_where_it_is_held(
        self, gateway: Running, upstream: FakeUpstream, model: str, *, stream: bool
    ) -> None:
        first = ask(gateway, "native", stream=stream)
        record = gateway.record(first)
        id_ = record["response"]
        assert id_.encode() in first.body
        before = upstream.seen["chat"]
        second = ask(gateway, model, previous_response_id=id_)
        assert second.status == 200
        assert one_of(upstream, "native").json["previous_response_id"] == id_
        assert upstream.seen["chat"] == before
        decision = gateway.record(second)["decision"]
        assert decision["strategy"] == "held"
        assert decision["reasons"] == ["its upstream holds what came before"]

    def test_another_model_of_that_account_may_go_on(self, gateway: Running, upstream: FakeUpstream) -> None:
        id_ = ask(gateway, "native").json["id"]
        assert ask(gateway, "sister", previous_response_id=id_).status == 200
        assert one_of(upstream, "sister").json["previous_response_id"] == id_

    def test_a_model_that_does_not_lead_there_is_refused(
        self, gateway: Running, upstream: FakeUpstream
    ) -> None:
        id_ = ask(gateway, "native").json["id"]
        before = upstream.seen["chat"]
        refused = ask(gateway, "chat", previous_response_id=id_)
        assert refused.status == 400
        assert "'native' holds what came before, and 'chat' does not lead there" in refused.error["message"]
        assert upstream.seen["chat"] == before

    def test_labels_of_what_came_before_stick(self, gateway: Running, upstream: FakeUpstream) -> None:
        id_ = ask(gateway, "native", headers={"x-wye-label": "phi"}).json["id"]
        second = ask(gateway, "native", previous_response_id=id_)
        assert gateway.record(second)["labels"] == ["internal", "phi"]
        before = upstream.seen["native"]
        refused = ask(gateway, "away", previous_response_id=id_, headers={"x-wye-label": "public"})
        assert refused.status == 403
        assert refused.error["code"] == "policy_denied"
        assert upstream.seen["native"] == before

    def test_a_verdict_that_no_longer_permits_it_ends_it(
        self, gateway: Running, upstream: FakeUpstream
    ) -> None:
        id_ = ask(gateway, "away", headers={"x-wye-label": "public"}).json["id"]
        before = len(upstream.calls)
        headers = {"x-wye-label": "phi"}
        refused = ask(gateway, "any", previous_response_id=id_, headers=headers)
        assert refused.status == 403
        assert "'away' holds what came before, and may not be asked: label 'phi'" in refused.error["message"]
        fetched = gateway.ask("GET", f"{RESPONSES}/{id_}", headers=headers)
        assert fetched.status == 403
        assert "'away' holds this answer, and may not be asked: label 'phi'" in fetched.error["message"]
        assert len(upstream.calls) == before

    def test_it_is_fetched_deleted_and_cancelled_there(
        self, gateway: Running, upstream: FakeUpstream
    ) -> None:
        id_ = ask(gateway, "native").json["id"]

        async def fetched(call: Call) -> None:
            await call.answer(body={"id": id_, "name": call.name})

        for method, path in (
            ("GET", f"/{id_}"),
            ("GET", f"/{id_}?include%5B%5D=message.output_text.logprobs"),
            ("GET", f"/{id_}/input_items?limit=2&order=asc"),
            ("POST", f"/{id_}/cancel"),
            ("DELETE", f"/{id_}"),
        ):
            name = f"{method} {RESPONSES}{path}".replace("%5B%5D", "[]")
            upstream.scripts[name] = fetched
            answered = gateway.ask(method, RESPONSES + path, headers=BY_SDK)
            assert (answered.status, answered.json) == (200, {"id": id_, "name": name})
            record = gateway.record(answered)
            assert (record["deployment"], record["protocol"]) == ("native", "openai_responses")
            assert [one["status"] for one in record["attempts"]] == [200]

    def test_what_the_upstream_says_of_it_comes_back(self, gateway: Running, upstream: FakeUpstream) -> None:
        id_ = ask(gateway, "native").json["id"]
        error = {
            "error": {"message": f"Response with id '{id_}' not found.", "type": "invalid_request_error"}
        }

        @upstream.script(f"GET {RESPONSES}/{id_}")
        async def gone(call: Call) -> None:
            await call.answer(404, error)

        answered = gateway.ask("GET", f"{RESPONSES}/{id_}")
        assert (answered.status, answered.json) == (404, error)

        @upstream.script(f"DELETE {RESPONSES}/{id_}")
        async def forbidden(call: Call) -> None:
            await call.answer(401, {"error": {"message": "Incorrect API key provided"}})

        answered = gateway.ask("DELETE", f"{RESPONSES}/{id_}")
        assert answered.status == 502
        assert "refused wye's own credentials" in answered.error["message"]

    def test_what_the_client_does_not_want_kept_is_not_remembered(self, gateway: Running) -> None:
        answered = ask(gateway, "native", store=False)
        assert "response" not in gateway.record(answered)


class TestHeldByNobody:
    @pytest.mark.parametrize("stream", [False, True])
    def test_a_translated_answer_says_that_it_is_not_kept(self, gateway: Running, *, stream: bool) -> None:
        answered = ask(gateway, "chat", stream=stream)
        assert answered.status == 200
        assert b'"store":false' in answered.body
        assert "response" not in gateway.record(answered)

    def test_going_on_from_it_is_refused_with_what_to_do(
        self, gateway: Running, upstream: FakeUpstream
    ) -> None:
        id_ = ask(gateway, "chat").json["id"]
        before = len(upstream.calls)
        refused = ask(gateway, "chat", previous_response_id=id_)
        assert refused.status == 400
        error = refused.error
        assert error["code"] == "previous_response_not_found"
        assert error["param"] == "previous_response_id"
        assert error["message"].startswith(f"Previous response with id '{id_}' not found: ")
        assert "responses: {store: true}" in error["message"]
        assert len(upstream.calls) == before

    @pytest.mark.parametrize(
        ("method", "path", "status", "words"),
        [
            ("GET", "/resp_nobody", 404, "Response with id 'resp_nobody' not found"),
            ("DELETE", "/resp_nobody", 404, "Response with id 'resp_nobody' not found"),
            ("GET", "/resp_nobody/input_items", 404, "Response with id 'resp_nobody' not found"),
            ("POST", "/resp_nobody/cancel", 404, "Response with id 'resp_nobody' not found"),
            ("GET", "/resp_nobody?stream=true", 404, "not found"),
            ("GET", "/resp_nobody?stream=false", 404, "not found"),
            ("GET", "/resp_nobody?base_url=http://x", 400, "`base_url` is not known here"),
            ("GET", "/resp_nobody?after=%0d%0aX", 400, "`after` is not known here, or not with this value"),
            ("GET", "/%0d%0aX:y", 404, "not found"),
            ("GET", "/a%2f..%2fb", 404, "not served here"),
            ("GET", "/", 404, "not served here"),
            ("GET", "/a/b/c", 404, "not served here"),
            ("PUT", "/resp_nobody", 405, "takes GET, DELETE"),
            ("GET", "", 405, "takes POST"),
        ],
    )
    def test_what_is_not_there(
        self, gateway: Running, method: str, path: str, status: int, words: str
    ) -> None:
        answered = gateway.ask(method, RESPONSES + path, headers=BY_SDK)
        assert answered.status == status
        assert words in answered.error["message"]

    def test_a_websocket_is_refused_so_that_the_client_goes_on_by_http(self, gateway: Running) -> None:
        headers = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        answered = gateway.ask("GET", RESPONSES, headers=headers)
        assert answered.status == 426
        assert answered.headers["upgrade"] == "HTTP/1.1"
        assert answered.headers["connection"] == "close, upgrade"
        assert "POST" in answered.error["message"]


class TestKeptByWye:
    @pytest.mark.parametrize("stream", [False, True])
    def test_a_conversation_goes_on(self, keeping: Running, upstream: FakeUpstream, *, stream: bool) -> None:
        first = ask(keeping, "chat", "one", instructions="Be brief.", store=True)
        id_ = first.json["id"]
        assert first.json["store"] is True
        assert "x-wye-lost" not in first.headers
        again = ask(keeping, "chat", "two", previous_response_id=id_, stream=stream)
        assert again.status == 200
        told = one_of(upstream, "chat").json
        assert [(one["role"], one["content"]) for one in told["messages"]] == [
            ("user", "one"),
            ("assistant", "Hello."),
            ("user", "two"),
        ]
        second = told_id(again)
        assert "response" not in keeping.record(again), "no upstream holds it"
        assert f'"previous_response_id":"{id_}"'.encode() in again.body
        assert b'"store":true' in again.body
        third = ask(keeping, "chat", [{"role": "user", "content": "three"}], previous_response_id=second)
        assert third.status == 200
        told = one_of(upstream, "chat").json
        assert [one["content"] for one in told["messages"]] == ["one", "Hello.", "two", "Hello.", "three"]

    def test_a_loop_of_tools_goes_on_with_its_thoughts(
        self, keeping: Running, upstream: FakeUpstream
    ) -> None:
        tools = [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]
        first = ask(keeping, "thinker", "What is there?", tools=tools)
        call = next(item for item in first.json["output"] if item["type"] == "function_call")
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "a bird"}
        again = ask(keeping, "thinker", [result], tools=tools, previous_response_id=first.json["id"])
        assert again.status == 200, again.body
        asked, called, told = one_of(upstream, "thinker").json["messages"]
        assert asked == {"role": "user", "content": "What is there?"}
        thought = {"type": "thinking", "thinking": "I had better look.", "signature": "c2ln"}
        used = {"type": "tool_use", "id": call["call_id"], "name": "look", "input": {}}
        assert called == {"role": "assistant", "content": [thought, used]}
        assert told["content"][0]["tool_use_id"] == call["call_id"]
        elsewhere = ask(keeping, "chat", [result], tools=tools, previous_response_id=first.json["id"])
        assert elsewhere.status == 400
        assert elsewhere.error["code"] == "cannot_translate"

    def test_it_can_go_on_at_an_upstream_of_its_own_protocol(
        self, keeping: Running, upstream: FakeUpstream
    ) -> None:
        id_ = ask(keeping, "chat", "one").json["id"]
        second = ask(keeping, "native", "two", previous_response_id=id_)
        sent = one_of(upstream, "native").json
        assert sent["previous_response_id"] is None
        assert [item["role"] for item in sent["input"]] == ["user", "assistant", "user"]
        third = ask(keeping, "native", "three", previous_response_id=second.json["id"])
        assert third.status == 200
        assert one_of(upstream, "native").json["previous_response_id"] == second.json["id"]

    def test_it_is_fetched_listed_and_deleted(self, keeping: Running, upstream: FakeUpstream) -> None:
        first = ask(keeping, "chat", [{"role": "user", "content": text} for text in ("a", "b", "c")])
        path = f"{RESPONSES}/{first.json['id']}"
        before = len(upstream.calls)
        assert keeping.ask("GET", path).json == first.json
        page = keeping.ask("GET", f"{path}/input_items?limit=2").json
        assert [item["content"][0]["text"] for item in page["data"]] == ["c", "b"]
        assert page["has_more"] is True
        rest = keeping.ask("GET", f"{path}/input_items?limit=2&after={page['last_id']}").json
        (item,) = rest["data"]
        assert item.pop("id").startswith("item_0_")
        said = [{"type": "input_text", "text": "a"}]
        assert item == {"type": "message", "role": "user", "content": said}
        assert (rest["has_more"], rest["object"]) == (False, "list")
        assert keeping.ask("GET", f"{path}/input_items?after=nothing").status == 400
        assert keeping.ask("GET", f"{path}/input_items?limit=0").status == 400
        assert keeping.ask("GET", f"{path}/input_items?order=up").status == 400
        assert keeping.ask("POST", f"{path}/cancel", headers=BY_SDK).status == 400
        streamed = keeping.ask("GET", f"{path}?stream=true")
        assert streamed.status == 400
        assert "is not streamed again" in streamed.error["message"]
        assert len(upstream.calls) == before
        deleted = keeping.ask("DELETE", path)
        assert deleted.json == {"id": first.json["id"], "object": "response", "deleted": True}
        assert keeping.record(deleted)["operation"] == "delete"
        assert keeping.ask("GET", path).status == keeping.ask("DELETE", path).status == 404
        refused = ask(keeping, "chat", previous_response_id=first.json["id"])
        assert refused.error["code"] == "previous_response_not_found"

    def test_labels_stick(self, keeping: Running) -> None:
        id_ = ask(keeping, "chat", headers={"x-wye-label": "phi"}).json["id"]
        second = ask(keeping, "chat", previous_response_id=id_, headers={"x-wye-label": "public"})
        assert keeping.record(second)["labels"] == ["phi", "public"]
        third = ask(
            keeping, "away", previous_response_id=second.json["id"], headers={"x-wye-label": "public"}
        )
        assert third.status == 403
        fourth = ask(keeping, "any", previous_response_id=second.json["id"])
        assert keeping.record(fourth)["labels"] == ["internal", "phi", "public"]

    @pytest.mark.parametrize("model", ["chat", "native"])
    def test_another_key_s_answer_is_not_found(
        self, keeping: Running, upstream: FakeUpstream, model: str
    ) -> None:
        id_ = ask(keeping, model).json["id"]
        before = len(upstream.calls)
        refused = ask(keeping, model, previous_response_id=id_, headers=OTHER)
        unknown = ask(keeping, model, previous_response_id="resp_x", headers=OTHER)
        assert refused.status == unknown.status == 400
        assert refused.error["message"].replace(id_, "resp_x") == unknown.error["message"]
        for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
            answered = keeping.ask(method, f"{RESPONSES}/{id_}{below}", headers=OTHER)
            nobody = keeping.ask(method, f"{RESPONSES}/resp_x{below}", headers=OTHER)
            assert answered.status == nobody.status == 404
            assert answered.error["message"].replace(id_, "resp_x") == nobody.error["message"]
        assert len(upstream.calls) == before

    def test_what_the_client_does_not_want_kept_is_not_kept(self, keeping: Running) -> None:
        answered = ask(keeping, "chat", "nothing of this", store=False)
        assert answered.json["store"] is False
        assert keeping.ask("GET", f"{RESPONSES}/{answered.json['id']}").status == 404
        with contextlib.closing(sqlite3.connect(keeping.state / "ledger.db")) as database:
            rows = database.execute("SELECT input FROM turn").fetchall()
        assert rows
        assert not any("nothing of this" in text for (text,) in rows)

    @pytest.mark.parametrize("stream", [False, True])
    def test_what_cannot_be_kept_is_told_and_recorded(
        self, upstream: FakeUpstream, tmp_path: Path, *, stream: bool
    ) -> None:
        @upstream.script("paced")
        async def paced(call: Call) -> None:
            if not call.json.get("stream"):
                await call.answer(body=CHAT)
                return
            await call.begin_stream()
            for piece in (delta("Hel"), FINISH, USAGE, DONE):
                await call.event(piece)
                await asyncio.sleep(0.1)  # what comes in one piece is not a stream to whoever gives it
            await call.send(b"0\r\n\r\n")

        given = {
            "responses": {"store": True},
            "deployments": {"paced": deployment(upstream, "paced")},
            "routes": {},
        }
        with running(tmp_path, settings(upstream, **given)) as gateway:
            with contextlib.closing(sqlite3.connect(gateway.state / "ledger.db")) as database:
                database.execute(
                    "CREATE TRIGGER no BEFORE INSERT ON turn BEGIN SELECT RAISE(ABORT, 'no room'); END"
                )
            answered = ask(gateway, "paced", stream=stream)
            assert answered.status == (200 if stream else 503)
            assert b"response.completed" not in answered.body
            record = gateway.record(answered)
            assert record["outcome"] == ("broken" if stream else "error")
            assert "no room" in record["error"]
            assert record["usage"]["output_tokens"] > 0
            assert [one["deployment"] for one in record["attempts"]] == ["paced"]

    def test_a_conversation_longer_than_a_request_may_be_is_refused(
        self, upstream: FakeUpstream, tmp_path: Path
    ) -> None:
        small = settings(upstream, responses={"store": True}, listener={"body_bytes": 2_000})
        with running(tmp_path, small) as gateway:
            id_ = ask(gateway, "chat", "x" * 1_500).json["id"]
            refused = ask(gateway, "chat", "x" * 1_500, previous_response_id=id_)
            assert refused.status in (400, 413)
            assert "larger than 2000 bytes: begin a new one, or raise `listener.b" in refused.error["message"]


def test_tokens_are_counted_there_or_estimated_here(gateway: Running, upstream: FakeUpstream) -> None:
    there = gateway.ask("POST", f"{RESPONSES}/input_tokens", {"model": "counter", "input": "hi"})
    assert there.json == {"object": "response.input_tokens", "input_tokens": 7}
    assert one_of(upstream, "counter").head.startswith(b"POST /v1/responses/input_tokens ")
    here = gateway.ask("POST", f"{RESPONSES}/input_tokens", {"model": "chat", "input": "hi"})
    assert here.json["input_tokens"] > 0
    assert here.headers["x-wye-estimate"] == "tokens"


def test_only_who_speaks_it_compacts(gateway: Running, upstream: FakeUpstream) -> None:
    there = gateway.ask("POST", f"{RESPONSES}/compact", {"model": "any", "input": "hi"})
    assert there.status == 200
    assert one_of(upstream, "native").head.startswith(b"POST /v1/responses/compact ")
    refused = gateway.ask("POST", f"{RESPONSES}/compact", {"model": "chat", "input": "hi"})
    assert (refused.status, refused.error["code"]) == (400, "cannot_translate")


def test_a_client_that_goes_away_can_go_on(gateway: Running, upstream: FakeUpstream) -> None:
    """It has seen the id: what it hung up on may still be running there."""
    with contextlib.closing(gateway.connect()) as connection:
        body = json.dumps({"model": "slow", "input": "hi", "stream": True, "background": True})
        connection.request("POST", RESPONSES, body, BY_SDK)
        response = connection.getresponse()
        response.readline()
        id_ = json.loads(response.readline().removeprefix(b"data: "))["response"]["id"]

    @upstream.script(f"POST {RESPONSES}/{id_}/cancel")
    async def cancelled(call: Call) -> None:
        await call.answer(body=answer(id_) | {"status": "cancelled"})

    stopped = gateway.ask("POST", f"{RESPONSES}/{id_}/cancel", headers=BY_SDK)
    assert stopped.json["status"] == "cancelled"


def test_prompts_are_kept_nowhere_unless_config_says_so(gateway: Running) -> None:
    answered = ask(gateway, "chat", "a very private prompt")
    gateway.record(answered)
    for path in gateway.state.rglob("*"):
        if path.is_file():
            assert b"a very private prompt" not in path.read_bytes(), path


def test_both_survive_a_kill(upstream: FakeUpstream, tmp_path: Path) -> None:
    scripts(upstream)
    with running(tmp_path, settings(upstream, responses={"store": True})) as gateway:
        held, kept = ask(gateway, "native", stream=True), ask(gateway, "chat", "one", stream=True)
        gateway.process.kill()
        gateway.process.wait()
    ids = [told_id(held), told_id(kept)]
    with running(tmp_path, settings(upstream)) as gateway:
        assert ask(gateway, "any", previous_response_id=ids[0]).status == 200
        assert one_of(upstream, "native").json["previous_response_id"] == ids[0]
        assert ask(gateway, "chat", "two", previous_response_id=ids[1]).status == 200
        assert one_of(upstream, "chat").json["messages"][0]["content"] == "one"
        assert "defect" not in gateway.log.read_text()
        assert "in a way nobody foresaw" not in gateway.log.read_text()


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def entry_of(caller: Caller, at: float) -> Entry:
    made = Entry.begin("d1", "q1", "openai_responses", "chat")
    made.at, made.key, made.deployment, made.outcome = at, caller.key_id, "native", Outcome.OK
    made.body = b'{"model":"m","input":"hi"}'
    return made


async def test_what_is_held_and_kept_expires(tmp_path: Path) -> None:
    clock, caller, month = Clock(), Caller("k", "k"), ResponsesSettings(keep_days=30)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    with Turns(LedgerSettings(), tmp_path) as turns:
        entry = entry_of(caller, clock.now)
        Responses(turns, clock).held("resp_1", caller, entry)
        ledger.append(entry.seal())
        await Responses(turns, clock).keep(
            decoded(b'{"model":"m"}'), b'{"id":"resp_2","output":[]}', caller, entry_of(caller, clock.now), 30
        )
        assert ledger.flush()
        ledger.close()

        async def found() -> list[type]:
            responses = Responses(turns, clock)
            looks = [await responses.find(id_, caller, month) for id_ in ("resp_1", "resp_2")]
            return [type(one) for one in looks]

        assert await found() == [Held, Turn]
        clock.now += 30 * DAY
        assert await found() == [Held, Turn]
        clock.now += DAY
        assert await found() == [type(None), type(None)]
        assert turns.sweep(clock.now) == 1


async def test_holders_are_remembered_at_once_and_bounded(tmp_path: Path) -> None:
    caller = Caller("k", "k")
    with Turns(LedgerSettings(), tmp_path) as turns:
        responses = Responses(turns)
        for number in range(MOST_RECENT + 2):
            responses.held(f"resp_{number}", caller, entry_of(caller, 1.0))
        for bad in ("", "a b", "x" * 300, "a\n"):
            entry = entry_of(caller, 1.0)
            responses.held(bad, caller, entry)
            assert entry.response == ""
        found = await responses.find(f"resp_{MOST_RECENT + 1}", caller, ResponsesSettings())
        assert found == Held("native", frozenset())
        assert await responses.find("resp_1", caller, ResponsesSettings()) is None
        stranger = Caller("other", "other")
        assert await responses.find(f"resp_{MOST_RECENT}", stranger, ResponsesSettings()) is None


async def test_what_expired_is_swept_while_the_gateway_runs(tmp_path: Path) -> None:
    clock, caller = Clock(), Caller("k", "k")
    with Turns(LedgerSettings(), tmp_path) as turns:
        responses = Responses(turns, clock)
        answered = b'{"id":"resp_1","output":[]}'
        await responses.keep(decoded(b'{"model":"m"}'), answered, caller, entry_of(caller, clock.now), 1)
        clock.now += 2 * DAY
        sweeping = asyncio.create_task(responses.sweep())
        with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db")) as database:
            for _ in range(200):
                if not database.execute("SELECT id FROM turn").fetchall():
                    break
                await asyncio.sleep(0.02)
            assert database.execute("SELECT id FROM turn").fetchall() == []
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping


def decoded(body: bytes) -> Request:
    return Request(protocol="openai_responses", operation=Operation.CHAT, model="m", body=body)


@pytest.mark.deep
def test_no_kill_loses_an_answer_that_a_client_saw(upstream: FakeUpstream, tmp_path: Path) -> None:
    scripts(upstream)
    seen: list[tuple[str, str]] = []

    def talk(gateway: Running, model: str, *, stream: bool) -> None:
        previous: dict[str, str] = {}
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                answered = ask(gateway, model, stream=stream, **previous)
                if stream and b"event: response.completed" not in answered.body:
                    return
                previous = {"previous_response_id": told_id(answered)}
                seen.append((model, told_id(answered)))

    for kill in range(6):
        with running(tmp_path, settings(upstream, responses={"store": True})) as gateway:
            for model, id_ in seen[-60:]:
                assert ask(gateway, model, previous_response_id=id_).status == 200
            ways = [(model, stream) for model in ("chat", "native") for stream in (False, True)]
            with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
                for model, stream in ways:
                    pool.submit(talk, gateway, model, stream=stream)
                time.sleep(0.4 + 0.3 * kill)
                gateway.process.kill()
                gateway.process.wait()
    assert len(seen) > 200


def test_nothing_failed_in_a_way_nobody_foresaw(gateway: Running, keeping: Running) -> None:
    for one in (gateway, keeping):
        assert "Traceback" not in one.log.read_text()


async def test_what_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    Ledger.open(LedgerSettings(), tmp_path).close()
    with Turns(LedgerSettings(), tmp_path) as turns:
        assert not turns.shared, "a file of SQLite is one gateway's"
        responses, took = Responses(turns), []
        for number in range(5):
            began = time.perf_counter()
            assert await responses.find(f"resp_{number}", Caller("k", "k"), ResponsesSettings()) is None
            took.append(time.perf_counter() - began)
        assert min(took) < 0.2, "with pauses it takes 0.3 s"
