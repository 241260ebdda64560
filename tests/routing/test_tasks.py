"""What kind of work a prompt is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.routing.features import extractor
from wye.routing.tasks import BUILT_IN, Tasks, load, telling

CONTRACTS = (
    "Check whether this NDA limits liability.",
    "Draft an indemnity clause for a supply agreement.",
    "Is the termination clause in this contract enforceable?",
)
ARTICLE = "The council met on Monday to discuss the new bridge, which will cost nine million. " * 8


@pytest.mark.parametrize(
    ("prompt", "task"),
    [
        ("Hello there, how are you today?", "chat"),
        ("Write a limerick about a tired postman.", "generation"),
        ("Fix the bug in this Python function: def mean(xs): return sum(xs) / len(x)", "code"),
        (f"Summarise the following article in two sentences.\n\n{ARTICLE}", "summarisation"),
        (f"{ARTICLE}\n\nTranslate the text above into Italian.", "translation"),
        (f"Is the sentiment of this positive or negative? One word.\n{ARTICLE}", "classification"),
        (f"Extract all names, dates and amounts as JSON.\n{ARTICLE}", "extraction"),
        ("Compare the pros and cons of leasing and buying a car for a small company.", "analysis"),
        ("Anna has 12 apples, gives away a third and buys 5. How many has she now?", "reasoning"),
        ("Which organ makes insulin?\nA. liver\nB. pancreas\nC. spleen\nD. kidney", "reasoning"),
    ],
)  # fmt: skip
def test_what_is_to_be_done_is_told_from_a_prompt(prompt: str, task: str) -> None:
    assert BUILT_IN(prompt) == task
    assert BUILT_IN(prompt, extractor()(prompt)) == task


def test_the_classes_are_the_documented_ones() -> None:
    known = {"reasoning", "analysis", "generation", "code", "extraction", "classification"}
    assert set(load().names) == known | {"summarisation", "translation", "chat"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_class_of_one_s_own_is_told_by_its_examples(count: int) -> None:
    tasks = Tasks({"contracts": CONTRACTS[:count]})
    assert [tasks(prompt) for prompt in CONTRACTS[:count]] == ["contracts"] * count
    others = ("Hello there, how are you today?", "Write a limerick about a tired postman.")
    assert "contracts" not in {tasks(prompt) for prompt in others}


def test_three_examples_are_enough_for_others_of_their_kind() -> None:
    tasks = Tasks({"contracts": CONTRACTS})
    assert tasks("Who is liable under this indemnity clause?") == "contracts"
    assert tasks("Does this agreement contain a non-compete clause?") == "contracts"


@given(st.text())
def test_any_text_is_some_kind_of_work(prompt: str) -> None:
    assert BUILT_IN(prompt) in load().names


def test_what_stands_between_a_prompt_s_ends_does_not_say_what_it_means() -> None:
    extract = extractor()
    begin, end = (
        "Translate this letter of our customer into Dutch, and keep its tone: ",
        "Thank you very much. " * 4,
    )
    long, other = (f"{begin}{filling * 200}{end}" for filling in ("lorem ipsum ", "court statute "))
    one, two = (telling(extract, prompt)[: extract.meaning] for prompt in (long, other))
    assert float(one @ two) > 0.8
