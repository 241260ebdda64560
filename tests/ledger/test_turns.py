"""Turns that wye keeps and answers that upstreams hold: found by their owner, as long as they live."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ledger.records import START, record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError, TooLargeError
from wye.ledger import KeyStore, Ledger
from wye.ledger.keystore import Grant
from wye.ledger.turns import Held, Turn, Turns


@pytest.fixture
def turns(settings: LedgerSettings, tmp_path: Path) -> Iterator[Turns]:
    with Turns(settings, tmp_path) as opened:
        yield opened


def turn(id_: str, previous: str | None = None, **changes: object) -> Turn:
    made = Turn(
        id=id_,
        owner="key_1",
        previous=previous,
        at=100.0,
        expires=200.0,
        deployment="groq/llama",
        labels=frozenset({"internal", "phi"}),
        input=f'[{{"role":"user","content":"{id_}"}}]',
        answer='{"output":[]}',
    )
    return msgspec.structs.replace(made, **changes)


def ids(turns: Turns, last: str, owner: str = "key_1", now: float = 150) -> list[str]:
    return [one.id for one in turns.conversation(last, owner, now, 10_000)]


def test_a_turn_comes_back_to_its_owner_alone(turns: Turns) -> None:
    turns.keep(turn("a"))
    assert turns.get("a", "key_1", 199.9) == turn("a")
    assert turns.get("a", "key_1", 200) is None
    assert turns.get("a", "key_2", 150) is None
    assert turns.get("a", "", 150) is None
    assert turns.get("b", "key_1", 150) is None


def test_the_default_says_how_long_a_turn_is_kept_and_sticks_to_nothing(turns: Turns) -> None:
    turns.sealing.retain_days = lambda labels: 1 if "internal" in labels else None
    turns.keep(turn("a", labels=frozenset({"phi"}), unnamed=frozenset({"internal"}), expires=1e9))
    kept = turns.get("a", "key_1", 150)
    assert kept is not None
    assert (kept.labels, kept.expires) == ({"phi"}, 2 * 86_400)


def test_a_conversation_is_all_that_came_before(turns: Turns) -> None:
    for made in (turn("a"), turn("b", "a"), turn("c", "b"), turn("b2", "a"), turn("other")):
        turns.keep(made)
    assert ids(turns, "c") == ["a", "b", "c"]
    assert ids(turns, "b2") == ["a", "b2"]
    assert ids(turns, "a") == ["a"]
    assert ids(turns, "c", owner="key_2") == []
    assert ids(turns, "nobody") == []


def test_what_has_lost_its_beginning_cannot_go_on(turns: Turns) -> None:
    for made in (turn("a"), turn("b", "a"), turn("c", "b")):
        turns.keep(made)
    assert not turns.delete("b", "key_2", 150)
    assert turns.delete("b", "key_1", 150)
    assert not turns.delete("b", "key_1", 150)
    assert ids(turns, "c") == []
    assert ids(turns, "a") == ["a"]


def test_another_s_turn_is_no_beginning(turns: Turns) -> None:
    turns.keep(turn("a", owner="key_2"))
    turns.keep(turn("b", "a"))
    assert ids(turns, "b") == []


def test_a_conversation_that_goes_on_lives_on(turns: Turns) -> None:
    turns.keep(turn("a"))
    turns.keep(turn("b", "a", at=150.0, expires=250.0))
    turns.keep(turn("other"))
    assert ids(turns, "b", now=240) == ["a", "b"]
    assert turns.get("other", "key_1", 240) is None
    assert turns.sweep(240) == 1
    assert turns.sweep(240) == 0
    assert turns.sweep(250) == 2
    assert ids(turns, "b", now=100) == []


def test_a_conversation_too_large_is_refused(turns: Turns) -> None:
    turns.keep(turn("a"))
    turns.keep(turn("b", "a"))
    with pytest.raises(TooLargeError, match="larger than 60 bytes"):
        turns.conversation("b", "key_1", 150, 60)
    assert len(turns.conversation("b", "key_1", 150, 200)) == 2


def test_an_id_is_kept_once(turns: Turns) -> None:
    turns.keep(turn("a"))
    with pytest.raises(LedgerError):
        turns.keep(turn("a", owner="key_2"))


def test_who_holds_an_answer_stands_in_its_record(ledger: Ledger, turns: Turns) -> None:
    ledger.append(record(1, key="key_1", response="resp_1", deployment="openai/gpt"))
    named = {"labels": ("internal", "phi"), "answer_labels": ("secret",)}
    origins = ("phi=header", "secret=answer:secret")
    ledger.append(record(2, key="key_2", response="resp_2", origins=origins, **named))
    ledger.append(record(3, key=""))
    ledger.append(record(4, key="", response="resp_4", labels=(), subject="a" * 32))
    ledger.append(record(5, key="key_1", response="resp_1", deployment="openai/mini"))
    assert ledger.flush()
    assert turns.held("resp_1", "key_1", START) == Held("openai/mini", frozenset())
    assert turns.held("resp_2", "key_2", START) == Held("embedded", frozenset({"phi", "secret"}))
    assert turns.held("resp_1", "key_1", START + 6) is None
    assert turns.held("resp_1", "key_2", START) is None
    assert turns.held("resp_1", "", START) is None
    assert turns.held("resp_4", "", START) == Held("embedded", frozenset(), "a" * 32)
    assert turns.held("resp_5", "key_1", START) is None


def test_a_rotated_key_owns_what_its_predecessor_got(ledger: Ledger, turns: Turns, keys: KeyStore) -> None:
    old, _ = keys.create(Grant(name="a"))
    new, _ = keys.rotate(old.id)
    stranger, _ = keys.create(Grant(name="b"))
    ledger.append(record(1, key=old.id, response="resp_1"))
    ledger.append(record(2, key=new.id, response="resp_2"))
    assert ledger.flush()
    for id_ in ("resp_1", "resp_2"):
        assert turns.held(id_, new.family, START) == Held("embedded", frozenset())
        assert turns.held(id_, stranger.family, START) is None


def test_only_answers_one_can_go_on_from_are_in_the_index(tmp_path: Path) -> None:
    with Turns(LedgerSettings(), tmp_path):
        pass
    query = "EXPLAIN QUERY PLAN SELECT deployment FROM request WHERE response = ?"
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        plan = connection.execute(query, ("x",)).fetchall()
    connection.close()
    assert "request_response" in plan[0][3]
