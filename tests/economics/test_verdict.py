import msgspec
import pytest

from economics.studied import UNPRICED, question, studied
from wye.economics.breakeven import Share
from wye.economics.study import study
from wye.economics.verdict import remarks, sentence


@pytest.mark.parametrize(
    ("tokens", "parts"),
    [
        (
            42e6,
            (
                "At 42M tokens a month, stay on the API:",
                "gemma-4-31B-it for 65 % and gpt-5.5 for the rest",
                "where gpt-5.5 alone $295",
                "revisit own machines, against gpt-5.5, above ",
                " at today's prices (P50 over 24 months: ",
                "if you already own the GPU.",
            ),
        ),
        (10e9, ("At 10B tokens a month, stay on the API", "own machines pay against gpt-5.5 alone, from ")),
    ],
)
def test_the_sentence_says_what_to_do_and_when_to_look_again(tokens: float, parts: tuple[str, ...]) -> None:
    told = sentence(studied(tokens))
    assert all(part in told for part in parts), told


def test_without_a_hosted_offer_own_machines_may_be_cheapest() -> None:
    told = sentence(studied(10e9, hosted=()))
    assert told.startswith("At 10B tokens a month, own machines are cheapest: $"), told
    assert "own machines (L4 owned, no staff, no spare)" in told
    assert "; they pay from " in told
    assert "at today's prices (P50 over 24 months: " in told


def test_where_they_never_pay_it_says_so() -> None:
    told = sentence(studied(share=Share(0.01, 0.02)))
    assert "; own machines (" in told
    assert told.endswith(") never pay against gpt-5.5 (P50 over 24 months: never).")


def test_an_unknown_price_is_no_verdict() -> None:
    assert sentence(studied(baselines=(UNPRICED,))) == (
        "The price of mystery is not known, so nothing can be said of it."
    )


def test_what_is_assumed_is_remarked() -> None:
    told = " ".join(remarks(studied(share=Share())))
    assert "All traffic is counted as moved" in told
    assert "in 100 % of draws" in told
    assert "is an estimate" in told
    assert "All traffic" not in " ".join(remarks(studied()))


def test_a_price_that_jumps_with_length_is_remarked_where_lengths_were_counted() -> None:
    counted = question()
    demand = msgspec.structs.replace(counted.demand, curve=(2.0, 1.0))
    told = " ".join(remarks(study(msgspec.structs.replace(counted, demand=demand))))
    assert "gpt-5.5 has another price for requests above 272,000 tokens of input" in told
    assert "another price" not in " ".join(remarks(studied()))
