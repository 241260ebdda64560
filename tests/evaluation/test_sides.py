from pathlib import Path

from wye.evaluation.sides import Looked, is_for_fitting, look, looked_at
from wye.routing.revision import mark


def test_a_side_is_a_matter_of_the_prompt_alone() -> None:
    marks = [mark(f"prompt {number}") for number in range(400)]
    teaching = [one for one in marks if is_for_fitting(one)]
    assert 150 < len(teaching) < 250
    assert is_for_fitting(mark("Prompt  1")) is is_for_fitting(mark("prompt 1"))


def test_what_an_attempt_has_seen_is_never_forgotten(tmp_path: Path) -> None:
    assert looked_at(tmp_path / "auto") == frozenset()
    look(tmp_path / "auto", Looked(1, ("a", "b")))
    look(tmp_path / "auto", Looked(2, ("b", "c")))
    assert looked_at(tmp_path / "auto") == {"a", "b", "c"}
