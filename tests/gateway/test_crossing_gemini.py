"""Gemini on both sides: a real gateway process between clients and upstreams that play exchanges."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import play_chat, play_messages
from fake_upstream import Call, FakeUpstream
from running import Answered, Running, running
from wye.protocols.seal import UNSIGNED

ANSWER: dict[str, Any] = {
    "candidates": [
        {"content": {"parts": [{"text": "Hello."}], "role": "model"}, "finishReason": "STOP", "index": 0}
    ],
    "usageMetadata": {
        "promptTokenCount": 100,
        "candidatesTokenCount": 15,
        "thoughtsTokenCount": 5,
        "cachedContentTokenCount": 40,
        "totalTokenCount": 120,
    },
    "modelVersion": "up",
    "responseId": "r1",
}
"""100 tokens in, 40 of them from the cache, 20 out."""
SIGNATURE = "c2lnbmF0dXJl"
CITIES = ("Paris", "Rome")
HELLO = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
TOOLS = [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": {"type": "object"}}]}]
COST = "0.00034"
DEPLOYMENTS = ("gemini", "openai", "anthropic")


def calls() -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"functionCall": {"name": "weather", "args": {"city": city}}} for city in CITIES
    ]
    parts[0]["thoughtSignature"] = SIGNATURE
    return parts


def chunk(*parts: dict[str, Any], finish: str = "") -> dict[str, Any]:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    return ANSWER | {"candidates": [candidate | ({"finishReason": finish} if finish else {})]}


def sse(*chunks: dict[str, Any]) -> list[bytes]:
    return [f"data: {json.dumps(one)}\r\n\r\n".encode() for one in chunks]


async def play(call: Call) -> None:
    """Answer as Gemini does: with calls where the request has tools and no results yet."""
    target = call.head.split(b" ", 2)[1]
    wants_calls = "tools" in call.json and "functionResponse" not in json.dumps(call.json)
    parts = calls() if wants_calls else [{"text": "Hel"}, {"text": "lo."}]
    if target.endswith(b":countTokens"):
        await call.answer(body={"totalTokens": 42})
    elif b":streamGenerateContent" not in target:
        await call.answer(body=chunk(*parts, finish="STOP") if wants_calls else ANSWER)
    elif target.endswith(b"?alt=sse"):
        await call.stream(sse(*(chunk(part) for part in parts), chunk({"text": ""}, finish="STOP")))
    else:
        told = [chunk(parts[0]), chunk(*parts[1:], finish="STOP")]
        await call.answer(body=told, kind="application/json; charset=UTF-8")


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    upstream.scripts |= {"up-gemini": play, "up-openai": play_chat, "up-anthropic": play_messages}

    @upstream.script("blames")
    async def blames(call: Call) -> None:
        error = {"error": {"code": 400, "message": "Invalid JSON payload", "status": "INVALID_ARGUMENT"}}
        await call.answer(400, [error] if call.head.split(b" ")[1].endswith(b"Content") else error)

    @upstream.script("fails-midway")
    async def fails_midway(call: Call) -> None:
        error = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
        await call.stream([*sse(chunk({"text": "one"})), json.dumps(error, indent=2).encode()])

    def deployment(model: str, protocol: str, version: str, **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "protocol": protocol,
            "base_url": f"http://127.0.0.1:{upstream.port}/{version}",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
            "price": price,
            "api_key_env": "UP_KEY",
        } | fields

    settings = {
        "deployments": {
            "gemini": deployment("up-gemini", "gemini", "v1beta"),
            "openai": deployment("up-openai", "openai_chat", "v1"),
            "anthropic": deployment("up-anthropic", "anthropic_messages", "v1"),
            "blames": deployment("blames", "gemini", "v1beta"),
            "fails-midway": deployment("fails-midway", "gemini", "v1beta"),
        }
    }
    with running(tmp_path_factory.mktemp("gateway"), settings, {"UP_KEY": "sk-up"}) as gateway:
        yield gateway


def generate(gateway: Running, model: str, method: str = "generateContent", **fields: Any) -> Answered:
    return gateway.ask("POST", f"/v1beta/models/{model}:{method}", HELLO | fields)


def chunks(answered: Answered) -> list[Any]:
    """The chunks of a stream."""
    assert answered.status == 200, answered.body
    if answered.headers["content-type"].startswith("application/json"):
        told: list[Any] = answered.json
        return told
    return [json.loads(line[6:]) for line in answered.body.splitlines() if line.startswith(b"data: ")]


def parts(told: list[Any]) -> list[Any]:
    return [part for one in told for part in one["candidates"][0]["content"]["parts"]]


def said(told: list[Any]) -> str:
    return "".join(part.get("text", "") for part in parts(told))


def test_verbatim_to_a_gemini_upstream(gateway: Running, upstream: FakeUpstream) -> None:
    body = b'{ "contents":[{"parts":[{"text":"h\\u00e9"}]}],\n "x":[ ]}'
    answered = gateway.ask("POST", "/v1/models/gemini:generateContent?key=ignored", body)
    assert answered.json == ANSWER
    sent = upstream.calls[-1]
    assert sent.body == body
    head = sent.head.lower()
    assert head.startswith(b"post /v1beta/models/up-gemini:generatecontent http/1.1")
    assert b"\r\nx-goog-api-key: sk-up\r\n" in head
    assert b"ignored" not in head
    record = gateway.record(answered)
    assert (record["protocol"], record["cost"]["amount"]) == ("gemini", COST)
    usage = {"input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 40, "reasoning_tokens": 5}
    assert record["usage"] == usage
    assert "ignored" not in json.dumps(record)
    assert "ignored" not in gateway.log.read_text()


def test_verbatim_streams_keep_their_bytes(gateway: Running, upstream: FakeUpstream) -> None:
    events = generate(gateway, "gemini", "streamGenerateContent?alt=sse")
    stream = sse(chunk({"text": "Hel"}), chunk({"text": "lo."}), chunk({"text": ""}, finish="STOP"))
    assert events.body == b"".join(stream)
    assert events.headers["content-type"].startswith("text/event-stream")
    assert gateway.record(events)["cost"]["amount"] == COST
    array = generate(gateway, "gemini", "streamGenerateContent")
    assert upstream.calls[-1].head.startswith(b"POST /v1beta/models/up-gemini:streamGenerateContent HTTP")
    assert array.headers["content-type"].startswith("application/json")
    assert said(chunks(array)) == "Hello."
    assert gateway.record(array)["cost"]["amount"] == COST


@pytest.mark.parametrize(
    "method", ["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"]
)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_gemini_client_whoever_answers(gateway: Running, deployment: str, method: str) -> None:
    config = {"maxOutputTokens": 64, "thinkingConfig": {"thinkingBudget": 0}}
    answered = generate(gateway, deployment, method, generationConfig=config)
    told = [answered.json] if method == "generateContent" else chunks(answered)
    assert answered.status == 200, answered.body
    assert said(told) == "Hello."
    assert told[-1]["candidates"][0]["finishReason"] == "STOP"
    assert told[-1]["usageMetadata"]["promptTokenCount"] == 100
    record = gateway.record(answered)
    assert (record["outcome"], record["cost"]["amount"], record["usage"]["cache_read_tokens"]) == (
        "ok",
        COST,
        40,
    )


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent?alt=sse"])
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_tool_loop(gateway: Running, upstream: FakeUpstream, deployment: str, method: str) -> None:
    first = generate(gateway, deployment, method, tools=TOOLS)
    told = [first.json] if method == "generateContent" else chunks(first)
    content = [part for part in parts(told) if part != {"text": ""}]
    made = [part["functionCall"] for part in content if "functionCall" in part]
    assert [call["args"]["city"] for call in made] == list(CITIES)
    results = [
        {"functionResponse": {"id": call.get("id"), "name": call["name"], "response": {"output": "sunny"}}}
        for call in made
    ]
    turns = [*HELLO["contents"], {"role": "model", "parts": content}, {"role": "user", "parts": results}]
    second = generate(gateway, deployment, method, tools=TOOLS, contents=turns)
    assert second.status == 200, second.body
    asked = upstream.calls[-1].json
    if deployment == "anthropic":
        signatures = [block.get("signature") for block in asked["messages"][1]["content"]]
        assert signatures[0] == "EqQBCkYIChgCKkDsigned+/=="
        assert [block["tool_use_id"] for block in asked["messages"][2]["content"]] == ["toolu_1", "toolu_2"]
    elif deployment == "openai":
        assert [message["role"] for message in asked["messages"]] == ["user", "assistant", "tool", "tool"]
    else:
        assert asked["contents"] == turns


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent?alt=sse"])
@pytest.mark.parametrize("deployment", ["anthropic", "openai"])
def test_a_tool_whose_name_only_gemini_takes(
    gateway: Running, upstream: FakeUpstream, deployment: str, method: str
) -> None:
    declared = [{"functionDeclarations": [{"name": "maps.find:near", "parameters": {"type": "OBJECT"}}]}]
    call = {"functionCall": {"id": "c1", "name": "maps.find:near", "args": {}}}
    result = {"functionResponse": {"id": "c1", "name": "maps.find:near", "response": {"output": "x"}}}
    turns = [*HELLO["contents"], {"role": "model", "parts": [call]}, {"role": "user", "parts": [result]}]
    answered = generate(gateway, deployment, method, tools=declared, contents=turns)
    assert answered.status == 200, answered.body
    assert "x-wye-emulated" not in answered.headers
    sent = upstream.calls[-1].body
    assert b"maps.find" not in sent
    assert sent.count(b"maps_find_near_") == 2


def test_a_conversation_comes_home_with_thoughts_of_others(gateway: Running, upstream: FakeUpstream) -> None:
    """What Anthropic signed stays out of a request that goes to Gemini as it is: said, or refused."""
    content = generate(gateway, "anthropic", tools=TOOLS).json["candidates"][0]["content"]["parts"]
    results = [
        {"functionResponse": {"id": one["functionCall"].get("id"), "name": "weather", "response": {}}}
        for one in content
        if "functionCall" in one
    ]
    loop = [*HELLO["contents"], {"role": "model", "parts": content}, {"role": "user", "parts": results}]
    calls = len(upstream.calls)
    amid = generate(gateway, "gemini", tools=TOOLS, contents=loop)
    assert amid.status == 400
    assert "the tool loop they belong to" in amid.json["error"]["message"]
    assert len(upstream.calls) == calls
    later = [
        *loop,
        {"role": "model", "parts": [{"text": "Sunny."}]},
        {"role": "user", "parts": [{"text": "So?"}]},
    ]
    over = generate(gateway, "gemini", tools=TOOLS, contents=later)
    assert (over.status, over.headers["x-wye-lost"]) == (200, "signed_reasoning")
    assert gateway.record(over)["lost"] == ["signed_reasoning"]
    assert b"d3llLTE6" not in upstream.calls[-1].body
    unsigned = {"text": "so", "thought": True, "thoughtSignature": UNSIGNED}
    plain = [*HELLO["contents"], {"role": "model", "parts": [unsigned, {"text": "Hi."}]}, later[-1]]
    assert generate(gateway, "gemini", contents=plain).headers["x-wye-lost"] == "reasoning"
    assert "x-wye-lost" not in generate(gateway, "gemini").headers


@pytest.mark.parametrize("stream", [False, True])
def test_an_openai_client_gets_gemini(gateway: Running, upstream: FakeUpstream, *, stream: bool) -> None:
    functions = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    user = {"role": "user", "content": "Weather?"}
    first = gateway.chat("gemini", tools=functions, messages=[user], stream=stream)
    assert first.status == 200, first.body
    if stream:
        made = [
            call
            for one in chunks_of_chat(first)
            for call in (one["choices"][0]["delta"].get("tool_calls") or [] if one["choices"] else [])
            if "id" in call
        ]
        assert [call["function"]["name"] for call in made] == ["weather", "weather"]
        return
    made = first.json["choices"][0]["message"]["tool_calls"]
    assert len({call["id"] for call in made}) == 2
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in made]
    turns = [user, {"role": "assistant", "content": None, "tool_calls": made}, *results]
    second = gateway.chat("gemini", tools=functions, messages=turns)
    assert second.json["choices"][0]["message"]["content"] == "Hello."
    asked = upstream.calls[-1].json["contents"]
    assert [turn["role"] for turn in asked] == ["user", "model", "user"]
    assert [part.get("thoughtSignature") for part in asked[1]["parts"]] == [SIGNATURE, None]
    assert [part["functionResponse"]["name"] for part in asked[2]["parts"]] == ["weather", "weather"]


def chunks_of_chat(answered: Answered) -> list[Any]:
    lines = [line[6:] for line in answered.body.splitlines() if line.startswith(b"data: {")]
    return [json.loads(line) for line in lines]


def test_counts(gateway: Running) -> None:
    counted = generate(gateway, "gemini", "countTokens")
    assert counted.json == {"totalTokens": 42}
    guessed = generate(gateway, "openai", "countTokens")
    assert guessed.json["totalTokens"] > 0
    assert guessed.headers["x-wye-estimate"] == "tokens"


@pytest.mark.parametrize(
    "method", ["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"]
)
def test_what_an_upstream_blames_on_the_request_is_shown(gateway: Running, method: str) -> None:
    answered = generate(gateway, "blames", method)
    assert answered.status == 400
    told = answered.json[0] if isinstance(answered.json, list) else answered.json
    assert told["error"]["message"] == "Invalid JSON payload"
    chat = gateway.chat("blames")
    assert chat.status == 400
    assert "Invalid JSON payload" in chat.error["message"]


def test_a_stream_that_fails_midway(gateway: Running) -> None:
    answered = generate(gateway, "fails-midway", "streamGenerateContent?alt=sse")
    assert said(chunks(answered)) == "one"
    upstreams, own = answered.body.partition(b"\r\n\r\n")[2].split(b"\n\n")
    assert json.loads(upstreams)["error"]["message"] == "Overloaded"
    assert json.loads(own)["error"]["status"] == "UNAVAILABLE"
    assert gateway.record(answered)["outcome"] == "broken"


def test_errors_have_googles_shape(gateway: Running) -> None:
    unknown = generate(gateway, "nobody")
    assert (unknown.status, unknown.error["code"], unknown.error["status"]) == (404, 404, "NOT_FOUND")
    wrong = gateway.ask("POST", "/v1beta/models/gemini:generateContent", {"contents": "hi"})
    assert (wrong.status, wrong.error["status"]) == (400, "INVALID_ARGUMENT")
    method = gateway.ask("GET", "/v1beta/models/gemini:generateContent")
    assert method.status == 405
    searched = generate(gateway, "openai", tools=[{"googleSearch": {}}])
    assert searched.status == 400
    assert "exists at its own provider" in searched.error["message"]
