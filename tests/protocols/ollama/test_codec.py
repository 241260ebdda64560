import json

import pytest

from wye.core.answer import Answer, Choice
from wye.core.chat import Finish, Reasoning, Text
from wye.core.errors import BadRequestError, UnknownModelError
from wye.core.request import Needs, Request
from wye.core.stream import Close, Delta, End, Open
from wye.protocols.ollama.codec import Ollama, OllamaDialect, OllamaGenerate

CODEC = Ollama()
HI = {"role": "user", "content": "hi"}


def decoded(**members: object) -> Request:
    return CODEC.decode(json.dumps({"model": "m", "messages": [HI], **members}).encode())


def test_what_deciding_needs_to_know() -> None:
    plain = decoded()
    assert (plain.model, plain.model_at, plain.stream, plain.wants_usage) == ("m", (0, 0), True, True)
    assert (plain.needs, plain.unbounded, plain.max_output_tokens) == (Needs(), False, None)
    assert decoded(options={"num_predict": 9}).max_output_tokens == 9
    assert decoded(tools=[{"type": "function"}]).needs == Needs(tools=True)
    assert decoded(format="json").needs == decoded(format={"type": "object"}).needs == Needs(json=True)
    assert decoded(format="").needs == Needs()
    pictured = decoded(messages=[HI | {"images": ["aGk="]}])
    assert (pictured.needs, pictured.unbounded) == (Needs(vision=True), True)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"messages":[]}', "model"),
        (b'{"model":"m","stream":1}', "stream"),
        (b'{"model":"m","options":{"num_predict":"x"}}', "options.num_predict"),
        (b'{"model":"%b"}' % (b"m" * 257), "model"),
        (b"[]", None),
        (b"{", None),
    ],
)
def test_bad_requests_name_the_field(body: bytes, param: str | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        CODEC.decode(body)
    assert caught.value.param == param


def test_errors_are_one_line() -> None:
    error = UnknownModelError("There is no model 'm'.")
    assert json.loads(CODEC.error(error, "r")) == {"error": "There is no model 'm'."}
    event = CODEC.error_event(error, "r")
    assert event == CODEC.error(error, "r") + b"\n"
    assert CODEC.mark in event
    assert CODEC.mark not in CODEC.heartbeat


def test_a_heartbeat_is_a_part_of_the_next_line() -> None:
    line = CODEC.heartbeat * 2 + CODEC.error_event(UnknownModelError("There is no model 'm'."), "r")
    (told,) = [json.loads(one) for one in line.splitlines()]
    assert told["error"]


def test_a_prompt_is_a_turn_of_the_users() -> None:
    body = (
        b'{"model": "m", "prompt": "hi", "system": "brief", "images": [], "keep_alive": 5, "stream": false}'
    )
    assert OllamaGenerate().decode(body).protocol == "ollama_generate"
    dialect = OllamaDialect(lambda: 10**18, prompt=True)
    chat = dialect.read_request(body)
    assert (chat.system, chat.messages[0].parts) == ((Text(text="brief"),), (Text(text="hi"),))
    assert chat.extras == {"keep_alive": 5}
    with pytest.raises(BadRequestError, match="`prompt` must not be empty"):
        dialect.read_request(b'{"model": "m"}')


def test_a_prompts_answer_is_a_response() -> None:
    dialect = OllamaDialect(lambda: 10**18, prompt=True)
    choice = Choice(parts=(Reasoning(text="hm"), Text(text="Hello.")), finish=Finish.STOP)
    whole = json.loads(
        dialect.write_answer(Answer(id="a", model="m", choices=(choice,), protocol="openai_chat"))
    )
    assert (whole["response"], whole["thinking"], whole["done"]) == ("Hello.", "hm", True)
    assert "message" not in whole
    writer = dialect.writer(want_usage=True)
    events = (Open(index=0, part=Text(text="")), Delta(index=0, text="Hi"), Close(index=0), End())
    lines = [json.loads(line) for line in b"".join(map(writer.write, events)).splitlines()]
    assert [(line["response"], line["done"]) for line in lines] == [("Hi", False), ("", True)]
