"""Tokens: unguessable, of one form, the same for the same value."""

import json

from wye.policy.masking.tokens import CODE, CODE_LENGTH, Mint, word


def test_the_same_value_gets_the_same_token_and_no_other_request_has_it() -> None:
    mint = Mint()
    token = mint.token("name", "Ann")
    assert mint.token("dictionary", "Ann") == token != mint.token("name", "ann")
    assert Mint().token("name", "Ann") != token
    assert 5 * CODE_LENGTH >= 80


def test_nothing_escapes_it() -> None:
    token = Mint().token("medical_record", "1")
    assert token.startswith("MEDICAL_RECORD_")
    assert json.dumps(json.dumps(token)) == f'"\\"{token}\\""'
    assert CODE.fullmatch(token.removeprefix("MEDICAL_RECORD"))


def test_whatever_a_kind_is_called() -> None:
    mint = Mint()
    for kind in ("", "é!", "a" * 99, "Per-Son 9"):
        before, _, code = mint.token(kind, kind).rpartition("_")
        assert before.isascii()
        assert 0 < len(before) <= 20
        assert CODE.fullmatch(f"_{code}")
    assert word("name") == "person"


def test_counts_are_of_values_by_kind() -> None:
    mint = Mint()
    ann, bob, mail = mint.token("name", "Ann"), mint.token("name", "Bob"), mint.token("email", "a@b.c")
    assert mint.count([ann, bob, ann, mail]) == {"email": 1, "person": 2}
    assert "Ann" not in repr(mint)
