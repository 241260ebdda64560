"""A stream put together is the answer it told."""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ToolResult,
)
from wye.core.fold import FailedError, Folder, fold
from wye.core.stream import (
    Begin,
    Cite,
    Close,
    Delta,
    End,
    Event,
    Fail,
    Finished,
    Open,
    OrderError,
    Ping,
    Sign,
    Used,
)
from wye.core.usage import Usage

BEGIN = Begin(id="1", model="m", created=7, protocol="p", extras={"tier": "x"})
WHOLE: tuple[Part, ...] = (
    Image(source=Source(kind="data", value="AA", media_type="image/png")),
    Document(source=Source(kind="url", value="https://example.org/a.pdf")),
    Audio(source=Source(kind="data", value="AA")),
    Opaque(protocol="p", kind="k", value={"type": "k"}),
    ToolResult(call_id="c", parts=(Text(text="a"),)),
)


def answer_of(*middle: Event) -> Answer:
    return fold([BEGIN, *middle, Close(index=0), Finished(finish=Finish.STOP), End()])


def only_part(*middle: Event) -> Part:
    return answer_of(*middle).choices[0].parts[0]


def test_text_comes_in_pieces() -> None:
    pieces = [Delta(index=0, text="Hel"), Ping(), Delta(index=0, text="lo")]
    assert only_part(Open(index=0, part=Text(text="")), *pieces) == Text(text="Hello")


def test_a_refusal_and_arguments_come_in_pieces() -> None:
    assert only_part(Open(index=0, part=Refusal(text="")), Delta(index=0, text="no")) == Refusal(text="no")
    call = ToolCall(id="c", name="f", arguments="")
    got = only_part(Open(index=0, part=call), Delta(index=0, text='{"a"'), Delta(index=0, text=":1}"))
    assert got == ToolCall(id="c", name="f", arguments='{"a":1}')


def test_thoughts_are_signed_at_the_end() -> None:
    opened = Open(index=0, part=Reasoning(text="", origin="p"))
    got = only_part(
        opened, Delta(index=0, text="so"), Sign(index=0, signature="s"), Sign(index=0, encrypted="e")
    )
    assert got == Reasoning(text="so", signature="s", encrypted="e", origin="p")


def test_a_call_and_a_text_may_be_signed() -> None:
    call = ToolCall(id="c", name="f", arguments="{}")
    assert only_part(Open(index=0, part=call), Sign(index=0, signature="s")) == ToolCall(
        id="c", name="f", arguments="{}", signature="s"
    )
    assert only_part(Open(index=0, part=Text(text="a")), Sign(index=0, signature="s")) == Text(
        text="a", signature="s"
    )


def test_citations_gather() -> None:
    cites = [Cite(index=0, citation=Citation(url=url)) for url in ("a", "b")]
    assert only_part(Open(index=0, part=Text(text="t")), *cites) == Text(
        text="t", citations=(Citation(url="a"), Citation(url="b"))
    )


@pytest.mark.parametrize("part", WHOLE, ids=lambda part: type(part).__name__)
def test_what_does_not_come_in_pieces_comes_whole(part: Part) -> None:
    assert only_part(Open(index=0, part=part)) == part
    for event in (
        Delta(index=0, text="x"),
        Sign(index=0, signature="s"),
        Cite(index=0, citation=Citation()),
    ):
        with pytest.raises(OrderError):
            answer_of(Open(index=0, part=part), event)


def test_the_last_usage_counts_and_extras_stay() -> None:
    events = [
        BEGIN,
        Used(usage=Usage(1, 0)),
        Used(usage=Usage(1, 5)),
        Finished(finish=Finish.LENGTH, native_finish="max", stop_sequence="x", extras={"seed": 1}),
        End(),
    ]
    assert fold(events) == Answer(
        id="1",
        model="m",
        created=7,
        protocol="p",
        extras={"tier": "x"},
        usage=Usage(1, 5),
        choices=(
            Choice(
                parts=(), finish=Finish.LENGTH, native_finish="max", stop_sequence="x", extras={"seed": 1}
            ),
        ),
    )


def test_logprobs_of_all_pieces_are_joined() -> None:
    first = Delta(index=0, text="a", logprobs={"content": [1], "refusal": None})
    second = Delta(index=0, text="b", logprobs={"content": [2], "refusal": [3]})
    got = answer_of(Open(index=0, part=Text(text="")), first, second)
    assert got.choices[0].logprobs == {"content": [1, 2], "refusal": [3]}


def test_choices_are_kept_apart() -> None:
    events: list[Event] = [BEGIN]
    events += [Open(index=0, part=Text(text=f"{choice}"), choice=choice) for choice in (1, 0)]
    events += [Close(index=0, choice=choice) for choice in (0, 1)]
    events += [Finished(finish=Finish.STOP, choice=1), Finished(finish=Finish.LENGTH, choice=0), End()]
    got = fold(events)
    assert [(choice.parts[0], choice.finish) for choice in got.choices] == [
        (Text(text="0"), Finish.LENGTH),
        (Text(text="1"), Finish.STOP),
    ]


def test_a_stream_without_an_end_is_no_answer() -> None:
    for events in ([], [BEGIN], [BEGIN, Open(index=0, part=Text(text=""))]):
        with pytest.raises(OrderError, match="no end"):
            fold(events)


def test_a_stream_that_failed_says_why() -> None:
    with pytest.raises(FailedError, match="overloaded"):
        fold([BEGIN, Fail(message="overloaded", kind="x")])


def test_an_answer_may_be_silent_about_its_finish() -> None:
    assert fold([BEGIN, End()]).choices == (Choice(parts=(), finish=Finish.OTHER),)


def pieces(text: str, cuts: list[int]) -> Iterator[str]:
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return (text[start:end] for start, end in pairwise(edges))


@given(texts=st.lists(st.text(min_size=1), max_size=4), cuts=st.lists(st.integers(0, 100), max_size=8))
def test_wherever_it_is_cut_the_answer_is_the_same(texts: list[str], cuts: list[int]) -> None:
    folder = Folder()
    folder.take(BEGIN)
    for index, text in enumerate(texts):
        folder.take(Open(index=index, part=Text(text="")))
        for piece in pieces(text, cuts):
            folder.take(Delta(index=index, text=piece))
        folder.take(Close(index=index))
    folder.take(Finished(finish=Finish.STOP))
    folder.take(End())
    assert folder.answer().choices[0].parts == tuple(Text(text=text) for text in texts)


def test_a_thoughts_summary_comes_in_passages_beside_its_text() -> None:
    opened = Open(index=0, part=Reasoning(id="rs_1"))
    said = [Delta(index=0, text="One", passage=0), Delta(index=0, text="!", passage=0)]
    more = [Delta(index=0, text="Two.", passage=1), Delta(index=0, text="Hm.")]
    thought = only_part(opened, *said, *more)
    assert thought == Reasoning(id="rs_1", text="Hm.", summary=("One!", "Two."))


def test_only_a_thought_has_a_summary() -> None:
    with pytest.raises(OrderError, match="has no summary"):
        only_part(Open(index=0, part=Text(text="")), Delta(index=0, text="x", passage=0))


def test_a_hostile_stream_takes_no_square_of_its_length() -> None:
    many = 60_000
    events: list[Event] = [Begin(id="a", model="m"), Open(index=0, part=Text(text=""))]
    events += [Cite(index=0, citation=Citation(url="u"))] * many
    events += [Delta(index=0, text="", logprobs={"content": [{}]})] * many
    events += [Close(index=0), Finished(finish=Finish.STOP), End()]
    began = time.process_time()
    (choice,) = fold(events).choices
    assert time.process_time() - began < 3
    (part,) = choice.parts
    assert isinstance(part, Text)
    assert choice.logprobs is not None
    assert len(part.citations) == len(choice.logprobs["content"]) == many
