import numpy as np
import pytest

from wye.routing.features import surface, tokens

NOTHING = np.zeros(0, dtype=np.float32)


def looks(text: str) -> dict[str, float]:
    found = surface.surface(text, len(text), tokens.words(text), NOTHING)
    return dict(zip(surface.NAMES, found.tolist(), strict=True))


def test_choices_are_counted_and_what_comes_before_them_is_measured() -> None:
    plain, asked = looks("Which is it?"), looks("Which is it?\nA. this\nB. that\n(C) neither\nAnswer:")
    assert plain["choices"] == 0
    assert asked["choices"] == pytest.approx(3 / 5)
    assert asked["length before the choices"] < asked["length"]
    assert asked["length of a choice"] > 0 == plain["length of a choice"]


def test_numbers_marks_and_letters() -> None:
    found = looks(r"If $x^2 = 1024$, find \sqrt{x}.")
    assert found["longest number"] > looks("If x is 1, find y.")["longest number"]
    assert found["formulas"] > 0
    assert found["operators"] > 0
    assert found["conditions"] == 1
    assert found["question words"] == 1
    assert found["not ASCII"] == 0 < looks("Çà")["not ASCII"]


def test_nothing_and_broken_text_have_numbers_too() -> None:
    for text in ("", " ", "\ud800", "\x00" * 50):
        assert all(np.isfinite(value) for value in looks(text).values())
