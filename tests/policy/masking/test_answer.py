"""Whole answers with the values in them."""

import json
import re

import pytest

from golden.cases import ANSWERS, DIALECTS
from policy.masking.test_stream import WORD, hidden, through
from wye.policy.masking import Restoration, restored

WHOLE = [(name, case) for name, cases in ANSWERS.items() for case in cases]
UNSAID = re.compile(r'"(?:id|model|data|mimeType|signature|thoughtSignature|encrypted_content)": "[^"]*"')


@pytest.mark.parametrize(("name", "case"), WHOLE)
def test_every_answer(name: str, case: str) -> None:
    truth = ANSWERS[name][case]
    raw = json.dumps(truth)
    for value in dict.fromkeys(WORD.findall(raw)):
        if not value[0].isupper():
            continue  # a protocol's own word, most likely
        mint, _, words = hidden(value)
        sent = words(raw).encode()
        stays = UNSAID.sub(lambda member, words=words: words(member[0]), raw)
        assert restored(sent, Restoration(mint)) == stays.encode()
    assert DIALECTS[name]


def test_names_of_members_and_strings_in_strings() -> None:
    mint, token, _ = hidden('O"Brien')
    sent = {"choices": [{"message": {"args": {token: [token]}, "arguments": json.dumps({token: 1})}}]}
    made = json.loads(restored(json.dumps(sent).encode(), Restoration(mint)))
    message = made["choices"][0]["message"]
    assert message["args"] == {'O"Brien': ['O"Brien']}
    assert json.loads(message["arguments"]) == {'O"Brien': 1}


@pytest.mark.parametrize(
    "error", [{"error": {"message": "%s"}}, {"type": "error", "message": "%s"}, {"detail": "no %s"}]
)
def test_an_error_is_in_the_clients_words(error: dict[str, object]) -> None:
    mint, token, _ = hidden("Ann")
    body = json.dumps(error)
    assert restored((body % token).encode(), Restoration(mint)) == (body % "Ann").encode()


@pytest.mark.parametrize("body", ["%s", "[", '<a href="\\x %s">', '"\x01 %s" is none', '{"a": "\\u12 %s"}'])
def test_what_is_no_json_stays(body: str) -> None:
    mint, token, _ = hidden("Ann")
    sent = body.replace("%s", token).encode()
    assert restored(sent, Restoration(mint)) == sent


def test_what_is_nested_too_deep_stays() -> None:
    mint, token, _ = hidden("Ann")
    for depth in (300, 900, 5_000):
        sent = b"[" * depth + b'"%b"' % token.encode() + b"]" * depth
        assert restored(sent, Restoration(mint)) in (sent, sent.replace(token.encode(), b"Ann"))


def test_what_a_request_is_not_searched_for_is_not_restored() -> None:
    """Else it would leave with the next turn, in the clear: an upstream chooses where its tokens stand."""
    mint, token, _ = hidden("219-09-9999")
    unread = {
        "id": token,
        "choices": [{"message": {"tool_calls": [{"id": f"call_{token}", "type": token}]}}],
        "content": [
            {"type": "thinking", "thinking": "a", "signature": token},
            {"type": "redacted_thinking", "data": token},
        ],
        "candidates": [{"content": {"parts": [{"thoughtSignature": token}], "role": token}}],
        "output": [{"encrypted_content": token, "call_id": token}],
        token: 1,
    }
    body = json.dumps(unread).encode()
    assert restored(body, Restoration(mint)) == body
    event = b"data: %b\n\n" % body
    assert through("anthropic_messages", mint, iter([event])) == event


def test_arguments_are_the_clients_own_whatever_their_names() -> None:
    mint, token, _ = hidden("219-09-9999")
    said = {"id": "%s", "signature": ["%s"], "%s": {"data": "%s"}}
    body = json.dumps(
        {"id": "c1", "input": said, "parts": [{"functionCall": {"args": said}}], "metadata": said}
    )
    meant = body.replace("%s", "219-09-9999").encode()
    assert restored(body.replace("%s", token).encode(), Restoration(mint)) == meant


def test_a_member_that_stands_there_twice_counts_as_the_last() -> None:
    mint, token, _ = hidden("Ann")
    body = b'{"id": "%b", "a": "%b", "a": "%b!"}' % ((token.encode(),) * 3)
    assert json.loads(restored(body, Restoration(mint))) == {"id": token, "a": "Ann!"}


def test_an_underscore_that_a_server_escapes() -> None:
    mint, token, _ = hidden("Ann")
    body = json.dumps({"a": token}).replace("_", "\\u005f")
    assert json.loads(restored(body.encode(), Restoration(mint))) == {"a": "Ann"}
