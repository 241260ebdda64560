"""OpenAI Responses: requests as clients send them, answers whole and streamed. Written by us."""

import json
from typing import Any

from golden.requests import ASK, HI, PDF, PNG, SHAPE, URL, WEATHER

Body = dict[str, Any]
FUNCTION: Body = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city.",
    "parameters": WEATHER,
    "strict": True,
}
LOOSE: Body = {**FUNCTION, "strict": False}


def ask(*items: Body, **members: Any) -> Body:
    return {"model": "m", "input": list(items) or "Hi", **members}


def said(*content: Body, **members: Any) -> Body:
    return {"type": "message", "role": "assistant", "content": list(content), **members}


def told(*content: Body) -> Body:
    return {"type": "message", "role": "user", "content": list(content)}


def text(words: str) -> Body:
    return {"type": "input_text", "text": words}


def output(words: str, *annotations: Body) -> Body:
    return {"type": "output_text", "text": words, "annotations": list(annotations)}


def call(identity: str, city: str, **members: Any) -> Body:
    arguments = json.dumps({"city": city}, separators=(",", ":"))
    return {
        "type": "function_call",
        "call_id": identity,
        "name": "weather",
        "arguments": arguments,
        **members,
    }


def result(identity: str, what: Any) -> Body:
    return {"type": "function_call_output", "call_id": identity, "output": what}


def thought(**members: Any) -> Body:
    summary = [{"type": "summary_text", "text": "Let me see."}]
    return {"type": "reasoning", "id": "rs_1", "summary": summary, **members}


ENCRYPTED = thought(encrypted_content="gAAAAA==")
CITED: Body = {
    "type": "url_citation",
    "url": "https://example.org",
    "title": "Example",
    "start_index": 0,
    "end_index": 2,
}

REQUESTS: dict[str, Body] = {
    "plain": ask(),
    "streamed": ask(stream=True),
    "instructions": ask(instructions="Be short."),
    "instructions and a developer": ask(
        {"role": "developer", "content": "Speak French."}, HI, instructions="Be short."
    ),
    "system items": ask(
        {"role": "system", "content": "A"}, {"role": "developer", "content": [text("B")]}, HI
    ),
    "later developer": ask(HI, said(output("Yes?")), {"role": "developer", "content": "C"}, HI),
    "several turns": ask(HI, said(output("Hello!"), id="msg_1", status="completed"), told(text("Bye"))),
    "plain turns": ask(HI, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}),
    "picture as data": ask(
        told({"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"})
    ),
    "picture by url": ask(told({"type": "input_image", "detail": "low", "image_url": URL})),
    "picture by id": ask(told({"type": "input_image", "file_id": "file-1"})),
    "pdf": ask(
        told({"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"})
    ),
    "pdf by url": ask(told({"type": "input_file", "file_url": "https://example.org/a.pdf"})),
    "tools": ask(ASK, tools=[LOOSE], tool_choice="auto"),
    "strict tool": ask(ASK, tools=[FUNCTION]),
    "tool that says nothing of strict": ask(
        ASK, tools=[{name: one for name, one in FUNCTION.items() if name != "strict"}]
    ),
    "forced tool": ask(ASK, tools=[LOOSE], tool_choice={"type": "function", "name": "weather"}),
    "required, one at a time": ask(ASK, tools=[LOOSE], tool_choice="required", parallel_tool_calls=False),
    "allowed tools": ask(
        ASK,
        tools=[LOOSE, {"type": "function", "name": "now", "parameters": None, "strict": False}],
        tool_choice={
            "type": "allowed_tools",
            "mode": "auto",
            "tools": [{"type": "function", "name": "weather"}],
        },
    ),
    "custom tool": ask(
        ASK,
        {"type": "custom_tool_call", "call_id": "call_1", "name": "sql", "input": "SELECT 1"},
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "1"},
        tools=[
            {
                "type": "custom",
                "name": "sql",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
            }
        ],
    ),
    "tool loop": ask(
        ASK,
        call("call_1", "Paris"),
        call("call_2", "Rome"),
        result("call_1", "18 degrees"),
        result("call_2", "24 degrees"),
        tools=[LOOSE],
    ),
    "tool loop that goes on": ask(
        ASK,
        said(output("I look.")),
        call("call_1", "Paris", id="fc_1", status="completed"),
        result("call_1", "18 degrees"),
        said(output("18.")),
        {"role": "user", "content": "And Oslo?"},
        tools=[LOOSE],
    ),
    "picture from a tool": ask(
        ASK,
        call("call_1", "Paris"),
        result(
            "call_1", [text("See:"), {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]
        ),
        tools=[LOOSE],
    ),
    "encrypted thoughts in a loop": ask(
        ASK,
        ENCRYPTED,
        call("call_1", "Paris"),
        result("call_1", "18"),
        tools=[LOOSE],
        include=["reasoning.encrypted_content"],
        store=False,
    ),
    "encrypted thoughts of before": ask(HI, ENCRYPTED, said(output("Hello!")), HI, store=False),
    "thoughts by id": ask(HI, thought(), said(output("Hello!")), HI),
    "thoughts in the open": ask(
        HI, thought(content=[{"type": "reasoning_text", "text": "Hm."}]), said(output("Hello!")), HI
    ),
    "refusal": ask(HI, said({"type": "refusal", "refusal": "No."}), HI),
    "citations of before": ask(HI, said(output("Hi", CITED)), HI),
    "schema": ask(text={"format": {"type": "json_schema", "name": "sum", "strict": True, "schema": SHAPE}}),
    "json": ask(text={"format": {"type": "json_object"}}),
    "verbosity": ask(text={"verbosity": "low"}),
    "effort": ask(reasoning={"effort": "low", "summary": "auto"}, max_output_tokens=8000),
    "no effort": ask(reasoning={"effort": "none"}),
    "sampling": ask(temperature=0.2, top_p=0.9, max_output_tokens=50),
    "logprobs": ask(top_logprobs=3, include=["message.output_text.logprobs"]),
    "bookkeeping": ask(
        metadata={"a": "b"}, store=True, service_tier="flex", prompt_cache_key="k", safety_identifier="u-1"
    ),
    "user": ask(user="u-1"),
    "cut to fit": ask(truncation="auto", max_tool_calls=3),
    "defaults spelled out": ask(
        store=False, background=False, truncation="disabled", service_tier="auto", parallel_tool_calls=True
    ),
    "goes on from an answer": ask(previous_response_id="resp_1"),
    "conversation": ask(conversation={"id": "conv_1"}),
    "background": ask(background=True),
    "template": ask(prompt={"id": "pmpt_1"}),
    "web search": ask(ASK, tools=[{"type": "web_search"}]),
    "mcp": ask(ASK, tools=[{"type": "mcp", "server_label": "x", "server_url": "https://example.org"}]),
    "search of before": ask(
        ASK, {"type": "web_search_call", "id": "ws_1", "status": "completed"}, said(output("18.")), HI
    ),
    "item by reference": ask({"type": "item_reference", "id": "msg_1"}, HI),
    "prefill": ask(HI, said(output("The answer is"))),
}

USAGE: Body = {
    "input_tokens": 120,
    "input_tokens_details": {"cached_tokens": 100},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 150,
}


def response(*items: Body, status: str = "completed", **members: Any) -> Body:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1760000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "m-2",
        "output": list(items),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "store": False,
        "text": {"format": {"type": "text"}},
        "truncation": "disabled",
        "usage": USAGE,
        **members,
    }


def message(*content: Body, at: int = 1) -> Body:
    return said(*content, id=f"msg_{at}", status="completed")


def called(identity: str, city: str, at: int = 1) -> Body:
    return call(identity, city, id=f"fc_{at}", status="completed")


LOGPROBS: Body = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
CUSTOM: Body = {
    "type": "custom_tool_call",
    "id": "ctc_1",
    "call_id": "call_1",
    "name": "sql",
    "input": "SELECT 1",
    "status": "completed",
}
SEARCH: Body = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "weather"},
}

ANSWERS: dict[str, Body] = {
    "text": response(message(output("Hello!"))),
    "two messages": response(message(output("Hello!")), message(output("Bye."), at=2)),
    "length": response(
        message(output("Hel")), status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    ),
    "filtered": response(
        message(output("He")), status="incomplete", incomplete_details={"reason": "content_filter"}
    ),
    "calls": response(called("call_1", "Paris"), called("call_2", "Rome", 2)),
    "text and a call": response(message(output("I look.")), called("call_1", "Paris")),
    "refusal": response(message({"type": "refusal", "refusal": "No."})),
    "summary": response(thought(), message(output("4"))),
    "two passages": response(
        thought(summary=[{"type": "summary_text", "text": one} for one in ("One.", "Two.")]),
        message(output("4")),
    ),
    "encrypted thoughts and a call": response(ENCRYPTED, called("call_1", "Paris")),
    "encrypted only": response(
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAA=="},
        message(output("4")),
    ),
    "thoughts in the open": response(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "Hm."}],
        },
        message(output("4")),
    ),
    "logprobs": response(message({**output("Hi"), "logprobs": [LOGPROBS]})),
    "citation": response(message(output("Hi", CITED))),
    "custom call": response(CUSTOM),
    "search": response(SEARCH, message(output("Hi", CITED))),
    "without usage": response(message(output("Hi")), usage=None),
    "empty": response(),
}


def stream(*events: Body) -> str:
    numbered = ({"sequence_number": at, **event} for at, event in enumerate(events))
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in numbered)


def started() -> tuple[Body, Body]:
    begun = response(status="in_progress", usage=None)
    return {"type": "response.created", "response": begun}, {
        "type": "response.in_progress",
        "response": begun,
    }


def ended(*items: Body, status: str = "completed", **members: Any) -> Body:
    return {"type": f"response.{status}", "response": response(*items, status=status, **members)}


def added(at: int, item: Body) -> Body:
    return {"type": "response.output_item.added", "output_index": at, "item": item}


def done(at: int, item: Body) -> Body:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def part(at: int, what: str, item: str, one: Body) -> Body:
    return {
        "type": f"response.content_part.{what}",
        "item_id": item,
        "output_index": at,
        "content_index": 0,
        "part": one,
    }


def wrote(at: int, *words: str, identity: str = "msg_1") -> tuple[Body, ...]:
    place: Body = {"item_id": identity, "output_index": at, "content_index": 0}
    whole = "".join(words)
    return (
        added(
            at,
            {"type": "message", "id": identity, "status": "in_progress", "role": "assistant", "content": []},
        ),
        part(at, "added", identity, output("")),
        *({"type": "response.output_text.delta", **place, "delta": word, "logprobs": []} for word in words),
        {"type": "response.output_text.done", **place, "text": whole, "logprobs": []},
        part(at, "done", identity, output(whole)),
        done(at, {**message(output(whole)), "id": identity}),
    )


def calling(at: int, identity: str, *pieces: str) -> tuple[Body, ...]:
    place: Body = {"item_id": f"fc_{at}", "output_index": at}
    whole = "".join(pieces)
    item: Body = {
        "type": "function_call",
        "id": f"fc_{at}",
        "call_id": identity,
        "name": "weather",
        "arguments": "",
        "status": "in_progress",
    }
    return (
        added(at, item),
        *({"type": "response.function_call_arguments.delta", **place, "delta": one} for one in pieces),
        {"type": "response.function_call_arguments.done", **place, "arguments": whole},
        done(at, {**item, "arguments": whole, "status": "completed"}),
    )


def thinking(at: int, *passages: str, encrypted: str = "") -> tuple[Body, ...]:
    item: Body = {"type": "reasoning", "id": "rs_1", "summary": []}
    events = [added(at, item)]
    for number, passage in enumerate(passages):
        place: Body = {"item_id": "rs_1", "output_index": at, "summary_index": number}
        whole = {"type": "summary_text", "text": passage}
        events += [
            {"type": "response.reasoning_summary_part.added", **place, "part": {**whole, "text": ""}},
            {"type": "response.reasoning_summary_text.delta", **place, "delta": passage[:2]},
            {"type": "response.reasoning_summary_text.delta", **place, "delta": passage[2:]},
            {"type": "response.reasoning_summary_text.done", **place, "text": passage},
            {"type": "response.reasoning_summary_part.done", **place, "part": whole},
        ]
    summary = [{"type": "summary_text", "text": one} for one in passages]
    last = {**item, "summary": summary, **({"encrypted_content": encrypted} if encrypted else {})}
    return (*events, done(at, last))


_PLACE: Body = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
_REFUSAL: Body = {"type": "refusal", "refusal": ""}

STREAMS: dict[str, str] = {
    "text": stream(*started(), *wrote(0, "Hel", "lo!"), ended(message(output("Hello!")))),
    "length": stream(
        *started(),
        *wrote(0, "Hel"),
        ended(
            message(output("Hel")),
            status="incomplete",
            incomplete_details={"reason": "max_output_tokens"},
        ),
    ),
    "calls": stream(
        *started(),
        *wrote(0, "I look."),
        *calling(1, "call_1", '{"city":', '"Paris"}'),
        *calling(2, "call_2", '{"city":"Rome"}'),
        ended(message(output("I look.")), called("call_1", "Paris"), called("call_2", "Rome", 2)),
    ),
    "thoughts": stream(
        *started(), *thinking(0, "One.", "Two."), *wrote(1, "4"), ended(thought(), message(output("4")))
    ),
    "encrypted thoughts and a call": stream(
        *started(),
        *thinking(0, "One.", encrypted="gAAAAA=="),
        *calling(1, "call_1", '{"city":"Paris"}'),
        ended(ENCRYPTED, called("call_1", "Paris")),
    ),
    "thoughts in the open": stream(
        *started(),
        added(0, {"type": "reasoning", "id": "rs_1", "summary": []}),
        {
            "type": "response.reasoning_text.delta",
            "item_id": "rs_1",
            "output_index": 0,
            "content_index": 0,
            "delta": "Hm.",
        },
        {
            "type": "response.reasoning_text.done",
            "item_id": "rs_1",
            "output_index": 0,
            "content_index": 0,
            "text": "Hm.",
        },
        done(
            0,
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [],
                "content": [{"type": "reasoning_text", "text": "Hm."}],
            },
        ),
        *wrote(1, "4"),
        ended(message(output("4"))),
    ),
    "refusal": stream(
        *started(),
        added(
            0, {"type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant", "content": []}
        ),
        part(0, "added", "msg_1", _REFUSAL),
        {"type": "response.refusal.delta", **_PLACE, "delta": "No."},
        {"type": "response.refusal.done", **_PLACE, "refusal": "No."},
        part(0, "done", "msg_1", {**_REFUSAL, "refusal": "No."}),
        done(0, message({**_REFUSAL, "refusal": "No."})),
        ended(message({**_REFUSAL, "refusal": "No."})),
    ),
    "citation": stream(
        *started(),
        added(
            0, {"type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant", "content": []}
        ),
        part(0, "added", "msg_1", output("")),
        {"type": "response.output_text.delta", **_PLACE, "delta": "Hi", "logprobs": []},
        {
            "type": "response.output_text.annotation.added",
            **_PLACE,
            "annotation_index": 0,
            "annotation": CITED,
        },
        {"type": "response.output_text.done", **_PLACE, "text": "Hi", "logprobs": []},
        part(0, "done", "msg_1", output("Hi", CITED)),
        done(0, message(output("Hi", CITED))),
        ended(message(output("Hi", CITED))),
    ),
    "logprobs": stream(
        *started(),
        added(
            0, {"type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant", "content": []}
        ),
        part(0, "added", "msg_1", output("")),
        {"type": "response.output_text.delta", **_PLACE, "delta": "Hi", "logprobs": [LOGPROBS]},
        {"type": "response.output_text.done", **_PLACE, "text": "Hi", "logprobs": [LOGPROBS]},
        done(0, message({**output("Hi"), "logprobs": [LOGPROBS]})),
        ended(message({**output("Hi"), "logprobs": [LOGPROBS]})),
    ),
    "custom call": stream(
        *started(),
        added(0, {**CUSTOM, "input": "", "status": "in_progress"}),
        {
            "type": "response.custom_tool_call_input.delta",
            "item_id": "ctc_1",
            "output_index": 0,
            "delta": "SELECT 1",
        },
        {
            "type": "response.custom_tool_call_input.done",
            "item_id": "ctc_1",
            "output_index": 0,
            "input": "SELECT 1",
        },
        done(0, CUSTOM),
        ended(CUSTOM),
    ),
    "failed": stream(
        *started(),
        *wrote(0, "Hel"),
        ended(status="failed", error={"code": "server_error", "message": "It broke."}, usage=None),
    ),
    "error": stream(
        *started(),
        {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None},
    ),
    "cut off": stream(*started(), *wrote(0, "Hel")[:3]),
}
