"""Words and budgets convert into each other, rising."""

import pytest

from wye.protocols.effort import BUDGETS, budget_of, effort_of


@pytest.mark.parametrize(("word", "budget"), BUDGETS)
def test_there_and_back(word: str, budget: int) -> None:
    assert budget_of(word) == budget
    assert effort_of(budget) == word


def test_between_the_words_the_next_covers() -> None:
    assert [effort_of(budget) for budget in (1, 1025, 5000, 20_000, 40_000, 1_000_000)] == [
        "minimal",
        "low",
        "medium",
        "high",
        "xhigh",
        "xhigh",
    ]


def test_an_unknown_word_counts_as_the_highest() -> None:
    assert budget_of("max") == budget_of("xhigh")


def test_budgets_rise() -> None:
    budgets = [budget for _, budget in BUDGETS]
    assert budgets == sorted(set(budgets))
