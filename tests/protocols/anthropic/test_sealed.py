"""What wye sealed for a client does not reach Anthropic; everything else does, to the byte."""

import json
from typing import Any

from wye.core.answer import Answer, Choice
from wye.core.chat import Citation, Finish, Part, Reasoning, Text
from wye.core.fold import fold
from wye.core.stream import Begin, Close, End, Event, Finished, Open
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.anthropic.parts import write_citation
from wye.protocols.anthropic.sealed import unsealed
from wye.protocols.codec import Edits
from wye.protocols.lossiness.losses import unsealed_losses
from wye.protocols.seal import CITED, UNSIGNED, seal

THOUGHT = Reasoning(text="Hm.", encrypted="gAAA", origin="openai_responses")
SEALED = {"type": "thinking", "thinking": "Hm.", "signature": seal(THOUGHT)}
MARKED = {"type": "thinking", "thinking": "Hm.", "signature": UNSIGNED}
OWN = {"type": "thinking", "thinking": "So.", "signature": "EoIC"}
SAID = {"type": "text", "text": "é 4"}


def body(*content: Any) -> bytes:
    turns = [{"role": "user", "content": "Hi"}, *({"role": "assistant", "content": one} for one in content)]
    return json.dumps({"model": "m", "max_tokens": 9, "messages": turns}).encode()


def test_only_sealed_thoughts_are_taken_out() -> None:
    opened = json.loads(unsealed(body([SEALED, MARKED, OWN, SAID], "d3llLTE6 is no thought")))
    assert opened == json.loads(body([OWN, SAID], "d3llLTE6 is no thought"))


def test_a_message_that_held_nothing_else_goes_too() -> None:
    assert json.loads(unsealed(body([SEALED]))) == json.loads(body())


def test_citations_of_others_are_taken_out() -> None:
    """Anthropic refuses a citation without the secret it gave out with it."""
    foreign = write_citation(Citation(url="https://a.example", title="A"))
    own = foreign | {"encrypted_index": "Eo8B"}
    said, both = SAID | {"citations": [foreign]}, SAID | {"citations": [own, foreign]}
    plain, kept = SAID | {"citations": None}, SAID | {"citations": [own]}
    assert json.loads(unsealed(body([said, both]))) == json.loads(body([plain, kept]))
    text = {"type": "text", "text": CITED}
    assert json.loads(unsealed(body([text]))) == json.loads(body([text]))
    chat = AnthropicMessages().read_request(body([said]))
    assert unsealed_losses(chat, "anthropic_messages", body([said])).annotate == ("citations",)


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


def test_a_thought_that_nobody_signed_is_known_again() -> None:
    """Anthropic refuses a signature that is empty, and who answered it before may be gone from the route."""
    dialect = AnthropicMessages()
    thought, said = Reasoning(text="Hm.", origin="openai_chat"), Text(text="4")
    parts: tuple[Part, ...] = (thought, said)
    events: list[Event] = [Begin(id="a", model="m", protocol="openai_chat"), Open(index=0, part=thought)]
    events += [Close(index=0), Open(index=1, part=said), Close(index=1), Finished(finish=Finish.STOP), End()]
    writer, reader = dialect.writer(want_usage=True), dialect.reader()
    streamed = fold(reader.feed(b"".join(map(writer.write, events))))
    for answer in (streamed, Answer(id="a", model="m", choices=(Choice(parts=parts),), protocol="other")):
        told = json.loads(dialect.write_answer(answer))["content"]
        assert told == [MARKED, {"type": "text", "text": "4"}]
        (_, came) = dialect.read_request(body(told)).messages
        assert came.parts == (Reasoning(text="Hm."), said)
        assert json.loads(unsealed(body(told))) == json.loads(body(told[1:]))
