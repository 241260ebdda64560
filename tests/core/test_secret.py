import pickle

import pytest

from wye.core.secret import Secret


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret("sk-very-secret")
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        repr([secret]),
        repr({"a": secret}),
    ):
        assert "very" not in text
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "sk-very-secret"


def test_equality_is_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
