"""An upstream that holds answers, others that do not, and how they are asked."""

import asyncio
import itertools
import json
from typing import Any

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from running import KEY, Answered, Running

RESPONSES = "/v1/responses"
BY_SDK = {"content-type": "application/json"}
"""As SDKs send it without a body too; a page in a browser cannot."""
OTHER = {"authorization": f"Bearer {KEY}"} | BY_SDK


def answer(id_: str, text: str = "Hi.") -> dict[str, Any]:
    """A response object as OpenAI writes it."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }
    about = {
        "id": id_,
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "up",
        "status": "completed",
    }
    return about | {"output": [message], "usage": usage, "store": True}


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | members)}\n\n".encode()


def scripts(upstream: FakeUpstream) -> None:
    numbers = itertools.count(1)

    @upstream.script("native")
    async def native(call: Call) -> None:
        id_ = f"resp_up{next(numbers)}"
        if call.json.get("stream"):
            begun = answer(id_) | {"status": "in_progress", "output": [], "usage": None}
            await call.stream(
                [event("response.created", response=begun), event("response.completed", response=answer(id_))]
            )
        else:
            await call.answer(body=answer(id_))

    upstream.scripts["sister"] = native

    @upstream.script("counter")
    async def counter(call: Call) -> None:
        await call.answer(body={"object": "response.input_tokens", "input_tokens": 7})

    @upstream.script("slow")
    async def slow(call: Call) -> None:
        begun = answer("resp_slow") | {"status": "in_progress", "output": [], "usage": None}
        await call.begin_stream()
        await call.event(event("response.created", response=begun))
        await asyncio.sleep(60)

    @upstream.script("thinker")
    async def thinker(call: Call) -> None:
        thought = {"type": "thinking", "thinking": "I had better look.", "signature": "c2ln"}
        used = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
        about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "thinker"}
        ends = {"stop_reason": "tool_use", "usage": {"input_tokens": 5, "output_tokens": 5}}
        await call.answer(body=about | ends | {"content": [thought, used]})

    @upstream.script("chat")
    async def chat(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([delta("Hel"), delta("lo."), FINISH, USAGE, DONE])
        else:
            await call.answer(body=CHAT)


def deployment(upstream: FakeUpstream, model: str, **fields: Any) -> dict[str, Any]:
    address = f"http://127.0.0.1:{upstream.port}/v1"
    always = {"base_url": address, "lane": "own", "networks": ["127.0.0.0/8"], "retries": 0}
    return {**always, "model": model, **fields}


def settings(upstream: FakeUpstream, **more: Any) -> dict[str, Any]:
    native = {"also": ["openai_responses"]}
    return {
        "deployments": {
            "native": deployment(upstream, "native", **native),
            **{name: deployment(upstream, name, **native) for name in ("sister", "counter", "slow")},
            "away": deployment(upstream, "native", lane="closed", **native),
            "chat": deployment(upstream, "chat"),
            "thinker": deployment(upstream, "thinker", protocol="anthropic_messages"),
        },
        "routes": {"any": {"candidates": ["chat", "native", "away"]}},
        "labels": {"phi": {"lanes": ["own"]}, "secret": {"lanes": []}},
    } | more


def ask(gateway: Running, model: str, said: Any = "hi", headers: Any = None, **fields: Any) -> Answered:
    return gateway.ask("POST", RESPONSES, {"model": model, "input": said} | fields, headers)


def one_of(upstream: FakeUpstream, model: str) -> Call:
    return [call for call in upstream.calls if call.name == model][-1]


def told_id(answered: Answered) -> str:
    """The id that an answer, or the last event of one, tells."""
    last = json.loads(answered.body.split(b"data: ")[-1])
    return str(last.get("response", last)["id"])
