"""Bodies with tokens in place of what was found."""

import json
from typing import Any

import pytest

from wye.policy.detectors import Detector, Finding
from wye.policy.leaves import leaves
from wye.policy.masking import Masked, Mint, Restoration, mask, restored

EVERYTHING = frozenset({"all"})


def masked(body: Any, kinds: frozenset[str] = EVERYTHING, mint: Mint | None = None) -> Masked:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = leaves(raw)
    return mask(raw, content, [Detector().find(leaf.text) for leaf in content], kinds, mint or Mint())


def test_a_value_is_masked_wherever_it_stands() -> None:
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "My name is Jane Doe."},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "function": {"arguments": '{"who": "Jane Doe"}'}}],
            },
            {
                "role": "tool",
                "tool_call_id": "c",
                "content": '{"JANE": "jane doe", "x": "by Jane Doe!"}',
            },
            {"role": "user", "content": [{"type": "text", "text": "and Jane Doeson"}]},
        ],
    }
    mint = Mint()
    made = masked(body, mint=mint)
    assert b"Jane Doe" not in made.body.replace(b"Jane Doeson", b"")
    token = mint.token("name", "Jane Doe").encode()
    assert made.body.count(token) == 3
    assert json.loads(restored(made.body, Restoration(mint))) == body


def test_other_bytes_stay() -> None:
    raw = b'{ "messages" : [ {"content":"\\u0061b Jane Doe" , "x":1.50, "x":2} ],"max_tokens":128000 }'
    mint = Mint()
    made = masked(raw, mint=mint)
    token = mint.token("name", "Jane Doe").encode()
    assert made.body == raw.replace(b"\\u0061b Jane Doe", b"ab " + token)
    assert masked(b'{"messages": [{"content": "hello"}]}').body == b'{"messages": [{"content": "hello"}]}'


def test_only_kinds_that_are_wanted() -> None:
    body = {"messages": [{"content": "Jane Doe, jane.doe@example.com"}]}
    made = masked(body, frozenset({"email"}))
    assert b"Jane Doe" in made.body
    assert made.counts == {"email": 1}
    assert masked({"messages": [{"content": "a 40-year-old American"}]}).counts == {}
    assert masked({"messages": [{"content": "a 40-year-old"}]}, frozenset({"age"})).counts == {"age": 1}


def test_overlapping_findings_become_one() -> None:
    raw = b'{"messages": [{"content": "Jane Doe Smith"}]}'
    content = leaves(raw)
    found = [Finding(0, 8, "name"), Finding(5, 14, "organisation", 0.9)]
    mint = Mint()
    made = mask(raw, content, [found], EVERYTHING, mint)
    assert [value for _, value in mint.values.values()] == ["Jane Doe Smith"]
    assert made.counts == {"organisation": 1}


def test_a_number_that_is_no_setting_becomes_a_token() -> None:
    body = {"seed": 219099999, "messages": [{"content": [{"input": {"ssn": 219099999}}]}]}
    raw = json.dumps(body).encode()
    content = leaves(raw)
    found = [[Finding(0, 9, "ssn")] if leaf.text == "219099999" else [] for leaf in content]
    made = json.loads(mask(raw, content, found, EVERYTHING, Mint()).body)
    assert made["seed"] == 219099999
    assert made["messages"][0]["content"][0]["input"]["ssn"].startswith("SSN_")


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"ssn": 219099999}},
        {"user": 219099999},
        {"documents": [{"ssn": 219099999}]},
        {"options": {"stop": {"219099999": 1}}},
        {"tools": [{"type": "function", "function": {"parameters": {"default": 219099999}}}]},
    ],
)
def test_a_number_is_content_wherever_no_setting_can_be(body: Any) -> None:
    raw = json.dumps(body).encode()
    content = leaves(raw)
    found = [[Finding(0, 9, "ssn")] for _ in content]
    assert b"219099999" not in mask(raw, content, found, EVERYTHING, Mint()).body


@pytest.mark.parametrize("body", [{"max_tokens": 219099999}, {"options": {"num_ctx": 219099999}}])
def test_a_setting_stays_a_number(body: Any) -> None:
    raw = json.dumps(body).encode()
    content = leaves(raw)
    assert mask(raw, content, [[Finding(0, 9, "ssn")]], EVERYTHING, Mint()).body == raw
