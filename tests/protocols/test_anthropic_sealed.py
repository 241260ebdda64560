"""What wye sealed for a client does not reach Anthropic; everything else does, to the byte."""

import json
from typing import Any

from wye.core.chat import Reasoning
from wye.protocols.anthropic_messages import AnthropicMessages
from wye.protocols.anthropic_sealed import unsealed
from wye.protocols.codec import Edits
from wye.protocols.seal import seal

THOUGHT = Reasoning(text="Hm.", encrypted="gAAA", origin="openai_responses")
SEALED = {"type": "thinking", "thinking": "Hm.", "signature": seal(THOUGHT)}
OWN = {"type": "thinking", "thinking": "So.", "signature": "EoIC"}
SAID = {"type": "text", "text": "é 4"}


def body(*content: Any) -> bytes:
    turns = [{"role": "user", "content": "Hi"}, *({"role": "assistant", "content": one} for one in content)]
    return json.dumps({"model": "m", "max_tokens": 9, "messages": turns}).encode()


def test_only_sealed_thoughts_are_taken_out() -> None:
    opened = json.loads(unsealed(body([SEALED, OWN, SAID], "d3llLTE6 is no thought")))
    assert opened == json.loads(body([OWN, SAID], "d3llLTE6 is no thought"))


def test_a_message_that_held_nothing_else_goes_too() -> None:
    assert json.loads(unsealed(body([SEALED]))) == json.loads(body())


def test_all_else_stays_as_it_is() -> None:
    whole = b' {"messages" : [ {"role":"user" ,"content":"x"} ], "model":"m","max_tokens":9}'
    assert unsealed(whole) is whole
    talked = body([{"type": "text", "text": seal(THOUGHT)}])
    assert json.loads(unsealed(talked)) == json.loads(talked)


def test_the_codec_sends_it_so() -> None:
    codec = AnthropicMessages()
    sent = json.loads(codec.splice(codec.decode(body([SEALED, SAID])), Edits(model="claude")))
    assert sent == json.loads(body([SAID])) | {"model": "claude"}
    same = codec.decode(body([SAID]))
    assert codec.splice(same, Edits(model="m")) is same.body
