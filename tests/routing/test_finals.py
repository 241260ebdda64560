import pytest

from wye.routing.finals import bare, final, numbers, same


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("B", " b ", True),
        ("1,000", "1000.0", True),
        ("0.5", "1/2", False),
        (None, None, False),
        ("A", None, False),
        ("nan", "1", False),
        ("inf", "1e999", False),
    ],
)
def test_answers_agree_as_text_or_as_numbers(one: str | None, other: str | None, agree: bool) -> None:  # noqa: FBT001  # a parameter
    assert same(one, other) is agree
    assert same(other, one) is agree


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("B", "b"),
        ("(B)", "b"),
        ("B. Rome", "b"),
        ("A dog", "a dog"),
        ("Yes.", "yes"),
        ("$5.00", "5.00"),
        ("The answer is B.", "b"),
        ("The correct option is (D) Paris.", "d"),
        ("**Answer:** C", "c"),
        ("Therefore, the answer is:\n\n**B**", "b"),
        ("Final Answer\nB", "b"),
        ("The answer is **Paris**.", "paris"),
        ("First, the answer is 3.\nNo: the answer is 3.5. I hope that helps.", "3.5"),
        ("Let $x$ be 1.\nThe final answer is: $\\boxed{42}$", "42"),
        ("She has 3 left.\n#### 1,234", "1,234"),
        ("So be it, then.", None),
        ("Rome wasn't built in a day, and what follows from that is for everyone to see.", None),
        ("To answer this one thinks first,\nand then one thinks again, and then one writes it down.", None),
        ("one\ntwo", None),
        ("", None),
        ("**", None),
    ],
)
def test_the_final_answer_of_a_text(text: str, found: str | None) -> None:
    assert final(text) == found


def test_only_the_end_of_a_text_is_looked_at() -> None:
    assert final("The answer is 4.\n" + "and so on\n" * 1000) is None
    assert final("and so on\n" * 200_000 + "The answer is 4.") == "4"
    assert final("answer " * 100_000) is None


def test_numbers_stand_as_they_are_but_for_commas() -> None:
    assert numbers("From 1,200 to -3.5e2, or 7.") == ["1200", "-3.5e2", "7"]
    assert bare(" 12 % ") == "12"
