"""Labels by conversation: bounded, and nobody pushes out another's."""

import random
from collections import Counter

import pytest

from wye.gateway.conversations import Conversations, Known

PHI = frozenset({"phi"})
HOUR = 3_600.0


class Clocked:
    """Conversations, and what time it is."""

    def __init__(self) -> None:
        self.now = 0.0
        self.known = Conversations()

    def put(self, account: str, number: int, most: int = 100) -> None:
        known = Known(self.now, PHI, self.now)
        self.known.put((account, b"%d" % number), known, self.now - HOUR, most)

    def has(self, account: str, number: int) -> bool:
        return self.known.get((account, b"%d" % number), self.now - HOUR) is not None


@pytest.fixture
def made() -> Clocked:
    return Clocked()


def test_whoever_floods_it_loses_their_own(made: Clocked) -> None:
    for number in range(10):
        made.put("victim", number)
    for number in range(10_000):
        made.put("flood", number)
    assert all(made.has("victim", number) for number in range(10))
    assert [number for number in range(10_000) if made.has("flood", number)] == list(range(9_910, 10_000))


def test_a_flood_that_was_there_before_makes_room(made: Clocked) -> None:
    for number in range(100):
        made.put("flood", number)
    for number in range(50):
        made.put("late", number)
    assert all(made.has("late", number) for number in range(50))
    assert len(made.known) == 100


def test_among_equals_the_one_that_was_quiet_longest_goes(made: Clocked) -> None:
    for number in range(200):
        made.put(f"account{number}", 0)
    assert [number for number in range(200) if made.has(f"account{number}", 0)] == list(range(100, 200))


def test_within_an_account_a_turn_keeps_its_conversation(made: Clocked) -> None:
    made.put("a", 0, most=3)
    for number in range(1, 50):
        made.put("a", number, most=3)
        made.put("a", 0, most=3)
    assert made.has("a", 0)
    assert len(made.known) == 3


def test_what_is_too_old_makes_room_first(made: Clocked) -> None:
    for number in range(60):
        made.put("old", number)
    made.now = HOUR
    assert not made.has("old", 0)
    for number in range(80):
        made.put("new", number)
    assert len(made.known) == 80
    made.put("other", 0)
    assert all(made.has("new", number) for number in range(80))


def test_a_smaller_bound_holds_at_once(made: Clocked) -> None:
    for number in range(100):
        made.put("a", number)
    made.put("b", 0, most=10)
    assert len(made.known) == 10
    assert made.has("b", 0)


def test_no_account_loses_while_another_has_more(made: Clocked) -> None:
    """Against counting it all anew at each step."""
    chance = random.Random(6)  # noqa: S311  # it has to come again
    held: dict[tuple[str, int], float] = {}
    for step in range(3_000):
        made.now += chance.choice((0, 1, 200))
        account, number = f"a{int(chance.paretovariate(1)) % 7}", chance.randrange(40)
        made.put(account, number, most=50)
        held[account, number] = made.now
        held = {mark: at for mark, at in held.items() if made.now - at < HOUR}
        counts = Counter(account for account, _ in held)
        gone = [mark for mark in held if not made.has(*mark)]
        assert len(held) - len(gone) == len(made.known) == min(len(held), 50), step
        for mark in gone:
            assert counts[mark[0]] == max(counts.values())
            del held[mark]
