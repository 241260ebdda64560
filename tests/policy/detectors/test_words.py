import re
import time

import pytest

from wye.policy.detectors import words as words_module
from wye.policy.detectors.words import read


def marks(text: str) -> set[str]:
    """Return the words whose capital says something."""
    return {word.text for word in read(text).all if word.capital and not word.initial}


@pytest.mark.parametrize(
    "text",
    [
        "we liked Seven Lessons From A Winter That Nobody Wanted to Have at all",
        "See Slow Kitchens: 9 Soups Of The 90s You Should Cook (But Rarely Do)",
    ],
)
def test_in_a_headline_no_capital_says_anything(text: str) -> None:
    assert not marks(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("she left the Bank Of The West for good", {"Bank", "Of", "The", "West"}),
        ("we met Ann Of Cleves and For Pete nothing", {"Ann", "Of", "Cleves", "For", "Pete"}),
        ("he asked What Now. And They knew Of Lena", {"What", "Now", "They", "Of", "Lena"}),
        ("THE SON OF THE MAN AND HIS DOG", {"SON", "OF", "THE", "MAN", "AND", "HIS", "DOG"}),
    ],
)
def test_one_joining_word_with_a_capital_makes_no_headline(text: str, said: set[str]) -> None:
    assert marks(text) == said


def test_a_headline_ends_where_small_words_go_on() -> None:
    assert marks("read Why The Rest Of Us Left and then ask Lena Brandt") == {"Lena", "Brandt"}


@pytest.mark.parametrize("unit", ["Of ", "Of x Of ", "Of The ", "A Of B. "])
def test_headlines_take_time_by_their_length(unit: str) -> None:
    text = unit * 20_000
    began = time.thread_time()
    read(text)
    assert time.thread_time() - began < 2  # seconds


@pytest.mark.parametrize("text", ["", " ", "12 + 3"])
def test_a_text_without_words_has_none(text: str) -> None:
    words = read(text)
    assert words.all == []
    assert (words.english, words.plain, words.nouns, words.shouted) == (True, True, False, False)


@pytest.mark.parametrize("accent", ["", " é"])
def test_words_and_what_stands_between_them_are_the_text(accent: str) -> None:
    text = f"O'Brien-Smith's dog, didn't - it 'ran'; x--y.{accent}"
    words = read(text).all
    assert [text[word.start : word.end] for word in words] == [word.text for word in words]
    ends = [0, *(word.end for word in words)]
    assert [text[end : word.start] for end, word in zip(ends, words, strict=False)] == [w.gap for w in words]
    assert [word.key for word in words[:3]] == ["o'brien-smith", "dog", "didn't"]


def test_only_words_of_our_own_lists_are_remembered() -> None:
    read("the Qzxkanto and his HOUSE in Czech")
    assert {"the", "HOUSE", "Czech"} <= words_module._forms.keys()
    assert "Qzxkanto" not in words_module._forms


def test_letters_are_those_that_are_no_figure() -> None:
    letter = re.compile(r"[^\W\d_]")
    for code in range(0x11000):  # the first plane, and some of the next
        char = chr(code)
        assert [word.text for word in read(char).all] == ([char] if letter.match(char) else [])
