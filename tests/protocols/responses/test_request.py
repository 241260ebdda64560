import json
from typing import Any

import pytest
from hypothesis import example, given

from protocols.responses.drawn import REQUEST
from protocols.responses.wire import CODEX, ENCRYPTED, GRAMMAR, PATCH, SCHEMA, SERVER_ITEMS
from wye.core.chat import (
    Audio,
    CacheMark,
    Chat,
    Citation,
    Document,
    Format,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    Sampling,
    ServerTool,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.core.errors import BadRequestError
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.seal import behind, seal
from wye.protocols.translate import Wire

DIALECT = OpenAIResponsesDialect()
NAME = DIALECT.name
WIRE = Wire(model="up")


def read(**fields: Any) -> Chat:
    return DIALECT.read_request(json.dumps({"model": "m", "input": "hi"} | fields).encode())


def read_items(*items: dict[str, Any]) -> tuple[Message, ...]:
    return read(input=list(items)).messages


def write(chat: Chat, wire: Wire = WIRE) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(DIALECT.write_request(chat, wire))
    return written


def asked(*messages: Message, **fields: Any) -> Chat:
    """A request of a client of another protocol."""
    return Chat(model="m", messages=messages, protocol="openai_chat", **fields)


def user(*parts: Part) -> Message:
    return Message(role=Role.USER, parts=parts)


def assistant(*parts: Part) -> Message:
    return Message(role=Role.ASSISTANT, parts=parts)


def test_a_turn_of_codex() -> None:
    chat = read(**CODEX)
    assert [part.text for part in chat.system if isinstance(part, Text)] == [
        "You are a coding agent.",
        "<permissions/>",
    ]
    environment, look, did, returned = chat.messages
    assert environment == user(Text(text="<environment/>"))
    assert look == user(
        Text(text="Look at this."),
        Image(source=Source(kind="data", value="AAAA", media_type="image/png"), detail="high"),
    )
    assert did == assistant(
        Reasoning(id="rs_1", summary=("**Look**", "Then"), encrypted=ENCRYPTED, origin=NAME),
        Text(text="I look.", extras={"item": {"id": "msg_1", "phase": "commentary"}}),
        ToolCall(id="call_1", name="shell", arguments='{"command":["ls"]}', extras={"item": {"id": "fc_1"}}),
        ToolCall(id="call_2", name="apply_patch", arguments=PATCH, custom=True),
    )
    assert returned == user(
        ToolResult(call_id="call_1", parts=(Text(text="a\nb"),)),
        ToolResult(call_id="call_2", parts=(Text(text="Done."),)),
    )
    assert chat.tools == (
        Tool(name="shell", description="Run it.", schema=SCHEMA, strict=False),
        Tool(name="apply_patch", description="Patch.", custom=True, grammar=GRAMMAR),
        ServerTool(protocol=NAME, kind="local_shell", value={"type": "local_shell"}),
        ServerTool(
            protocol=NAME, kind="web_search", value={"type": "web_search", "external_web_access": False}
        ),
    )
    assert chat.tool_choice == ToolChoice(mode="auto", parallel=True)
    assert chat.thinking == Thinking(effort="medium", show=True, extras={"summary": "auto"})
    assert chat.stream
    assert chat.extras == {
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
        "text": {"verbosity": "low"},
    }


def test_a_turn_of_codex_comes_back_as_it_was() -> None:
    written = write(read(**CODEX), Wire(model="gpt-5-codex"))
    expected = json.loads(json.dumps(CODEX))
    for item in expected["input"][:2]:  # a single text is said as text
        item["content"] = item["content"][0]["text"]
    assert written == expected


def test_items_that_only_this_protocol_has_stay_in_their_place() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    items = [{"type": "message", "role": "user", "content": "hi"}, call, *SERVER_ITEMS, call]
    chat = read(input=items)
    opaque = [part for message in chat.messages for part in message.parts if isinstance(part, Opaque)]
    assert [part.value for part in opaque] == SERVER_ITEMS
    assert [part.kind for part in opaque][-2:] == ["item_reference", "item_reference"]
    assert write(chat)["input"] == items


@pytest.mark.parametrize(
    "items",
    [
        [
            {"type": "message", "role": "assistant", "content": "a"},
            {"type": "message", "role": "assistant", "content": "b"},
        ],
        [
            {
                "type": "message",
                "role": "assistant",
                "id": "msg_1",
                "status": "incomplete",
                "content": [
                    {"type": "output_text", "text": "a", "annotations": []},
                    {"type": "refusal", "refusal": "no"},
                ],
            }
        ],
        [
            {"type": "message", "role": "system", "content": "a", "id": "msg_1"},
            {
                "type": "message",
                "role": "developer",
                "content": [{"type": "input_text", "text": "b"}, {"type": "input_text", "text": "c"}],
            },
            {"type": "message", "role": "user", "content": "hi", "id": "msg_2", "odd": 1},
            {"type": "message", "role": "developer", "content": "later"},
        ],
        [
            {
                "type": "function_call_output",
                "id": "fco_1",
                "call_id": "c",
                "output": [
                    {"type": "input_text", "text": "a"},
                    {"type": "input_file", "file_url": "https://x/y.pdf"},
                ],
            },
            {"type": "function_call_output", "call_id": "d", "output": "", "name": "f"},
        ],
        [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {
                "type": "reasoning",
                "id": "rs_2",
                "summary": [],
                "content": [{"type": "reasoning_text", "text": "Hm."}],
            },
            {
                "type": "reasoning",
                "id": "rs_3",
                "summary": [],
                "content": [{"type": "reasoning_text", "text": "a"}, {"type": "reasoning_text", "text": "b"}],
            },
        ],
        [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}},
                    {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3", "odd": 1}},
                    {"type": "input_image", "file_id": "file_1", "detail": "auto"},
                    {"type": "input_file", "file_data": "data:text/plain;base64,AA", "filename": "a.txt"},
                    {"type": "input_file", "file_id": "file_2", "odd": True},
                    {"type": "input_hologram", "data": "AA"},
                ],
            }
        ],
    ],
)
def test_any_item_comes_back_as_it_was(items: list[dict[str, Any]]) -> None:
    assert write(read(input=items))["input"] == items


def test_what_is_said_to_a_model_has_a_place() -> None:
    (message,) = read_items(
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
                {"type": "input_file", "file_data": "data:application/pdf;base64,AA", "filename": "a.pdf"},
                {"type": "input_file", "file_url": "https://x/y.pdf"},
            ],
        }
    )
    assert message.parts == (
        Text(text="x", cache=CacheMark()),
        Audio(source=Source(kind="data", value="AA", media_type="audio/mp3")),
        Document(source=Source(kind="data", value="AA", media_type="application/pdf"), title="a.pdf"),
        Document(source=Source(kind="url", value="https://x/y.pdf")),
    )


def test_annotations_of_earlier_answers() -> None:
    web = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 4}
    file = {"type": "file_citation", "file_id": "f", "filename": "n", "index": 3}
    said = {"type": "output_text", "text": "Hi!!", "annotations": [web, file]}
    item = {"type": "message", "role": "assistant", "content": [said]}
    (message,) = read_items(item)
    (text,) = message.parts
    assert isinstance(text, Text)
    assert text.citations == (
        Citation(url="u", title="t", start=0, end=4),
        Citation(title="n", extras={"type": "file_citation", "file_id": "f", "index": 3}),
    )
    assert write(read(input=[item]))["input"] == [item]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"parallel_tool_calls": False}, ToolChoice(parallel=False)),
        ({"tool_choice": "required"}, ToolChoice(mode="required")),
        ({"tool_choice": {"type": "function", "name": "f"}}, ToolChoice(mode="tool", name="f")),
        ({"tool_choice": {"type": "custom", "name": "f"}}, ToolChoice(mode="tool", name="f")),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "auto",
                    "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}],
                }
            },
            ToolChoice(allowed=("f", "g")),
        ),
        ({"tool_choice": {"type": "web_search"}}, None),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "auto",
                    "tools": [{"type": "web_search"}],
                }
            },
            None,
        ),
    ],
)
def test_tool_choice(fields: dict[str, Any], expected: ToolChoice | None) -> None:
    tools = [{"type": "function", "name": "f", "parameters": None}, {"type": "custom", "name": "g"}]
    chat = read(tools=tools, **fields)
    assert chat.tool_choice == expected
    written = write(chat)
    default = {"tool_choice": "auto"} if expected else {}
    told = fields.get("tool_choice")
    if told == {"type": "custom", "name": "f"}:
        fields = {"tool_choice": {"type": "function", "name": "f"}}  # as it was declared
    assert {key: written[key] for key in written.keys() & {"tool_choice", "parallel_tool_calls"}} == (
        default | fields
    )


@pytest.mark.parametrize(
    ("text", "expected", "left"),
    [
        ({"format": {"type": "text"}}, Format(), {}),
        ({"format": {"type": "json_object"}, "verbosity": "low"}, Format(kind="json"), {"verbosity": "low"}),
        (
            {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}},
            Format(kind="schema", name="a", schema=SCHEMA, strict=True),
            {},
        ),
        ({"format": {"type": "grammar", "x": 1}}, None, {"format": {"type": "grammar", "x": 1}}),
    ],
)
def test_format(text: dict[str, Any], expected: Format | None, left: dict[str, Any]) -> None:
    chat = read(text=text)
    assert chat.format == expected
    assert chat.extras.get("text", {}) == left
    assert write(chat)["text"] == text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"temperature": 0.5, "top_p": 0.9}, Sampling(temperature=0.5, top_p=0.9)),
        ({"include": ["message.output_text.logprobs"]}, Sampling(logprobs=True)),
        (
            {"include": ["message.output_text.logprobs"], "top_logprobs": 3},
            Sampling(logprobs=True, top_logprobs=3),
        ),
    ],
)
def test_sampling(fields: dict[str, Any], expected: Sampling) -> None:
    chat = read(**fields)
    assert chat.sampling == expected
    assert fields.items() <= write(chat).items()


def test_members_that_others_do_not_have_come_back() -> None:
    fields = {
        "store": True,
        "previous_response_id": "resp_1",
        "metadata": {"a": "b"},
        "truncation": "auto",
        "background": False,
        "include": ["web_search_call.action.sources"],
        "user": "u",
        "max_output_tokens": 50,
    }
    chat = read(**fields)
    assert (chat.user, chat.max_output_tokens) == ("u", 50)
    assert write(chat) == fields | {
        "model": "up",
        "input": [{"type": "message", "role": "user", "content": "hi"}],
    }


def test_a_request_may_go_on_without_input() -> None:
    chat = DIALECT.read_request(b'{"model": "m", "previous_response_id": "resp_1"}')
    assert chat.messages == ()
    assert chat.extras == {"previous_response_id": "resp_1"}


def test_thoughts_and_signatures_sealed_for_the_client_come_out_as_they_were() -> None:
    thought = Reasoning(text="Hm.", signature="sig", origin="anthropic_messages")
    call = ToolCall(id="c", name="f", arguments="{}", signature="gem")
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal(thought)},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": seal(behind(call))},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    (turn,) = read_items(*items)
    assert turn == assistant(thought, call)
    assert write(read(input=items))["input"] == items[2:], "nobody here could open them"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": 1}, "input"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": [1]}, "input[0]"),
        ({"input": [{}]}, "input[0].type"),
        ({"input": [{"role": "wizard", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0]"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "input[0].content[0].input_audio",
        ),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"instructions": 1}, "instructions"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"tools": [{"name": "f"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}}, "tool_choice.tools"),
        ({"text": {"format": {}}}, "text.format.type"),
        ({"reasoning": "much"}, "reasoning"),
        ({"include": [1]}, "include"),
    ],
)
def test_wrong_types_are_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**fields)
    assert caught.value.param == param


def test_another_protocols_conversation() -> None:
    chat = asked(
        user(Text(text="Weather?"), Image(source=Source(kind="url", value="https://x/y.png"))),
        assistant(
            Reasoning(text="Hm.", signature="s", origin="anthropic_messages"),
            Text(text="I look."),
            ToolCall(id="c1", name="weather", arguments='{"city":"Paris"}'),
            ToolCall(id="c2", name="sql", arguments="SELECT", custom=True),
        ),
        user(
            ToolResult(call_id="c1", parts=(Text(text="sunny"),), is_error=True),
            ToolResult(call_id="c2", parts=()),
            Text(text="And?"),
        ),
        system=(Text(text="Be brief."),),
        tools=(Tool(name="weather", schema=SCHEMA), Tool(name="sql", custom=True, grammar=GRAMMAR)),
        tool_choice=ToolChoice(mode="tool", name="sql"),
        max_output_tokens=100,
        stream=True,
        user="u",
        extras={"odd": 1},
    )
    assert write(chat) == {
        "model": "up",
        "instructions": "Be brief.",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Weather?"},
                    {"type": "input_image", "image_url": "https://x/y.png", "detail": "auto"},
                ],
            },
            {"type": "message", "role": "assistant", "content": "I look."},
            {
                "type": "function_call",
                "call_id": "c1",
                "name": "weather",
                "arguments": '{"city":"Paris"}',
            },
            {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "SELECT"},
            {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": ""},
            {"type": "message", "role": "user", "content": "And?"},
        ],
        "tools": [
            {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False},
            {"type": "custom", "name": "sql", "format": GRAMMAR},
        ],
        "tool_choice": {"type": "custom", "name": "sql"},
        "max_output_tokens": 100,
        "stream": True,
        "store": False,
        "user": "u",
    }


def test_several_instructions_become_a_message_ahead() -> None:
    chat = asked(user(Text(text="hi")), system=(Text(text="a", cache=CacheMark()), Text(text="b")))
    ahead, _ = write(chat)["input"]
    assert ahead["role"] == "developer"
    assert [part["text"] for part in ahead["content"]] == ["a", "b"]
    assert "instructions" not in write(chat)
    back = DIALECT.read_request(DIALECT.write_request(chat, WIRE))
    assert [part.text for part in back.system if isinstance(part, Text)] == ["a", "b"]


def test_own_thoughts_come_back_through_another_protocol() -> None:
    thought = Reasoning(id="rs_1", summary=("Hm.",), encrypted=ENCRYPTED, origin=NAME)
    lost = Reasoning(id="rs_2", summary=("Hm.",), origin=NAME)
    chat = asked(assistant(thought, lost, Refusal(text="No.")), user(Text(text="Why?")))
    assert write(chat)["input"][:2] == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": ENCRYPTED,
        },
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]


@pytest.mark.parametrize(
    ("thinking", "wire", "told", "included"),
    [
        (None, WIRE, None, None),
        (None, Wire(model="up", encrypted_reasoning=True), None, ["reasoning.encrypted_content"]),
        (Thinking(effort="high"), WIRE, {"effort": "high"}, ["reasoning.encrypted_content"]),
        (
            Thinking(enabled=True, budget_tokens=4096, show=True),
            WIRE,
            {"effort": "low", "summary": "auto"},
            ["reasoning.encrypted_content"],
        ),
        (Thinking(effort="none", enabled=False), WIRE, {"effort": "none"}, None),
        (Thinking(enabled=False), WIRE, None, None),
    ],
)
def test_thoughts_are_asked_for_where_there_are_any(
    thinking: Thinking | None, wire: Wire, told: object, included: object
) -> None:
    written = write(asked(user(Text(text="hi")), thinking=thinking), wire)
    assert written.get("reasoning") == told
    assert written.get("include") == included


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (
            Document(source=Source(kind="data", value="AA", media_type="application/pdf")),
            {
                "type": "input_file",
                "file_data": "data:application/pdf;base64,AA",
                "filename": "document.pdf",
            },
        ),
        (
            Document(source=Source(kind="data", value="AA", media_type="text/csv"), title="t.csv"),
            {"type": "input_file", "file_data": "data:text/csv;base64,AA", "filename": "t.csv"},
        ),
        (
            Document(source=Source(kind="text", value="abc"), title="T"),
            {"type": "input_text", "text": "T\n\nabc"},
        ),
        (
            Audio(source=Source(kind="data", value="AA", media_type="audio/wav")),
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        ),
    ],
)
def test_documents_and_sound_of_another_protocol(part: Part, written: dict[str, Any]) -> None:
    assert write(asked(user(part)))["input"][0]["content"] == [written]
    result = ToolResult(call_id="c", parts=(part,))  # type: ignore[arg-type]  # those that are here may stand there
    assert write(asked(user(result)))["input"][0]["output"] == [written]


def test_a_choice_without_tools_is_left_out() -> None:
    assert "tool_choice" not in write(asked(user(Text(text="hi")), tool_choice=ToolChoice(mode="none")))


def meaning(value: Any) -> Any:
    """Return JSON in which two spellings of one meaning are equal."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {key: meaning(one) for key, one in value.items()}
    for name in ("content", "output"):
        if isinstance(told.get(name), str):
            told[name] = [{"type": "input_text", "text": told[name]}]
    if told.get("role") == "assistant":
        told["content"] = [{"annotations": []} | one | {"type": one["type"][-4:]} for one in told["content"]]
    return told


def request_meaning(body: dict[str, Any]) -> Any:
    """As `meaning`: a text as input is a message; what is asked for about tokens is asked for once."""
    told = meaning(body)
    if isinstance(told["input"], str):
        said = [{"type": "input_text", "text": told["input"]}]
        told["input"] = [{"type": "message", "role": "user", "content": said}]
    custom = {one["call_id"] for one in told["input"] if one.get("type") == "custom_tool_call"}
    for one in told["input"]:
        if one.get("type") == "function_call_output" and one["call_id"] in custom:
            one["type"] = "custom_tool_call_output"  # a result is of its call's kind
    included = {
        *told.pop("include", ()),
        *(["message.output_text.logprobs"] if "top_logprobs" in told else ()),
    }
    if "parallel_tool_calls" in told and not isinstance(told.get("tool_choice"), dict):
        told.setdefault("tool_choice", "auto")
    kept = {key: one for key, one in told.items() if one != {}}
    return kept | {"included": included}


def asked_in(*items: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "input": list(items)}


STRANGE = {"type": "input_hologram", "data": []}
TEXT = {"type": "input_text", "text": "a"}


@given(REQUEST)
@example(
    asked_in({"type": "message", "role": "user", "content": [STRANGE]}, {"type": "item_reference", "id": "0"})
)
@example(
    asked_in({"type": "message", "role": "system", "content": [TEXT, TEXT]}) | {"instructions": "Be brief."}
)
def test_any_request_means_the_same(body: dict[str, Any]) -> None:
    chat = DIALECT.read_request(json.dumps(body).encode())
    written = write(chat, Wire(model="m"))
    assert request_meaning(written) == request_meaning(body)
    assert DIALECT.read_request(json.dumps(written).encode()) == chat


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt"])
def test_what_is_kept_elsewhere_may_be_all_the_input(name: str) -> None:
    value: Any = {"id": "pmpt_1"} if name == "prompt" else "one_1"
    assert read(input=None, **{name: value}).messages == ()
