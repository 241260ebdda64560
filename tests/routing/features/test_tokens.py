import time

from hypothesis import given, settings
from hypothesis import strategies as st

from wye.routing.features import table, tokens

PLACE = table.load().place
WORDS = {row: word for word, row in PLACE.items()}


def spelt(text: str) -> list[str]:
    return [WORDS[row] for row in tokens.places(tokens.words(text), PLACE)]


def test_words_and_marks_are_cut_as_bert_does() -> None:
    assert tokens.words("Don't stop_here, 42!") == ["don", "'", "t", "stop", "_", "here", ",", "42", "!"]
    assert tokens.words("Café 東京") == ["cafe", "東", "京"]


def test_an_unknown_word_is_cut_into_its_longest_pieces() -> None:
    assert spelt("tokenization") == ["token", "##ization"]
    assert spelt("The router routes") == ["the", "route", "##r", "routes"]


def test_what_cannot_be_spelt_is_left_out_whole() -> None:
    assert spelt("a \U0001f9ff b") == ["a", "b"]


def test_look_ups_are_capped() -> None:
    made_up = [f"zq{'xj' * 40}{number}" for number in range(400)]
    begin = time.thread_time()
    assert len(tokens.places([*made_up, "end"], PLACE)) < tokens.LOOKUPS
    assert time.thread_time() - begin < 0.02
    assert WORDS[tokens.places([*made_up, "end"], PLACE)[-1]] == "end"


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_has_tokens_of_the_table(text: str) -> None:
    assert all(0 <= row < len(PLACE) for row in tokens.places(tokens.words(text), PLACE))
