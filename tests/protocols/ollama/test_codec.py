import json

import pytest

from wye.core.errors import BadRequestError, UnknownModelError
from wye.core.request import Needs, Request
from wye.protocols.ollama.codec import Ollama

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
