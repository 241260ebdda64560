"""Custom tools, as Codex has one, over upstreams that know functions only: a real gateway, turns, streams."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import MESSAGE, block, message_end, message_start, text_block
from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, chunk, delta
from running import Answered, Running, running

RESPONSES, COMPLETIONS = "/v1/responses", "/v1/chat/completions"
PATCH = '*** Begin Patch\n*** Add File: "é\\😀".py\n+print("hi")\n*** End Patch\n'
GRAMMAR = 'start: begin_patch hunk+ end_patch\nbegin_patch: "*** Begin Patch" LF'
FREEFORM = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Use the `apply_patch` tool to edit files. This is a FREEFORM tool.",
    "format": {"type": "grammar", "syntax": "lark", "definition": GRAMMAR},
}
SHELL = {
    "type": "function",
    "name": "exec_command",
    "description": "Runs a command.",
    "strict": False,
    "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]},
}
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add the file."}]}
CODEX: dict[str, Any] = {
    "instructions": "You are a coding agent.",
    "input": [ASKED],
    "tools": [SHELL, FREEFORM],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
}
ARGUMENTS = json.dumps({"input": PATCH})
PIECES = [ARGUMENTS[at : at + 3] for at in range(0, len(ARGUMENTS), 3)]


async def play_messages(call: Call) -> None:
    if "tool_result" in json.dumps(call.json["messages"]):
        await call.stream([message_start(), text_block(0, "Do", "ne."), message_end()])
        return
    use = {"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": {}}
    if call.json.get("stream"):
        pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in PIECES]
        turn = [text_block(0, "Now."), block(1, use, *pieces)]
        await call.stream([message_start(), *turn, message_end("tool_use")])
    else:
        content = [use | {"input": {"input": PATCH}}]
        await call.answer(body=MESSAGE | {"content": content, "stop_reason": "tool_use"})


async def play_chat(call: Call) -> None:
    if any(message["role"] == "tool" for message in call.json["messages"]):
        await call.stream([delta("Do"), delta("ne."), FINISH, USAGE, DONE])
        return
    made = {"id": "call_1", "type": "function", "function": {"name": "apply_patch", "arguments": ""}}
    if call.json.get("stream"):
        changes = [made, *({"function": {"arguments": piece}} for piece in PIECES)]
        told = [
            {"index": 0, "delta": {"tool_calls": [{"index": 0} | one]}, "finish_reason": None}
            for one in changes
        ]
        ended = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
        await call.stream([delta("Now."), *(chunk(choices=[one]) for one in told), ended, USAGE, DONE])
    else:
        called = made | {"function": {"name": "apply_patch", "arguments": ARGUMENTS}}
        said = {"role": "assistant", "content": None, "tool_calls": [called]}
        choice = {"index": 0, "message": said, "finish_reason": "tool_calls"}
        await call.answer(body=CHAT | {"choices": [choice]})


async def play_schema(call: Call) -> None:
    """Answer as an engine that calls no tools: JSON that the schema holds it to."""
    reply = json.dumps({"tool_calls": [{"name": "apply_patch", "arguments": {"input": PATCH}}]})
    await call.stream([*(delta(reply[at : at + 5]) for at in range(0, len(reply), 5)), FINISH, USAGE, DONE])


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scripts = {
        "up-anthropic": play_messages,
        "up-chat": play_chat,
        "up-functions": play_chat,
        "up-takes": play_chat,
        "up-schema": play_schema,
    }
    upstream.scripts |= scripts

    def deployment(name: str, **fields: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}/v1"
        return {"model": f"up-{name}", "base_url": url, "lane": "own", "networks": ["127.0.0.0/8"]} | fields

    settings = {
        "deployments": {
            "anthropic": deployment("anthropic", protocol="anthropic_messages"),
            "chat": deployment("chat"),
            "functions": deployment("functions", refuses=["custom_tools"]),
            "takes": deployment("takes", takes=["custom_tools"]),
            "schema": deployment("schema", profile={"tools": False, "json": True}),
        },
    }
    with running(tmp_path_factory.mktemp("custom"), settings) as gateway:
        yield gateway


def events(answered: Answered) -> list[dict[str, Any]]:
    assert answered.status == 200, answered.body
    lines = answered.body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize("model", ["anthropic", "chat"])
def test_a_loop_as_codex_makes_it(gateway: Running, upstream: FakeUpstream, model: str) -> None:
    first = gateway.ask("POST", RESPONSES, CODEX | {"model": model})
    told = events(first)
    assert first.headers["x-wye-emulated"] == "custom_tools"
    deltas = [one["delta"] for one in told if one["type"] == "response.custom_tool_call_input.delta"]
    assert len(deltas) > 10, "it streams"
    assert "".join(deltas) == PATCH
    (done,) = [one for one in told if one["type"] == "response.custom_tool_call_input.done"]
    assert done["input"] == PATCH
    output = told[-1]["response"]["output"]
    message, call = output
    assert (message["type"], call["type"]) == ("message", "custom_tool_call")
    assert (call["name"], call["input"]) == ("apply_patch", PATCH)

    sent = upstream.calls[-1].json
    shell, patch = (tool.get("function", tool) for tool in sent["tools"])
    schema = patch.get("parameters") or patch["input_schema"]
    assert schema["required"] == ["input"]
    assert patch["description"].startswith(FREEFORM["description"])
    assert patch["description"].endswith(GRAMMAR)
    assert shell["description"] == "Runs a command."

    result = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "Success."}
    second = gateway.ask("POST", RESPONSES, CODEX | {"model": model, "input": [ASKED, *output, result]})
    assert events(second)[-1]["response"]["output"][0]["content"][0]["text"] == "Done."
    assert second.headers["x-wye-emulated"] == "custom_tools"
    _, said, heard = [one for one in upstream.calls[-1].json["messages"] if one["role"] != "system"]
    if model == "anthropic":
        assert said["content"][1]["input"] == {"input": PATCH}
        assert heard["content"][0] == {
            "type": "tool_result",
            "tool_use_id": call["call_id"],
            "content": "Success.",
        }
    else:
        assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"input": PATCH}
        assert heard == {"role": "tool", "tool_call_id": call["call_id"], "content": "Success."}

    record = gateway.record(second)
    assert record["emulated"] == ["custom_tools"]
    assert "functions of one text" in record["decision"]["candidates"][0]["reason"]


@pytest.mark.parametrize("model", ["anthropic", "chat"])
def test_a_call_that_is_demanded_comes_whole(gateway: Running, upstream: FakeUpstream, model: str) -> None:
    choice = {"type": "custom", "name": "apply_patch"}
    body = CODEX | {"model": model, "stream": False, "tool_choice": choice}
    answered = gateway.ask("POST", RESPONSES, body)
    assert answered.headers["x-wye-emulated"] == "custom_tools"
    (call,) = answered.json["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", PATCH)
    sent = upstream.calls[-1].json["tool_choice"]
    if model == "anthropic":
        assert sent == {"type": "tool", "name": "apply_patch", "disable_parallel_tool_use": True}
    else:
        assert sent == {"type": "function", "function": {"name": "apply_patch"}}


CHAT_TOOL = {"type": "custom", "custom": {"name": "apply_patch", "format": {"type": "text"}}}


@pytest.mark.parametrize("model", ["anthropic", "functions"])
@pytest.mark.parametrize("stream", [False, True])
def test_custom_tools_of_chat(gateway: Running, *, model: str, stream: bool) -> None:
    answered = gateway.chat(model, tools=[CHAT_TOOL], stream=stream)
    assert answered.headers["x-wye-emulated"] == "custom_tools"
    if not stream:
        (call,) = answered.json["choices"][0]["message"]["tool_calls"]
        assert call["type"] == "custom"
        assert call["custom"] == {"name": "apply_patch", "input": PATCH}
        return
    pieces = [
        piece
        for one in events(answered)
        for choice in one["choices"]
        for piece in choice["delta"].get("tool_calls", ())
    ]
    assert pieces[0]["custom"]["name"] == "apply_patch"
    assert "".join(piece["custom"].get("input", "") for piece in pieces) == PATCH


def test_who_takes_them_or_is_not_known_not_to_gets_them(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.chat("chat", tools=[CHAT_TOOL])
    assert "x-wye-emulated" not in answered.headers
    assert upstream.calls[-1].json["tools"] == [CHAT_TOOL], "verbatim"
    answered = gateway.ask("POST", RESPONSES, CODEX | {"model": "takes"})
    assert "x-wye-emulated" not in answered.headers
    patch = upstream.calls[-1].json["tools"][1]
    assert patch["type"] == "custom"
    assert patch["custom"]["format"]["grammar"]["definition"] == GRAMMAR
    record = gateway.record(answered)
    assert "emulated" not in record


def test_a_model_that_calls_no_tools_gets_both_in_words(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.ask("POST", RESPONSES, CODEX | {"model": "schema"})
    told = events(answered)
    assert answered.headers["x-wye-emulated"] == "tools, custom_tools"
    (call,) = told[-1]["response"]["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", PATCH)
    sent = upstream.calls[-1].json
    assert "tools" not in sent
    assert GRAMMAR in sent["messages"][0]["content"]


@pytest.mark.parametrize("model", ["anthropic", "chat"])
@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("web_search", '-c web_search="disabled"'),
        ("local_shell", "unified_exec"),
        ("apply_patch", "custom tool"),
    ],
)
def test_tools_that_openai_alone_knows(gateway: Running, model: str, kind: str, advice: str) -> None:
    answered = gateway.ask("POST", RESPONSES, CODEX | {"model": model, "tools": [SHELL, {"type": kind}]})
    assert answered.status == 400
    assert f"`{kind}`: " in answered.error["message"]
    assert advice in answered.error["message"]
