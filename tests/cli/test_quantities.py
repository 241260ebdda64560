import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.cli.quantities import Assignment, Input, Number, Portion, Ratio, Tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("50M", 50e6), ("1.2B", 1.2e9), ("800k", 8e5), ("7", 7), ("3 M", 3e6), ("1,000,000", 1e6), ("2t", 2e12)],
)
def test_counts(text: str, tokens: float) -> None:
    assert Tokens().convert(text, None, None) == pytest.approx(tokens)


@pytest.mark.parametrize(
    ("text", "share"), [("40%", 0.4), ("0.4", 0.4), ("100%", 1), ("1", 1), ("0", 0), ("2.5 %", 0.025)]
)
def test_shares(text: str, share: float) -> None:
    assert Portion().convert(text, None, None) == pytest.approx(share)


def test_ratios_and_inputs() -> None:
    assert [Ratio().convert(text, None, None) for text in ("6:1", "6", "3:2")] == [6, 6, 1.5]
    read = Assignment().convert
    assert read("price_decline=0.2..0.5", None, None) == Input("price_decline", (0.2, 0.5))
    assert read("discount=15%", None, None) == Input("discount", (0.15,))
    assert read("peak=3..4..8", None, None) == Input("peak", (3, 4, 8))


@pytest.mark.parametrize("text", ["0", "-5M", "M", "5X", "1e9", "", "nan", "inf", "5MM", "9" * 15 + "T"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"count|above 0"):
        Tokens().convert(text, None, None)


@pytest.mark.parametrize("text", ["400%", "4", "-1%", "", "x", "nan", "1e-3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"share|between 0% and 100%"):
        Portion().convert(text, None, None)


@pytest.mark.parametrize("text", ["6:0", "x", "6:1:1", "-6:1", "", "20000:1"])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"ratio|output"):
        Ratio().convert(text, None, None)


@pytest.mark.parametrize("text", ["a", "a=", "a=x", "a=1..2..3..4", "a=1..", "A=1", "=1"])
def test_what_is_no_input_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not an input"):
        Assignment().convert(text, None, None)


def test_an_open_share_has_no_zero() -> None:
    with pytest.raises(click.BadParameter, match="above 0%"):
        Portion(open_=True).convert("0", None, None)


@given(st.text(max_size=30))
def test_nothing_else_comes_out(text: str) -> None:
    for kind in (Tokens(), Portion(), Ratio(), Assignment()):
        try:
            kind.convert(text, None, None)
        except click.BadParameter:
            continue


def test_numbers_are_finite_and_within_bounds() -> None:
    assert Number(1, 10)("2.5", None, None) == 2.5
    for text in ("nan", "0.5", "11", "x"):
        with pytest.raises(click.BadParameter):
            Number(1, 10)(text, None, None)
    with pytest.raises(click.BadParameter, match="not a finite number"):
        Number(1)("inf", None, None)
