import pytest

from golden.cases import DOWNSTREAM
from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Audio,
    Citation,
    Document,
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
from wye.core.unfold import unfold
from wye.protocols.lossiness.answers import ANSWERS, LOST, Noticing, answer_losses

MARK = "QUJD"
ELSEWHERE = "a protocol of next year"


def source(kind: str) -> Source:
    return Source(kind="data", value=MARK, media_type=kind)


def told(*parts: Part, **fields: object) -> Answer:
    choice = Choice(parts=(*parts, Text(text="x")), **fields)  # type: ignore[arg-type]
    return Answer(id="1", model="m", choices=(choice,), protocol=ELSEWHERE)


TOKEN = {"token": MARK, "logprob": -1.0, "top_logprobs": [], "bytes": None}
HELD = {
    "answer.opaque": told(Opaque(protocol=ELSEWHERE, kind="search", value={"type": MARK})),
    "answer.image": told(Image(source=source("image/png"))),
    "answer.audio": told(Audio(source=source("audio/wav"))),
    "answer.document": told(Document(source=source("application/pdf"))),
    "answer.reasoning": told(Reasoning(text=MARK)),
    "answer.signed_reasoning": told(Reasoning(text=MARK, signature="s", origin=ELSEWHERE)),
    "answer.citations": told(Text(text="a", citations=(Citation(text="a", url=f"https://{MARK}"),))),
    "answer.document_citations": told(Text(text="a", citations=(Citation(text=MARK, title=MARK),))),
    "answer.logprobs": told(logprobs={"content": [TOKEN]}),
    "answer.stop_sequence": told(stop_sequence=MARK, finish=Finish.STOP_SEQUENCE),
    "answer.native_finish": told(native_finish=MARK, finish=Finish.OTHER),
}


def test_every_row_has_an_answer_that_holds_it() -> None:
    assert {row.name for row in ANSWERS} == HELD.keys()


@pytest.mark.parametrize("client", DOWNSTREAM)
@pytest.mark.parametrize("name", HELD)
def test_what_is_not_told_is_named_and_the_rest_is_told(name: str, client: str) -> None:
    answer = HELD[name]
    lost = answer_losses(answer, client)
    assert (name in lost) == (name in LOST[client])
    assert set(lost) <= {name, "answer.reasoning"}
    noticing = Noticing(client, {})
    for event in unfold(answer):
        noticing.see(event)
    assert set(noticing.found) == set(lost)
    if name == "answer.signed_reasoning":
        return  # sealed: not to be found as it was
    dialect = DOWNSTREAM[client]
    assert (MARK.encode() in dialect.write_answer(answer)) != (name in lost)
    writer = dialect.writer(want_usage=True)
    assert (MARK.encode() in b"".join(map(writer.write, unfold(answer)))) != (name in lost)


@pytest.mark.parametrize("client", DOWNSTREAM)
def test_what_everybody_is_told(client: str) -> None:
    assert answer_losses(told(Text(text="a"), Refusal(text="no")), client) == ()
    call = ToolCall(id="c", name="f", arguments="{}")
    assert answer_losses(told(call), client) == ()


def test_its_own_protocol_loses_nothing() -> None:
    own = Answer(id="1", model="m", choices=HELD["answer.opaque"].choices, protocol="openai_chat")
    assert answer_losses(own, "openai_chat") == ()
