import json
from typing import Any

import pytest

from protocols.responses.sdk_types import check_answer
from protocols.responses.wire import CODEX, ENCRYPTED
from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Citation,
    Finish,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    ToolCall,
)
from wye.core.usage import Usage
from wye.protocols.responses.dialect import OpenAIResponsesDialect, mint
from wye.protocols.seal import unseal

NAME = "openai_responses"
DIALECT = OpenAIResponsesDialect(clock=lambda: 1700000000.9)
LOGPROB = {"token": "Hé", "logprob": -0.5, "bytes": None, "top_logprobs": []}


def written(*parts: Part, dialect: OpenAIResponsesDialect = DIALECT, **fields: Any) -> dict[str, Any]:
    """Write an answer of an upstream of another protocol; the SDK's type accepts it."""
    choice = {key: fields.pop(key) for key in ("finish", "native_finish", "logprobs") if key in fields}
    answer = Answer(
        **({"id": "chatcmpl-1", "model": "m", "protocol": "openai_chat"} | fields),
        choices=(Choice(parts=parts, **choice),),
    )
    return check_answer(dialect.write_answer(answer))


def read(**fields: Any) -> Answer:
    body = {"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": []}
    return DIALECT.read_answer(json.dumps(body | fields).encode())


def message(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "id": "msg_1", "content": list(content)} | fields


def said(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []} | fields


def test_an_answer_of_another_protocol() -> None:
    answer = written(
        Reasoning(text="Hm."),
        Text(text="Hello."),
        ToolCall(id="c1", name="f", arguments="{}"),
        ToolCall(id="c2", name="patch", arguments="+a", custom=True),
        finish=Finish.TOOL_CALLS,
        usage=Usage(100, 20, 40, 10, 5),
        extras={"theirs": 1},
    )
    assert (answer["status"], answer["store"], answer["error"]) == ("completed", False, None)
    assert (answer["created_at"], answer["completed_at"]) == (1700000000, 1700000000)
    assert answer["id"].startswith("resp_")
    assert "theirs" not in answer
    thought, told, call, custom = answer["output"]
    assert [item["id"][:4] for item in answer["output"]] == [
        "rs_" + thought["id"][3],
        "msg_",
        "fc_" + call["id"][3],
        "ctc_",
    ]
    assert thought["summary"] == []
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hm."}]
    assert unseal(thought["encrypted_content"]) == Reasoning(text="Hm.")
    assert told == message(said("Hello."), id=told["id"], status="completed")
    assert (call["call_id"], call["name"], call["arguments"], call["status"]) == (
        "c1",
        "f",
        "{}",
        "completed",
    )
    assert (custom["type"], custom["call_id"], custom["input"]) == ("custom_tool_call", "c2", "+a")
    assert answer["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }


def test_thoughts_that_another_signed_are_shown_as_a_summary_and_carried() -> None:
    thought = Reasoning(text="Two cities.", signature="sig", origin="anthropic_messages")
    redacted = Reasoning(encrypted="xyz", origin="anthropic_messages")
    shown, hidden = written(thought, redacted, Reasoning())["output"]
    assert shown["summary"] == [{"type": "summary_text", "text": "Two cities."}]
    assert "content" not in shown
    assert unseal(shown["encrypted_content"]) == thought
    assert hidden["summary"] == []
    assert unseal(hidden["encrypted_content"]) == redacted


def test_the_signature_of_a_call_is_carried_ahead_of_it() -> None:
    carried, call = written(ToolCall(id="c", name="f", arguments="{}", signature="gem"))["output"]
    assert unseal(carried["encrypted_content"]) == Reasoning(signature="gem", id="c", origin="gemini")
    assert call["call_id"] == "c"


def test_what_an_answer_repeats_of_the_request() -> None:
    body = json.dumps(CODEX | {"metadata": {"a": "b"}, "temperature": None}).encode()
    dialect = OpenAIResponsesDialect(body, {"store": True, "previous_response_id": "resp_0"})
    answer = written(Text(text="Hi"), dialect=dialect)
    assert answer["instructions"] == "You are a coding agent."
    assert answer["metadata"] == {"a": "b"}
    assert answer["tools"] == CODEX["tools"]
    assert answer["reasoning"] == {"effort": "medium", "summary": "auto"}
    assert answer["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert (answer["store"], answer["previous_response_id"]) == (True, "resp_0")
    assert "input" not in answer


def test_functions_that_were_asked_for_loosely_are_repeated_in_full() -> None:
    body = b'{"model": "m", "input": "x", "tools": [{"type": "function", "name": "f"}]}'
    answer = written(Text(text="Hi"), dialect=OpenAIResponsesDialect(body))
    assert answer["tools"] == [{"type": "function", "name": "f", "parameters": None, "strict": True}]
    odd = OpenAIResponsesDialect(b'{"model": "m", "input": "x", "tools": 1}')
    assert written(Text(text="Hi"), dialect=odd)["tools"] == []


@pytest.mark.parametrize(
    ("finish", "parts", "status", "reason"),
    [
        (Finish.STOP, (Text(text="a"),), "completed", None),
        (Finish.STOP_SEQUENCE, (Text(text="a"),), "completed", None),
        (Finish.TOOL_CALLS, (ToolCall(id="c", name="f", arguments=""),), "completed", None),
        (Finish.LENGTH, (Text(text="a"),), "incomplete", "max_output_tokens"),
        (Finish.CONTENT_FILTER, (), "incomplete", "content_filter"),
        (Finish.REFUSAL, (Text(text="a"),), "incomplete", "content_filter"),
        (Finish.REFUSAL, (Refusal(text="No."),), "completed", None),
        (Finish.PAUSE, (Text(text="a"),), "completed", None),
        (Finish.OTHER, (), "completed", None),
    ],
)
def test_why_it_ended(finish: Finish, parts: tuple[Part, ...], status: str, reason: str | None) -> None:
    answer = written(*parts, finish=finish)
    assert answer["status"] == status
    assert (answer["incomplete_details"] or {}).get("reason") == reason
    if parts:
        assert answer["output"][-1]["status"] == status
    assert ("completed_at" in answer) == (status == "completed")


def test_citations_and_logprobs() -> None:
    cited = Text(
        text="Hé!",
        citations=(
            Citation(url="https://x", title="T", start=0, end=2),
            Citation(url="https://y"),
            Citation(text="z"),
        ),
    )
    (item,) = written(cited, Text(text="More."), logprobs={"content": [LOGPROB]})["output"]
    first, second = item["content"]
    assert first["annotations"] == [
        {"type": "url_citation", "url": "https://x", "title": "T", "start_index": 0, "end_index": 2},
        {"type": "url_citation", "url": "https://y", "title": "", "start_index": 0, "end_index": 3},
    ]
    assert first["logprobs"] == [LOGPROB | {"bytes": [72, 195, 169]}]
    assert second["logprobs"] == []


def test_a_picture_is_a_generated_image() -> None:
    picture = Image(source=Source(kind="data", value="AAAA", media_type="image/png"))
    (item,) = written(picture, Opaque(protocol="gemini", kind="x"))["output"]
    assert (item["type"], item["result"]) == ("image_generation_call", "AAAA")


def test_ids_cannot_be_guessed() -> None:
    ids = {mint("resp_") for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("resp_") and len(one) == 5 + 48 for one in ids)


def test_what_an_upstream_answers_is_read() -> None:
    web = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    answer = read(
        created_at=5.0,
        usage={"input_tokens": 3, "output_tokens": 2},
        service_tier="default",
        output=[
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "a"}],
                "encrypted_content": ENCRYPTED,
            },
            web,
            message(said("Hi.", logprobs=[{"token": "Hi.", "logprob": 0.0}]), phase="final_answer"),
            message({"type": "refusal", "refusal": "No."}, id="msg_2"),
        ],
    )
    assert (answer.id, answer.created, answer.usage) == ("resp_1", 5, Usage(3, 2))
    assert answer.extras == {"service_tier": "default"}
    choice = answer.choices[0]
    assert choice.parts == (
        Reasoning(id="rs_1", summary=("a",), encrypted=ENCRYPTED, origin=NAME),
        Opaque(protocol=NAME, kind="web_search_call", value=web),
        Text(text="Hi.", extras={"item": {"id": "msg_1", "phase": "final_answer"}}),
        Refusal(text="No.", extras={"item": {"id": "msg_2"}}),
    )
    assert choice.finish is Finish.REFUSAL
    assert choice.logprobs == {"content": [{"token": "Hi.", "logprob": 0.0}]}
    again = json.loads(DIALECT.write_answer(answer))
    assert [item.get("id") for item in again["output"]] == ["rs_1", "ws_1", "msg_1", "msg_2"]
    assert again["output"][0]["encrypted_content"] == ENCRYPTED
    assert again["output"][2]["phase"] == "final_answer"
    assert again["id"] == "resp_1"


@pytest.mark.parametrize(
    ("fields", "finish", "native"),
    [
        ({}, Finish.STOP, ""),
        (
            {"output": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}]},
            Finish.TOOL_CALLS,
            "",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            Finish.LENGTH,
            "",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            Finish.CONTENT_FILTER,
            "",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "boredom"}}, Finish.OTHER, "boredom"),
        ({"status": "queued"}, Finish.OTHER, "queued"),
    ],
)
def test_why_an_upstream_ended(fields: dict[str, Any], finish: Finish, native: str) -> None:
    answer = read(**fields)
    assert (answer.choices[0].finish, answer.choices[0].native_finish) == (finish, native)


def test_an_answer_in_the_making_stays_one() -> None:
    assert json.loads(DIALECT.write_answer(read(status="queued")))["status"] == "queued"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "truncated"),
        (b"[]", "must be an object"),
        (b"{}", "`output` is required"),
        (b'{"output": [1]}', "must be an object"),
        (b'{"output": [{"type": "message", "content": "x"}]}', "content"),
        (b'{"output": [' + b"[" * 100_000 + b"]}", "nested too deeply"),
        (
            b'{"status": "failed", "error": {"code": "server_error", "message": "Overloaded"}, "output": []}',
            "Overloaded",
        ),
        (b'{"status": "failed", "output": []}', "failed"),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DIALECT.read_answer(body)
