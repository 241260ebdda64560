import msgspec
import pytest

from wye.core.usage import Usage
from wye.protocols.anthropic.usage import WireUsage, to_usage
from wye.protocols.chat import answer, stream
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.openai.stream import ChatRelay
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.relay import ResponsesRelay
from wye.protocols.wire.service import with_service


@pytest.mark.parametrize(
    ("told", "service"),
    [
        (None, ""),
        ("default", ""),
        ("standard", ""),
        ("auto", ""),
        ("on_demand", ""),
        ("flex", "flex"),
        ("priority", "priority"),
        ("batch", "batch"),
        (7, "other"),
        ({"a": 1}, "other"),
        ("x" * 33, "other"),
        ("Ünknown", "other"),
    ],
)
def test_only_what_is_not_standard_is_told(told: object, service: str) -> None:
    assert with_service(Usage(1, 2), told) == Usage(1, 2, service=service)
    assert with_service(None, told) is None


CHAT = {"prompt_tokens": 3, "completion_tokens": 1}
RESPONSES = {"input_tokens": 3, "output_tokens": 1}
FLEX = Usage(3, 1, service="flex")


def _event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def test_chat_answers_tell_it_whole_and_streamed() -> None:
    body = msgspec.json.encode({"choices": [], "usage": CHAT, "service_tier": "flex"})
    assert OpenAIChat().usage(body) == FLEX
    relay = ChatRelay(drop_usage=False)
    relay.feed(_event({"choices": [], "usage": CHAT, "service_tier": "flex"}))
    assert relay.usage == FLEX


def test_translated_chat_answers_tell_it_and_keep_the_word() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
    told = {"id": "x", "model": "m", "choices": [choice], "usage": CHAT, "service_tier": "flex"}
    read = answer.read(msgspec.json.encode(told))
    assert read.usage == FLEX
    assert read.extras["service_tier"] == "flex"
    assert stream.read_usage(CHAT) == Usage(3, 1)


def test_responses_tell_it_whole_and_streamed() -> None:
    response = {"output": [], "usage": RESPONSES, "service_tier": "flex"}
    assert OpenAIResponses().usage(msgspec.json.encode(response)) == FLEX
    relay = ResponsesRelay()
    relay.feed(_event({"type": "response.completed", "response": response}))
    assert relay.usage == FLEX


def test_anthropic_tells_it_in_the_usage() -> None:
    assert to_usage(WireUsage(3, 1, service_tier="batch")) == Usage(3, 1, service="batch")
    assert to_usage(WireUsage(3, 1, service_tier="standard")) == Usage(3, 1)
