"""An answer taken apart and put together is the same."""

from hypothesis import given
from hypothesis import strategies as st

from wye.core.answer import Answer, Choice
from wye.core.chat import Citation, Finish, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.fold import fold
from wye.core.unfold import unfold
from wye.core.usage import Usage

WORD = st.text(max_size=5)
TOKENS = st.lists(st.integers(), max_size=2)
EXTRAS = st.sampled_from([{}, {"odd": [1]}])
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(
        Text,
        text=WORD,
        signature=WORD,
        citations=st.lists(st.builds(Citation, url=WORD), max_size=2).map(tuple),
        extras=EXTRAS,
    ),
    st.builds(Refusal, text=WORD, extras=EXTRAS),
    st.builds(ToolCall, id=WORD, name=WORD, arguments=WORD, signature=WORD, custom=st.booleans()),
    st.builds(
        Reasoning,
        text=WORD,
        summary=st.lists(WORD, max_size=2).map(tuple),
        signature=WORD,
        encrypted=WORD,
        id=WORD,
        origin=WORD,
        extras=EXTRAS,
    ),
    st.builds(Opaque, protocol=WORD, kind=WORD, value=EXTRAS),
)
FIELDS = {
    "finish": st.sampled_from(Finish),
    "stop_sequence": WORD,
    "native_finish": WORD,
    "extras": EXTRAS,
}
SAID = st.builds(
    Choice,
    parts=st.tuples(PARTS, st.builds(Text, text=WORD), PARTS),
    logprobs=st.none() | st.fixed_dictionaries({"content": TOKENS}, optional={"refusal": TOKENS}),
    **FIELDS,  # type: ignore[arg-type]  # strategies by name
)
UNSAID = st.builds(Choice, parts=st.lists(PARTS, max_size=3).map(tuple), **FIELDS)  # type: ignore[arg-type]  # likewise
ANSWERS = st.builds(
    Answer,
    id=WORD,
    model=WORD,
    choices=st.lists(SAID | UNSAID, min_size=1, max_size=3).map(tuple),
    usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    created=st.none() | st.integers(0, 9),
    protocol=WORD,
    extras=EXTRAS,
)


@given(ANSWERS)
def test_fold_is_its_inverse(answer: Answer) -> None:
    assert fold(unfold(answer)) == answer
