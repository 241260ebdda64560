import pytest

from wye.policy.detectors import dictionary
from wye.policy.detectors.dictionary import Dictionary


def test_the_longest_term_at_a_word_wins() -> None:
    text = "project blue heron two"
    found = list(Dictionary(["blue", "blue heron", ""]).find(text))
    assert [text[one.start : one.end] for one in found] == ["blue heron"]


def test_a_dictionary_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "MAX_TERMS", 2)
    with pytest.raises(ValueError, match="2 terms at most"):
        Dictionary(["a", "b", "c"])
