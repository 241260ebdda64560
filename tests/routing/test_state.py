"""What a route has learnt, on the disk."""

from pathlib import Path

import pytest

from wye.routing.state import Active, RouteState, StateError, append, routes


@pytest.fixture
def state(tmp_path: Path) -> RouteState:
    return RouteState(tmp_path, "auto")


def names(active: Active | None) -> tuple[str, str] | None:
    return None if active is None else (active.revision, active.certificate)


def test_nothing_is_active_at_first(state: RouteState) -> None:
    assert state.active() is None
    assert state.history() == []
    assert state.withdrawn() == {}
    with pytest.raises(StateError, match="nothing to roll back"):
        state.roll_back()


def test_rolling_back_twice_goes_back_twice(state: RouteState) -> None:
    state.activate("a")
    state.activate("b")
    state.activate("b", "c1")
    assert names(state.active()) == ("b", "c1")
    assert names(state.roll_back()) == ("b", "")
    assert names(state.roll_back()) == ("a", "")
    assert names(state.active()) == ("a", "")
    state.activate("d")
    assert names(state.roll_back()) == ("b", "c1")  # the activation before, whatever was rolled back since
    state.roll_back()
    state.roll_back()
    assert state.roll_back() is None
    assert state.active() is None
    assert len(state.history()) == 10
    last = state.history()[-1]
    assert (last.revision, last.turn) == ("", 0)  # since then nothing has
    assert last.since > 0
    state.activate("e")
    for _ in range(4):
        state.roll_back()
    assert state.roll_back() is None  # what was nothing is not gone back to
    assert names(state.active()) is None


def test_what_is_withdrawn_stays_withdrawn(state: RouteState) -> None:
    state.withdraw("c1", "the monitor fired")
    state.withdraw("c2", "expired")
    assert {name: gone.why for name, gone in state.withdrawn().items()} == {
        "c1": "the monitor fired",
        "c2": "expired",
    }


@pytest.mark.parametrize("name", ["auto/own", "..", ".", "a%2Fb", "x/../../y", "back\\slash", "nul\0"])
def test_a_route_of_any_name_stays_below_its_folder(tmp_path: Path, name: str) -> None:
    state = RouteState(tmp_path, name)
    state.activate("a")
    assert state.folder.resolve().parent == (tmp_path / "routing").resolve()
    assert routes(tmp_path) == [name]


def test_a_damaged_file_is_told_by_name(state: RouteState) -> None:
    append(state.withdrawn_path, Active("not a withdrawal"))
    with pytest.raises(StateError, match=r"withdrawn\.jsonl is damaged"):
        state.withdrawn()
    state.active_path.write_bytes(b"{")
    with pytest.raises(StateError, match=r"active\.json is damaged .*: `wye route activate` writes it anew"):
        state.active()


def test_what_cannot_be_read_is_told(state: RouteState) -> None:
    state.active_path.mkdir(parents=True)
    with pytest.raises(StateError, match=r"cannot read .*active\.json"):
        state.active()
