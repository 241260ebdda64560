import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from evaluation.made_up import rows
from wye.evaluation.dataset import Row
from wye.evaluation.sides import Grouped, is_for_fitting, look, looked_at, marks
from wye.routing.revision import Trace, mark

MADE = rows(400)


def conversations(count: int) -> list[Row]:
    """Rows of four turns each."""
    return [
        msgspec.structs.replace(row, conversation=f"c{place // 4}") for place, row in enumerate(MADE[:count])
    ]


def test_a_side_is_a_matter_of_the_prompt_alone() -> None:
    found = [mark(f"prompt {number}") for number in range(400)]
    teaching = [one for one in found if is_for_fitting(one)]
    assert 150 < len(teaching) < 250
    assert is_for_fitting(mark("Prompt  1")) is is_for_fitting(mark("prompt 1"))


def test_a_row_is_known_by_its_conversation_and_its_prompt() -> None:
    (row,) = conversations(1)
    assert marks(row)[1:] == marks(MADE[0]) == (mark(row.prompt),)
    assert marks(row)[0] == marks(msgspec.structs.replace(row, prompt="Another turn."))[0] != mark("c0")


def test_half_of_the_conversations_teach_whole_whatever_the_order_of_rows() -> None:
    every = conversations(400)
    teaching = Grouped(every).teaching()
    sides = {
        one.conversation: {
            bool(teaching[at]) for at, other in enumerate(every) if other.conversation == one.conversation
        }
        for one in every
    }
    assert all(len(side) == 1 for side in sides.values())
    assert 30 < sum(side == {True} for side in sides.values()) < 70
    twins = [msgspec.structs.replace(row, prompt=f"{row.prompt}!") for row in MADE]
    both = Grouped([*MADE, *twins]).teaching()
    assert (both[:400] == both[400:]).all()
    assert (Grouped([*twins, *MADE]).teaching() == np.concatenate((both[400:], both[:400]))).all()
    assert 150 < both[:400].sum() < 250


def test_what_an_attempt_has_seen_is_never_forgotten(tmp_path: Path) -> None:
    assert looked_at(tmp_path / "auto") == ()
    look(tmp_path / "auto", 1, Trace(("a", "b"), b"\0\xff" * 32, (7,)))
    look(tmp_path / "auto", 2, Trace(("b", "c")))
    first, second = looked_at(tmp_path / "auto")
    assert (first.attempt, first.rows, first.likeness, first.common) == (1, ("a", "b"), b"\0\xff" * 32, (7,))
    assert (second.attempt, second.rows) == (2, ("b", "c"))


def test_lines_of_a_wye_that_kept_marks_alone_are_read(tmp_path: Path) -> None:
    (tmp_path / "looked_at.jsonl").write_text('{"attempt":1,"rows":["a"]}\n')
    assert [one.rows for one in looked_at(tmp_path)] == [("a",)]


@pytest.mark.parametrize("template", ["", "Read this with care, think step by step, and say what is meant: "])
def test_in_another_file_spent_rows_are_known_by_what_they_are(template: str) -> None:
    """Also where a file of ten rows cannot tell that its prompts share an instruction."""
    every = [msgspec.structs.replace(row, prompt=template + row.prompt) for row in conversations(200)]
    trace = Grouped(every).trace(range(100))
    again = every[3]
    nearly = msgspec.structs.replace(every[7], prompt=every[7].prompt.replace("?", " now?"), conversation="")
    turn = msgspec.structs.replace(MADE[300], conversation=every[40].conversation)
    belongs = msgspec.structs.replace(MADE[310], conversation="new")
    with_it = msgspec.structs.replace(nearly, conversation="new")
    fresh = [msgspec.structs.replace(row, prompt=template + row.prompt) for row in MADE[350:355]]
    other_half = every[150]
    given = [again, nearly, turn, belongs, with_it, *fresh, other_half]
    assert Grouped(given).known([trace]).tolist() == [True] * 5 + [False] * 6
    assert not Grouped(given).known([]).any()


def test_a_question_is_known_with_other_choices() -> None:
    asked = "Which planet of the solar system has the largest number of known moons as of today?"
    four, more = (
        asked + "".join(f"\n{letter}. {name}" for letter, name in zip("ABCD", names, strict=True))
        for names in (
            ("Earth", "Mars", "Saturn", "Venus"),
            ("Pluto the dwarf", "Titan", "Ceres", "Io or Europa"),
        )
    )
    (first, second) = (msgspec.structs.replace(MADE[0], prompt=prompt) for prompt in (four, more))
    trace = Grouped([first, *MADE[1:50]]).trace([0])
    assert Grouped([second, *MADE[50:90]]).known([trace]).tolist() == [True] + [False] * 40


def test_a_trace_says_little_and_is_quickly_compared() -> None:
    every = [
        msgspec.structs.replace(row, id=f"{row.id}/{seed}")
        for seed in range(10)
        for row in rows(400, seed=seed)
    ]
    grouped = Grouped(every)
    trace = grouped.trace(range(2000))
    assert len(msgspec.json.encode(trace)) < 2000 * 120
    began = time.process_time()
    known = grouped.known([trace])
    assert time.process_time() - began < 5
    assert known[:2000].all()
    assert known[2000:].mean() < 0.02
