"""What wye.yaml says of an upstream is heeded where a request is translated for it, told, and billed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import CALLS, SCHEMA
from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, chunk, delta
from running import Running, running

MESSAGES = "/v1/messages"
ASK = {"max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
TOOL = {"name": "weather", "description": "The weather.", "input_schema": SCHEMA}
REPLY = '{"tool_calls": [{"name": "weather", "arguments": {"city": "Paris"}}]}'


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}/v1"
        return {"model": model, "base_url": url, "lane": "own", "networks": ["127.0.0.0/8"]} | fields

    price = {"input": 1, "output": 1}
    settings = {
        "deployments": {
            "spelt": deployment(
                "spelt",
                call_ids="nine",
                formats="object",
                effort_field="thinking",
                refuses=["temperature", "stop", "tool_choice"],
            ),
            "emulated": deployment(
                "emulated", profile={"tools": False, "json": True}, refuses=["tool_choice"]
            ),
            "deaf": deployment("deaf", also=["openai_completions"], ignores=["suffix", "modalities"]),
            "both": deployment("both", also=["anthropic_messages"]),
            "billed": {
                "model": "billed",
                "base_url": f"http://127.0.0.1:{upstream.port}/v1",
                "lane": "hosted",
                "networks": ["127.0.0.0/8"],
            },
            "contract": deployment("billed", price=price) | {"lane": "hosted"},
        }
    }

    @upstream.script("emulated")
    async def emulated(call: Call) -> None:
        if call.json.get("stream"):
            pieces = [delta(REPLY[at : at + 9]) for at in range(0, len(REPLY), 9)]
            await call.stream([*pieces, FINISH, USAGE, DONE])
        else:
            said = {"role": "assistant", "content": REPLY}
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            await call.answer(body=CHAT | {"choices": [choice]})

    @upstream.script("billed")
    async def billed(call: Call) -> None:
        usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "cost": 0.000321}
        if call.json.get("stream"):
            await call.stream([delta("Hi."), FINISH, chunk(choices=[], usage=usage), DONE])
        else:
            await call.answer(body=CHAT | {"usage": usage})

    with running(tmp_path_factory.mktemp("profiles"), settings) as gateway:
        yield gateway


def test_a_request_is_fitted_and_says_what_it_lost(gateway: Running, upstream: FakeUpstream) -> None:
    call = CALLS[0]
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": "12"}]},
    ]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    body = {
        "model": "spelt",
        "max_tokens": 64,
        "messages": turns,
        "tools": [TOOL],
        "temperature": 0.5,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    answered = gateway.ask("POST", MESSAGES, body)
    assert answered.status == 200, answered.body
    lost = set(answered.headers["x-wye-lost"].split(", "))
    assert lost >= {"temperature", "json_schema", "reasoning_effort"}
    sent = upstream.calls[-1].json
    assert "temperature" not in sent
    assert sent["thinking"] == {"type": "enabled"}
    assert sent["response_format"] == {"type": "json_object"}
    assert '"integer"' in sent["messages"][0]["content"]
    made = sent["messages"][2]["tool_calls"][0]["id"]
    assert made == sent["messages"][3]["tool_call_id"]
    assert len(made) == 9
    assert made.isalnum()
    assert set(gateway.record(answered)["lost"]) == lost


@pytest.mark.parametrize(
    "more", [{"stop_sequences": ["END"]}, {"tools": [TOOL], "tool_choice": {"type": "any"}}]
)
def test_what_the_answer_depends_on_is_refused(gateway: Running, more: dict[str, Any]) -> None:
    answered = gateway.ask("POST", MESSAGES, ASK | {"model": "spelt"} | more)
    assert answered.status == 400
    assert "does not take `" in answered.error["message"]


def test_its_own_protocol_is_verbatim_whatever_it_refuses(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.chat("spelt", temperature=0.5, stop=["END"])
    assert answered.status == 200
    assert "x-wye-lost" not in answered.headers
    assert upstream.calls[-1].json["stop"] == ["END"]


def test_what_it_passes_over_in_silence_is_refused(gateway: Running, upstream: FakeUpstream) -> None:
    asked = {"model": "deaf", "prompt": "Once"}
    before = len(upstream.calls)
    refused = gateway.ask("POST", "/v1/completions", asked | {"suffix": "."})
    assert (refused.status, refused.error["param"]) == (400, "suffix")
    assert refused.error["message"].startswith("'deaf' does not heed `suffix`. Leave it out, or ask")
    spoken = gateway.chat("deaf", modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"})
    assert (spoken.status, spoken.error["param"]) == (400, "modalities")
    assert len(upstream.calls) == before
    assert gateway.ask("POST", "/v1/completions", asked | {"suffix": "", "echo": True}).status == 200


@pytest.mark.parametrize("choice", ["auto", "required"])
def test_tools_are_emulated_from_chat_to_chat(gateway: Running, upstream: FakeUpstream, choice: str) -> None:
    function = {"name": "weather", "parameters": SCHEMA}
    tools = [{"type": "function", "function": function}]
    answered = gateway.chat("emulated", tools=tools, tool_choice=choice)
    assert answered.headers["x-wye-emulated"] == "tools"
    (made,) = answered.json["choices"]
    assert made["finish_reason"] == "tool_calls"
    assert json.loads(made["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
    sent = upstream.calls[-1].json
    assert "tools" not in sent
    assert sent["response_format"]["type"] == "json_schema"
    record = gateway.record(answered)
    assert record["emulated"] == ["tools"]
    assert record["usage"]["input_tokens"] == 100


def test_tools_are_emulated_in_a_stream_of_another_protocol(gateway: Running) -> None:
    body = ASK | {"model": "emulated", "tools": [TOOL], "stream": True}
    answered = gateway.ask("POST", MESSAGES, body)
    assert answered.headers["x-wye-emulated"] == "tools"
    data = [json.loads(line[6:]) for line in answered.body.decode().splitlines() if line.startswith("data: ")]
    blocks = [one["content_block"] for one in data if one["type"] == "content_block_start"]
    assert [(one["type"], one["name"]) for one in blocks] == [("tool_use", "weather")]
    pieces = [one["delta"]["partial_json"] for one in data if one["type"] == "content_block_delta"]
    assert json.loads("".join(pieces)) == {"city": "Paris"}
    assert [one["delta"]["stop_reason"] for one in data if one["type"] == "message_delta"] == ["tool_use"]


def test_what_else_it_speaks_is_forwarded_as_it_is(gateway: Running, upstream: FakeUpstream) -> None:
    body = ASK | {"model": "both", "unheard_of": 1}
    gateway.ask("POST", MESSAGES, body)
    call = upstream.calls[-1]
    assert call.head.startswith(b"POST /v1/messages ")
    assert b"anthropic-version: 2023-06-01" in call.head
    assert call.json["unheard_of"] == 1


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_upstream_bills_is_the_cost_unless_a_contract_says_otherwise(
    gateway: Running, *, stream: bool
) -> None:
    billed = gateway.record(gateway.chat("billed", stream=stream))["cost"]
    assert (billed["amount"], billed["basis"]) == ("0.000321", "billed by the upstream")
    contract = gateway.record(gateway.chat("contract", stream=stream))["cost"]
    assert (contract["amount"], contract["basis"]) == ("0.002", "price list")
    crossed = gateway.ask("POST", MESSAGES, ASK | {"model": "billed", "stream": stream})
    assert gateway.record(crossed)["cost"]["amount"] == "0.000321"
