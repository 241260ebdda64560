"""Who asks its provider to keep the prompt, and where such a request may go."""

import json
from typing import Any

import pytest

from wye.core.decision import Verdict
from wye.gateway.caching import ASKING, as_asked, asked

PLAIN = json.dumps({"messages": [{"role": "user", "content": 'say "cache_control": 1'}]}).encode()
MARKED = b'{"messages": [{"content": [{"text": "a", "cache_control": {"type": "ephemeral"}}]}]}'


def verdict(**narrowed: set[str]) -> Verdict:
    sets = {action: frozenset(ids) for action, ids in narrowed.items()}
    return Verdict(
        frozenset({"phi"}), frozenset("ab"), {"c": "no"}, ceiling=False, revision="r", narrowed=sets
    )


@pytest.mark.parametrize("name", sorted(ASKING))
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: {"tools": [{"f": x}]}, lambda x: {"a": [[x]]}])
def test_whoever_asks_is_found_wherever_it_stands(name: str, nest: Any) -> None:
    assert asked(json.dumps(nest({name: "24h"})).encode()) == name
    assert asked(json.dumps(nest({name: None})).encode()) == ""


def test_a_name_that_is_spelled_with_escapes_counts() -> None:
    assert asked(b'{"c\\u0061che_control": {}}') == "cache_control"


@pytest.mark.parametrize("body", [b"", b"{}", PLAIN, b'{"prompt_cache_key": "a"}'])
def test_who_does_not_ask_is_let_be(body: bytes) -> None:
    assert asked(body) == ""


@pytest.mark.parametrize("body", [b"cache", b"[" * 100_000 + b'"cache"'])
def test_what_cannot_be_read_may_ask(body: bytes) -> None:
    assert asked(body) in ASKING


def test_fewer_may_answer_what_asks() -> None:
    said = verdict(cache={"a"}, shadow={"b"}, store={"a", "b"})
    assert as_asked(said, PLAIN) is said
    narrow = as_asked(said, MARKED)
    assert narrow.permitted == {"a"}
    assert narrow.refused == {
        "c": "no",
        "b": "a rule forbids that it keeps the prompt: leave out `cache_control`",
    }
    assert [narrow.permits(action, "b") for action in ("infer", "shadow", "store", "judge")] == [False] * 4
    assert narrow.permits("store", "a")


def test_where_no_rule_speaks_of_caches_nothing_changes() -> None:
    said = verdict(store={"a"})
    assert as_asked(said, MARKED) is said
