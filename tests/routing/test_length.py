"""How long an answer will be."""

import math

import numpy as np

from wye.routing.length import LengthHead, Lengths

PLACED = np.array([0.5, -1.0], dtype=np.float32)


def head(model: str, *dense: float, spread: float = 0.0) -> LengthHead:
    return LengthHead(model, np.array(dense, dtype=np.float32), math.log(100), spread, 20.0, 400.0)


def test_it_is_the_mean_of_a_log_normal() -> None:
    lengths = Lengths([head("plain", 0, 0), head("leaning", 1, 0), head("spread", 0, 0, spread=1.0)]).expect(
        PLACED
    )
    assert math.isclose(lengths["plain"], 100, rel_tol=1e-4)
    assert math.isclose(lengths["leaning"], 100 * math.exp(0.5), rel_tol=1e-4)
    assert math.isclose(lengths["spread"], 100 * math.exp(0.5), rel_tol=1e-4)


def test_no_guess_goes_beyond_what_was_seen() -> None:
    assert Lengths([head("long", 9_000, 0), head("short", 0, 90)]).expect(PLACED) == {
        "long": 400,
        "short": 20,
    }


def test_nothing_learnt_expects_nothing() -> None:
    assert Lengths([]).expect(PLACED) == {}
