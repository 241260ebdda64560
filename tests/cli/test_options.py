"""Where state lies, and times as people write them."""

import time
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.cli.figures import money
from wye.cli.options import Duration, Moment, default_state_dir, utc


def test_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.delenv("WYE_STATE_DIR", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_state_dir() == Path("/home/ann/.local/state/wye")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert default_state_dir() == Path("/home/ann/.local/state/wye")
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    assert default_state_dir() == Path("/xdg/wye")
    monkeypatch.setenv("WYE_STATE_DIR", "/var/lib/wye")
    assert default_state_dir() == Path("/var/lib/wye")


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90s", 90), ("30m", 1800), ("24h", 86400), ("2w", 1209600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds
    if text != "0":
        assert Moment(-1).convert(text, None, None) == pytest.approx(time.time() - seconds, abs=5)
        assert Moment(1).convert(text, None, None) == pytest.approx(time.time() + seconds, abs=5)


def test_dates_are_utc_unless_they_say_otherwise() -> None:
    assert Moment(-1).convert("2025-10-09", None, None) == 1_759_968_000
    assert Moment(-1).convert("2025-10-09T02:00:00+02:00", None, None) == 1_759_968_000
    assert utc(1_759_968_000) == "2025-10-09 00:00:00"


@given(st.text(max_size=12), st.sampled_from([Duration(), Moment(-1)]))
def test_anything_else_is_a_usage_error(text: str, kind: click.ParamType[float]) -> None:
    try:
        moment = kind.convert(text, None, None)
    except click.BadParameter as error:
        message = error.message
    else:
        assert isinstance(moment, float)
        return
    assert "write" in message


@given(st.decimals("0", "1e12", places=9))
def test_money_is_never_shown_as_less_than_nothing(amount: object) -> None:
    shown = money(amount)  # type: ignore[arg-type]
    assert (shown == "0.00") == (amount == 0)
