"""Masking through a running gateway: what an upstream sees, and what clients of every protocol get back."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from exchanges import MESSAGE, message_end, message_start, text_block
from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, chunk, delta
from running import Running, running
from wye.core.errors import MaskingError
from wye.gateway.masked import Masker, Tokens
from wye.policy.detectors import Detector, Finding

SAID = "Write to Jane Doe, jane.doe@example.com, of 219-09-9999, at once."
VALUES = ("Jane Doe", "jane.doe@example.com", "219-09-9999")
GEMINI = "/v1beta/models/echo:generateContent"
PHI = {"x-wye-label": "phi"}


def last(call: Call) -> str:
    """What the upstream was asked last, as Chat has it."""
    content = call.json["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    @upstream.script("echo")
    async def echo(call: Call) -> None:
        said = last(call)
        if call.json.get("stream"):
            await call.stream([*(delta(said[at : at + 5]) for at in range(0, len(said), 5)), FINISH, DONE])
        else:
            message = {"role": "assistant", "content": said}
            await call.answer(
                body=CHAT | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            )

    @upstream.script("calls")
    async def calls(call: Call) -> None:
        text = json.dumps({"to": last(call), "inner": json.dumps({"to": last(call)})})
        pieces = [{"index": 0, "id": "c1", "type": "function", "function": {"name": "mail", "arguments": ""}}]
        pieces += [
            {"index": 0, "function": {"arguments": text[at : at + 7]}} for at in range(0, len(text), 7)
        ]
        told = [
            chunk(choices=[{"index": 0, "delta": {"tool_calls": [one]}, "finish_reason": None}])
            for one in pieces
        ]
        end = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
        await call.stream([*told, end, DONE])

    @upstream.script("breaks")
    async def breaks(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("Dear "))
        await call.event(delta(last(call)[9:15]))
        call.reset()

    @upstream.script("fails")
    async def fails(call: Call) -> None:
        await call.answer(400, {"error": {"message": f"no: {last(call)}", "type": "invalid_request_error"}})

    @upstream.script("claude")
    async def claude(call: Call) -> None:
        said = last(call)
        texts = [said[at : at + 6] for at in range(0, len(said), 6)]
        await call.stream([message_start(), text_block(0, *texts), message_end()])

    @upstream.script("twin")
    async def twin(call: Call) -> None:
        said = call.json["contents"][-1]["parts"][0]["text"]
        told: list[dict[str, Any]] = [
            {"content": {"parts": [{"text": said[at : at + 6]}]}} for at in range(0, len(said), 6)
        ]
        told[-1]["finishReason"] = "STOP"
        chunks = [json.dumps({"candidates": [one]}).encode() for one in told]
        if b"alt=sse" in call.head:
            await call.stream([b"data: " + one + b"\r\n\r\n" for one in chunks])
        else:
            await call.answer(body=b"[" + b",\n".join(chunks) + b"]")

    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "hosted",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
        } | fields

    names = ("echo", "calls", "breaks", "fails")
    settings = {
        "deployments": {
            **{name: deployment(name) for name in names},
            "inside": deployment("echo", lane="own"),
            "claude": deployment("claude", protocol="anthropic_messages"),
            "twin": deployment("twin", protocol="gemini"),
        },
        "labels": {
            "phi": {"lanes": ["own", "hosted"], "mask": "all"},
            "few": {"lanes": ["own", "hosted"], "mask": ["ssn"]},
        },
        "aliases": {"later": ["echo", "inside"]},
        "ledger": {"store_content": True},
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def test_an_upstream_sees_tokens_and_the_client_its_own(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.chat("echo", PHI, messages=[{"role": "user", "content": SAID}])
    assert answered.json["choices"][0]["message"]["content"] == SAID
    sent = upstream.calls[-1].body.decode()
    assert not any(value in sent for value in VALUES)
    assert "PERSON_" in sent
    assert "SSN_" in sent
    assert answered.headers["x-wye-masked"] == "email=1, person=1, ssn=1"
    record = gateway.record(answered)
    assert record["masked"] == record["attempts"][0]["masked"] == {"email": 1, "person": 1, "ssn": 1}
    assert "PERSON_" not in json.dumps(record)


def test_kinds_that_are_named(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.chat("echo", {"x-wye-label": "few"}, messages=[{"role": "user", "content": SAID}])
    sent = upstream.calls[-1].body.decode()
    assert (VALUES[0] in sent, VALUES[2] in sent) == (True, False)
    assert answered.headers["x-wye-masked"] == "ssn=1"


@pytest.mark.parametrize(("model", "label"), [("inside", "phi"), ("echo", "public")])
def test_where_nothing_obliges_every_byte_passes(
    gateway: Running, upstream: FakeUpstream, model: str, label: str
) -> None:
    answered = gateway.chat(model, {"x-wye-label": label}, messages=[{"role": "user", "content": SAID}])
    assert SAID in upstream.calls[-1].body.decode()
    assert "x-wye-masked" not in answered.headers
    assert "masked" not in gateway.record(answered)


ASKED = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": SAID}]},
    "/v1/messages": {"messages": [{"role": "user", "content": SAID}], "max_tokens": 99},
    "/v1/responses": {"input": SAID},
    "/v1/completions": {"prompt": SAID},
    "/api/chat": {"messages": [{"role": "user", "content": SAID}]},
    "/api/generate": {"prompt": SAID},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": SAID}]}]},
    "/v1beta/models/echo:streamGenerateContent?alt=sse": {
        "contents": [{"role": "user", "parts": [{"text": SAID}]}]
    },
    "/v1beta/models/echo:streamGenerateContent": {"contents": [{"role": "user", "parts": [{"text": SAID}]}]},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ASKED)
def test_clients_of_every_protocol(
    gateway: Running, upstream: FakeUpstream, path: str, *, stream: bool
) -> None:
    body = ASKED[path] | ({} if "/models/" in path else {"model": "echo", "stream": stream})
    answered = gateway.ask("POST", path, body, PHI)
    assert answered.status == 200, answered.body
    assert not any(value in upstream.calls[-1].body.decode() for value in VALUES)
    assert b"PERSON_" not in answered.body
    assert b"SSN_" not in answered.body
    if not stream and "stream" not in path:
        assert SAID in answered.body.decode()
    assert answered.headers["x-wye-masked"] == "email=1, person=1, ssn=1"
    assert "PERSON_" not in json.dumps(gateway.record(answered))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", ASKED["/v1/messages"] | {"model": "claude", "stream": True}),
        ("/v1beta/models/twin:streamGenerateContent?alt=sse", ASKED[GEMINI]),
        ("/v1beta/models/twin:streamGenerateContent", ASKED[GEMINI]),
    ],
)
def test_upstreams_of_the_clients_own_protocol(
    gateway: Running, upstream: FakeUpstream, path: str, body: dict[str, Any]
) -> None:
    answered = gateway.ask("POST", path, body, PHI)
    assert answered.status == 200, answered.body
    assert not any(value in upstream.calls[-1].body.decode() for value in VALUES)
    said = "".join(re.findall(r'"text": ?"([^"]*)"', answered.body.decode()))
    assert said == SAID


def test_arguments_that_arrive_in_pieces(gateway: Running, upstream: FakeUpstream) -> None:
    said = 'From "Jane Doe" <jane.doe@example.com>'
    body = {
        "model": "calls",
        "messages": [{"role": "user", "content": said}],
        "max_tokens": 9,
        "stream": True,
    }
    answered = gateway.ask("POST", "/v1/messages", body, PHI)
    pieces = [
        json.loads(line[6:]) for line in answered.body.decode().split("\n") if line.startswith("data: ")
    ]
    text = "".join(
        one["delta"].get("partial_json", "") for one in pieces if one["type"] == "content_block_delta"
    )
    assert json.loads(text)["to"] == said
    assert json.loads(json.loads(text)["inner"])["to"] == said
    assert "Jane" not in upstream.calls[-1].body.decode()


def test_what_was_held_comes_when_the_upstream_breaks_off(gateway: Running) -> None:
    said = [{"role": "user", "content": SAID}]
    answered = gateway.chat("breaks", PHI, messages=said, stream=True)
    assert b"PERSON" in answered.body  # a part of a token, and nothing that it stood for
    assert b"broke off" in answered.body


def test_an_upstreams_error_is_the_clients_own_and_no_records(gateway: Running) -> None:
    answered = gateway.chat("fails", PHI, messages=[{"role": "user", "content": SAID}])
    assert answered.status == 400
    assert answered.error["message"] == f"no: {SAID}"
    record = gateway.record(answered)
    assert "Jane" not in json.dumps({name: value for name, value in record.items() if name != "content"})


def test_what_a_client_calls_its_request_does_not_leave(gateway: Running, upstream: FakeUpstream) -> None:
    named = {"x-request-id": "of-219-09-9999"}
    answered = gateway.chat("echo", PHI | named)
    assert answered.headers["x-request-id"] == "of-219-09-9999"
    assert b"219-09-9999" not in upstream.calls[-1].head
    stored = gateway.chat("echo", PHI, store=True)
    gateway.ask("GET", f"/v1/chat/completions/{stored.json['id']}", headers=PHI | named)
    assert b"GET /v1/chat/completions/" in upstream.calls[-1].head
    assert b"219-09-9999" not in upstream.calls[-1].head
    gateway.chat("inside", PHI | named)
    assert b"x-request-id: of-219-09-9999" in upstream.calls[-1].head


def test_what_an_upstream_hides_in_ids_and_signatures_is_not_told_next_turn(
    gateway: Running, upstream: FakeUpstream
) -> None:
    """A client sends an answer's ids and signatures back as they came, and nobody looks for values there."""

    @upstream.script("claude")
    async def hides(call: Call) -> None:
        code = re.findall("SSN_[a-z0-9]+", call.body.decode())[0]
        thought = {"type": "thinking", "thinking": "so", "signature": code}
        use = {"type": "tool_use", "id": code, "name": "mail", "input": {"signature": code, "id": code}}
        await call.answer(
            body=MESSAGE | {"content": [thought, use]}, headers=f"x-ratelimit-reset: {code}\r\n"
        )

    body = {"model": "claude", "messages": [{"role": "user", "content": SAID}], "max_tokens": 99}
    answered = gateway.ask("POST", "/v1/messages", body, PHI)
    thought, use = answered.json["content"]
    assert use["input"] == {"signature": "219-09-9999", "id": "219-09-9999"}
    assert "219-09-9999" not in thought["signature"] + use["id"] + str(answered.headers)
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "sent"}
    turns = [{"role": "assistant", "content": [thought, use]}, {"role": "user", "content": [result]}]
    assert (
        gateway.ask("POST", "/v1/messages", body | {"messages": body["messages"] + turns}, PHI).status == 200
    )
    assert not any(value in upstream.calls[-1].body.decode() for value in VALUES)
    assert thought["signature"] in upstream.calls[-1].body.decode()


def test_a_token_of_an_earlier_turn_pulls_nothing(gateway: Running, upstream: FakeUpstream) -> None:
    """Neither from the caller's own text nor from a tool's result; the next request has other tokens."""
    gateway.chat("echo", PHI, messages=[{"role": "user", "content": SAID}])
    earlier = last(upstream.calls[-1])
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    turns = [
        {"role": "user", "content": f"{SAID} {earlier}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": f"{earlier} {SAID}"},
    ]
    answered = gateway.chat("echo", PHI, messages=turns)
    assert answered.json["choices"][0]["message"]["content"] == f"{earlier} {SAID}"
    sent = upstream.calls[-1].body.decode()
    assert not any(value in sent for value in VALUES)


def test_where_a_value_comes_back_in_an_answer_with_everything(
    gateway: Running, upstream: FakeUpstream
) -> None:
    """In links and in whole tokens of logprobs too, as docs/masking.md says; never in a header."""

    @upstream.script("fails")
    async def tells(call: Call) -> None:
        code = re.findall("SSN_[a-z0-9]+", call.body.decode())[0]
        link = f"https://elsewhere.example/?of={code}"
        message = {
            "role": "assistant",
            "content": f"![]({link})",
            "reasoning_content": code,
            "tool_calls": [
                {
                    "id": code,
                    "type": "function",
                    "function": {"name": "get", "arguments": f'{{"url": "{link}"}}'},
                }
            ],
        }
        choice = {
            "index": 0,
            "message": message,
            "logprobs": {"content": [{"token": code}, {"token": code[:9]}]},
        }
        headers = (
            f"x-request-id: {code}\r\nset-cookie: a={code}\r\nx-ratelimit-remaining-requests: {code}\r\n"
        )
        await call.answer(
            body=CHAT | {"id": code, "choices": [choice | {"finish_reason": "stop"}]}, headers=headers
        )

    answered = gateway.chat("fails", PHI, messages=[{"role": "user", "content": SAID}])
    code, (choice,) = answered.json["id"], answered.json["choices"]
    message, link = choice["message"], "https://elsewhere.example/?of=219-09-9999"
    assert code.startswith("SSN_")
    assert message["tool_calls"][0]["id"] == code
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"url": link}
    assert (message["content"], message["reasoning_content"]) == (f"![]({link})", "219-09-9999")
    assert [one["token"] for one in choice["logprobs"]["content"]] == ["219-09-9999", code[:9]]
    assert "219-09-9999" not in str(answered.headers)
    record = {name: value for name, value in gateway.record(answered).items() if name != "content"}
    assert "219-09-9999" not in json.dumps(record)


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def test_what_cannot_be_read_does_not_leave(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    parts = [{"type": "text", "text": "Who is this?"}, PICTURE]
    answered = gateway.chat("echo", PHI, messages=[{"role": "user", "content": parts}])
    assert (answered.status, answered.error["code"]) == (400, "not_masked")
    assert "cannot be masked" in answered.error["message"]
    answered = gateway.chat("later", PHI, messages=[{"role": "user", "content": parts}])
    assert answered.headers["x-wye-deployment"] == "inside"
    assert len(upstream.calls) == before + 1


def test_what_an_upstream_holds_is_not_changed_unmasked(gateway: Running, upstream: FakeUpstream) -> None:
    stored = gateway.chat("echo", PHI, messages=[{"role": "user", "content": SAID}], store=True)
    before, path = len(upstream.calls), f"/v1/chat/completions/{stored.json['id']}"
    changed = gateway.ask("POST", path, {"metadata": {"for": "Jane Doe"}})
    assert (changed.status, changed.error["code"]) == (400, "not_masked")
    assert gateway.ask("GET", "/v1/chat/completions?metadata[for]=Jane", headers=PHI).status >= 400
    assert len(upstream.calls) == before


async def test_nothing_leaves_when_nobody_looks_or_looking_fails() -> None:
    body = b'{"messages": [{"role": "user", "content": "Jane Doe"}]}'

    async def fails(texts: Sequence[str]) -> list[list[Finding]]:
        raise MaskingError(str(len(texts)))

    async def too_few(texts: Sequence[str]) -> list[list[Finding]]:
        return [[] for _ in texts[1:]]

    for find in (None, fails, too_few):
        with pytest.raises(MaskingError):
            await Masker(find).veil(body, frozenset({"all"}), Tokens())
    with pytest.raises(MaskingError, match="ValueError"):
        await Masker(fails).veil(b"[" * 999, frozenset({"all"}), Tokens())


async def test_what_nobody_can_read() -> None:
    async def find(texts: Sequence[str]) -> list[list[Finding]]:
        return [[] for _ in texts]

    thought = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/" * 9}
    readable = (
        {"prompt": "text", "input": []},
        {"messages": [{"content": [thought]}]},
        {"contents": [{"parts": [{"functionCall": {"args": {"input": [1, 2]}}}]}]},
    )
    for body in readable:
        raw = json.dumps(body).encode()
        assert (await Masker(find).veil(raw, frozenset({"all"}), Tokens())).body == raw
    picture = {"type": "image", "source": {"type": "base64", "data": "iVBORw0KGgoAAAANSUhEUgAAA" * 9}}
    for body in ({"prompt": [1, 2]}, {"input": [[-1]]}, {"messages": [{"content": [picture]}]}):
        with pytest.raises(MaskingError, match="cannot be masked"):
            await Masker(find).veil(json.dumps(body).encode(), frozenset({"all"}), Tokens())


async def test_one_request_one_token_and_what_was_found_is_known() -> None:
    asked: list[str] = []

    async def find(texts: Any) -> list[list[Finding]]:
        asked.extend(texts)
        return [Detector().find(text) for text in texts]

    tokens, masker = Tokens(), Masker(find)
    body = b'{"messages": [{"content": "Jane Doe"}, {"content": {"plate": "219-09-9999"}}]}'
    first = await masker.veil(body, frozenset({"all"}), tokens)
    again = await masker.veil(body, frozenset({"all"}), tokens)
    assert first.body == again.body
    assert first.counts == {"person": 1, "ssn": 1}
    assert asked == ["Jane Doe", "plate: 219-09-9999"]
    assert "Jane" not in repr(tokens.mint)
