"""An end user's id fits, and stays one user's."""

from wye.protocols.openai.user import LONGEST, user_id


def test_one_that_fits_stays() -> None:
    assert user_id("somebody@example.com") == "somebody@example.com"
    assert user_id("x" * LONGEST) == "x" * LONGEST


def test_one_too_long_becomes_another_always_the_same() -> None:
    long = '{"device_id":"0081","account_uuid":"","session_id":"' + "5" * 80 + '"}'
    assert user_id(long) == user_id(long)
    assert len(user_id(long)) == LONGEST
    assert user_id(long) != user_id(long + " ")
