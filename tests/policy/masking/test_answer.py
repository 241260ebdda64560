"""Whole answers with the values in them."""

import json

import pytest

from golden.cases import ANSWERS, DIALECTS
from policy.masking.test_stream import WORD, hidden
from wye.policy.masking import Restoration, restored

WHOLE = [(name, case) for name, cases in ANSWERS.items() for case in cases]


@pytest.mark.parametrize(("name", "case"), WHOLE)
def test_every_answer(name: str, case: str) -> None:
    truth = ANSWERS[name][case]
    raw = json.dumps(truth)
    for value in dict.fromkeys(WORD.findall(raw)):
        if not value[0].isupper():
            continue  # a protocol's own word, most likely
        mint, _, words = hidden(value)
        sent = words(raw).encode()
        got = restored(sent, Restoration(mint))
        assert got == (sent if truth.get("error") else raw.encode())
    assert DIALECTS[name]


def test_names_of_members_and_strings_in_strings() -> None:
    mint, token, _ = hidden('O"Brien')
    sent = {"choices": [{"message": {"args": {token: [token]}, "arguments": json.dumps({token: 1})}}]}
    made = json.loads(restored(json.dumps(sent).encode(), Restoration(mint)))
    message = made["choices"][0]["message"]
    assert message["args"] == {'O"Brien': ['O"Brien']}
    assert json.loads(message["arguments"]) == {'O"Brien': 1}


def test_errors_and_what_is_no_json_stay() -> None:
    mint, token, _ = hidden("Ann")
    for body in (
        json.dumps({"error": {"message": token}}),
        json.dumps({"type": "error", "message": token}),
        token,
        f'["{token}"]',
    ):
        assert restored(body.encode(), Restoration(mint)) == body.encode()


def test_an_underscore_that_a_server_escapes() -> None:
    mint, token, _ = hidden("Ann")
    body = json.dumps({"a": token}).replace("_", "\\u005f")
    assert json.loads(restored(body.encode(), Restoration(mint))) == {"a": "Ann"}
