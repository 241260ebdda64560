"""Streams of every protocol, cut everywhere: what comes out is what would have come without masking."""

import itertools
import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.cases import DIALECTS, STREAMS
from policy.masking.told import Words, events, masked, rest, split, texts
from protocols.recordings import protocol, recorded
from wye.core.answer import Answer
from wye.core.fold import FailedError, fold
from wye.policy.masking import Filter, Mint, Restoration
from wye.policy.masking.stream import MAX_TEXTS

GOLDEN = [
    (name, said, stream.encode())
    for name, all_ in STREAMS.items()
    for said, stream in all_.items()
    if said != "whole calls with one index"  # cut, they would be one
]
RECORDED = [
    (protocol(one), str(one["id"]), str(one["response"]).encode())
    for one in recorded()
    if one["method"] == "POST"
    and protocol(one)
    and one["status"] == 200
    and "data:" in str(one["response"])[:300]
]
WORD = re.compile(r"\w{3,}")
NUMBERED = re.compile(rb'"sequence_number":\s*(\d+)')


def read(name: str, stream: bytes) -> Answer | str:
    reader = DIALECTS[name].reader()
    try:
        return fold([*reader.feed(stream), *reader.finish()])
    except FailedError as error:
        return str(error)


def through(name: str, mint: Mint, chunks: Iterator[bytes]) -> bytes:
    through = Filter(name, Restoration(mint))
    return b"".join(map(through.feed, chunks)) + through.finish()


def hidden(value: str) -> tuple[Mint, str, Words]:
    """A mint, the token of `value`, and what hides it."""
    mint = Mint()
    token = mint.token("name", value)
    word = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    return mint, token, lambda text: word.sub(token, text)


def check(name: str, stream: bytes, value: str, offsets: str) -> int:
    """Cut every text of `stream` at each offset, with a token in place of `value`."""
    mint, token, words = hidden(value)
    code = token.rpartition("_")[2].encode()
    truth, said, others = read(name, stream), texts(name, stream), rest(name, stream)
    whole = [words(text) for text in said.values()]
    edges = {len(text) for text in whole} if offsets == "all" else set()
    places = set(range(max(edges, default=0) + 1))
    if offsets == "near":
        places = {
            at + i
            for text in whole
            for at in [text.find(token)]
            for i in range(-1, len(token) + 2)
            if at >= 0
        }
    for at in sorted(places):
        sent = masked(name, stream, words, lambda text, at=at: [at] if 0 <= at < len(text) else [])
        got = through(name, mint, split(sent, 1 + at % 90))
        assert code not in got
        assert (texts(name, got), rest(name, got)) == (said, others)
        assert read(name, got) == truth
    return len(places)


def values(name: str, stream: bytes, most: int) -> list[str]:
    found = (WORD.findall(text) for text in texts(name, stream).values())
    return list(dict.fromkeys(itertools.chain.from_iterable(words[:most] for words in found)))


@pytest.mark.parametrize(
    ("name", "said", "stream"), GOLDEN, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_token_cut_anywhere(name: str, said: str, stream: bytes) -> None:
    assert said
    for value in values(name, stream, 1):
        assert check(name, stream, value, "near")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("name", "said", "stream"), GOLDEN + RECORDED, ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_text_cut_everywhere(name: str, said: str, stream: bytes) -> None:
    assert said
    for value in values(name, stream, 4):
        assert check(name, stream, value, "all" if len(stream) < 20_000 else "near") > 0


@pytest.mark.parametrize("name", STREAMS)
def test_without_tokens_every_byte_passes(name: str) -> None:
    mint, _, _ = hidden("Nobody")
    for stream in STREAMS[name].values():
        assert through(name, mint, split(stream.encode(), 11)) == stream.encode()


@pytest.mark.parametrize(
    ("name", "said", "stream"), GOLDEN, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_only_began_like_a_token_comes_all_the_same(name: str, said: str, stream: bytes) -> None:
    assert said
    for value in values(name, stream, 1):
        mint, token, words = hidden(value)
        for end in (1, 7, len(token) - 1):
            begun(name, stream, mint, (words, token, token[:end]))


def begun(name: str, stream: bytes, mint: Mint, hides: tuple[Words, str, str]) -> None:
    """Put a token's beginning in place of a word."""
    words, token, beginning = hides
    sent = masked(
        name,
        stream,
        lambda text: words(text).replace(token, beginning),
        lambda text: [text.find(beginning) + len(beginning)],
    )
    got = through(name, mint, split(sent, 60))
    assert texts(name, got) == texts(name, sent)
    assert read(name, got) == read(name, sent)
    numbers = [int(one) for one in NUMBERED.findall(got)]
    assert not numbers or numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def chat(*deltas: dict[str, object], finish: str | None = "stop") -> bytes:
    datas = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if finish:
        datas.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in datas)


def test_no_more_is_held_than_may_be_a_token() -> None:
    mint, token, _ = hidden("Ann")
    through = Filter("openai_chat", Restoration(mint))
    assert texts("openai_chat", through.feed(chat({"content": "Hello P"}, finish=None))) == {
        (0, "content"): "Hello "
    }
    assert texts("openai_chat", through.feed(chat({"content": "aul, "}, finish=None))) == {
        (0, "content"): "Paul, "
    }
    assert texts("openai_chat", through.feed(chat({"content": token[:9]}, finish=None))) == {}
    assert texts("openai_chat", through.held()) == {(0, "content"): token[:9]}


def test_one_text_is_over_when_another_begins_but_calls_run_side_by_side() -> None:
    mint, token, _ = hidden("Ann")
    calls = [{"tool_calls": [{"index": i, "function": {"arguments": text}}]} for i, text in [
        (0, '{"a": "' + token[:4]), (1, '{"b": "' + token[:9]), (0, token[4:] + '"}'), (1, token[9:] + '"}'),
    ]]  # fmt: skip
    sent = chat({"reasoning_content": "P"}, {"content": "hi"}, *calls, finish="tool_calls")
    got = through("openai_chat", mint, split(sent, 30))
    assert texts("openai_chat", got) == {
        (0, "reasoning_content"): "P",
        (0, "content"): "hi",
        (0, "tool_calls", 0, "function", "arguments"): '{"a": "Ann"}',
        (0, "tool_calls", 1, "function", "arguments"): '{"b": "Ann"}',
    }
    order = [next(iter(one["choices"][0]["delta"]), "") for one in events(got)]
    assert order[:3] == ["reasoning_content", "reasoning_content", "content"]


def test_only_tokens_of_this_request() -> None:
    mint, token, _ = hidden("Ann")
    other = Mint().token("name", "Bob")
    forged = [token[:-1], token.swapcase(), "SSN" + token[6:], other, "PERSON_", token[:-1] + "!"]
    for text in forged:
        got = through("openai_chat", mint, iter([chat({"content": text})]))
        assert texts("openai_chat", got) == {(0, "content"): text}


SPELLINGS = (
    str.swapcase,
    str.lower,
    lambda token: token.replace("_", "%5F"),
    lambda token: token.replace("_", "\\u005f"),
    lambda token: token[:9] + "\u200b" + token[9:],
    "\ufeff".join,
    lambda token: token.replace("_", "\uff3f"),
    lambda token: token.replace("PERSON", "EMAIL"),
    lambda token: token[:-1],
)
"""What is no token of a request, although it was made of one."""


@settings(max_examples=60)
@given(st.data())
def test_streams_side_by_side_get_their_own_values_back(data: st.DataObject) -> None:
    """Requests at once, texts at once in each; every one says tokens of all, in other spellings too."""
    made = [(mint, mint.token("name", value), value) for mint, value in ((Mint(), "Ann"), (Mint(), 'O"B'))]
    tokens = [token for _, token, _ in made]
    words = [*tokens, *tokens, *(spell(token) for token in tokens for spell in SPELLINGS), " ", "P", "_"]
    feeds, truths = [], []
    for mint, token, value in made:
        texts_ = ["|".join(data.draw(st.lists(st.sampled_from(words), max_size=6))) for _ in range(3)]
        truths.append({(i, "content"): text.replace(token, value) for i, text in enumerate(texts_) if text})
        cut: list[tuple[int, str]] = []
        left = dict(enumerate(texts_))
        while left := {i: text for i, text in left.items() if text}:
            i = data.draw(st.sampled_from(sorted(left)))
            size = data.draw(st.integers(1, 30))
            cut.append((i, left[i][:size]))
            left[i] = left[i][size:]
        told = [{"choices": [{"index": i, "delta": {"content": text}}]} for i, text in cut]
        sent = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in told)
        chunks = split(sent, data.draw(st.integers(1, 200)))
        feeds.append((Filter("openai_chat", Restoration(mint)), chunks))
    got = [b"" for _ in feeds]
    for parts in itertools.zip_longest(*(chunks for _, chunks in feeds), fillvalue=b""):
        for at, part in enumerate(parts):
            got[at] += feeds[at][0].feed(part)
    for at, (through, _) in enumerate(feeds):
        assert texts("openai_chat", got[at] + through.finish()) == truths[at]


def test_an_error_is_in_the_clients_words() -> None:
    mint, token, _ = hidden("Ann")
    for wrong in (b'{"error": {"message": "%b"}}', b'{"type": "error", "error": {"message": "%b"}}'):
        sent = b"data: " + wrong % token.encode() + b"\n\n"
        got = through("anthropic_messages", mint, iter([sent]))
        assert got == b"data: " + wrong % b"Ann" + b"\n\n"


@pytest.mark.parametrize("name", ["openai_chat", "openai_responses", "anthropic_messages", "gemini"])
def test_an_event_that_is_no_object_passes(name: str) -> None:
    mint, token, _ = hidden("Ann")
    for told in ("[{}]", "1", "null", f'"{token}"', "[DONE]"):
        sent = f"data: {told}\n\n".encode()
        assert through(name, mint, iter([sent])) == sent


def test_lines_of_any_kind() -> None:
    mint, token, _ = hidden("Ann")
    sent = (
        b": hi\r\n\r\nevent: x\r\n"
        b'data: {"choices": [{"index": 0,\r\ndata: "delta": {"content": "%b"}}]}\r\n\r\n'
    )
    got = through("openai_chat", mint, split(sent % token.encode(), 1))
    assert got.startswith(b": hi\r\n\r\nevent: x\n")
    assert texts("openai_chat", got) == {(0, "content"): "Ann"}


def test_a_member_that_stands_there_twice() -> None:
    mint, token, _ = hidden("Ann")
    sent = b'data: {"choices": [{"delta": {"content": "a", "content": "%b"}}]}\n\n' % token.encode()
    assert texts("openai_chat", through("openai_chat", mint, iter([sent]))) == {(0, "content"): "Ann"}


def test_gemini_as_an_array() -> None:
    mint, token, _ = hidden('"Ann"')
    chunk = '{"candidates": [{"content": {"parts": [{"text": %s}], "role": "model"}, "index": 0}]}'
    said = ["Hello ", token[:5], token[5:] + " P"]
    sent = "[" + ",\r\n".join(chunk % json.dumps(one) for one in said) + "\n]\n"
    got = through("gemini_array", mint, split(sent.encode(), 3))
    parts = [one["candidates"][0]["content"]["parts"][0]["text"] for one in json.loads(got)]
    assert "".join(parts) == 'Hello "Ann" P'


def test_half_a_character_in_an_event() -> None:
    mint, token, _ = hidden("Ann")
    sent = b'data: {"choices": [{"delta": {"content": "\\ud83d %b"}}]}\n\n' % token.encode()
    assert b"\\ud83d Ann" in through("openai_chat", mint, iter([sent]))


def test_the_number_of_texts_is_bounded() -> None:
    mint, _, _ = hidden("Ann")
    through = Filter("openai_chat", Restoration(mint))
    events = (
        b'{"choices": [{"index": %d, "delta": {"content": "x"}}]}' % number for number in range(MAX_TEXTS + 1)
    )
    with pytest.raises(ValueError, match="parts"):
        through.feed(b"".join(b"data: %b\n\n" % one for one in events))
