import math
import threading
from pathlib import Path

import pytest

from wye.evaluation.attempts import Register, RegisterError


def test_the_deltas_of_a_route_add_up_to_no_more_than_its_delta(tmp_path: Path) -> None:
    register = Register(tmp_path / "state" / "attempts.jsonl")
    spent = [register.begin("chat", 0.05, f"plan {number}").own_delta for number in range(50)]
    assert spent[0] == pytest.approx(0.05 * 6 / math.pi**2)
    assert spent[4] == pytest.approx(spent[0] / 25)
    assert sum(spent) < 0.05


def test_every_look_counts_and_survives(tmp_path: Path) -> None:
    path = tmp_path / "attempts.jsonl"
    Register(path).begin("a", 0.05, "same")
    assert Register(path).begin("a", 0.05, "same").number == 2
    assert Register(path).begin("b", 0.1, "same").number == 1
    assert [one.number for one in Register(path).attempts("a")] == [1, 2]
    assert Register(path).expected_false() == pytest.approx(0.15)


def test_delta_is_fixed_with_the_first_attempt(tmp_path: Path) -> None:
    register = Register(tmp_path / "attempts.jsonl")
    register.begin("a", 0.05, "p")
    with pytest.raises(RegisterError, match="another delta"):
        register.begin("a", 0.1, "p")
    assert len(register.attempts()) == 1


def test_two_at_once_are_two(tmp_path: Path) -> None:
    register = Register(tmp_path / "attempts.jsonl")
    threads = [threading.Thread(target=register.begin, args=("a", 0.05, "p")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.number for one in register.attempts()) == list(range(1, 9))


def test_a_damaged_register_certifies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "attempts.jsonl"
    path.write_text("{not json\n")
    with pytest.raises(RegisterError, match="damaged"):
        Register(path).begin("a", 0.05, "p")
    with pytest.raises(RegisterError, match="cannot"):
        Register(tmp_path).begin("a", 0.05, "p")
