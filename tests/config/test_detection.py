"""What an organisation writes to have content looked at, and the errors it gets."""

from pathlib import Path

import pytest

from wye.config.detection import MAX_TERMS, terms
from wye.config.load import load
from wye.config.problems import ConfigError


def test_labels_words_and_bounds(tmp_path: Path) -> None:
    words, file = tmp_path / "words", tmp_path / "wye.yaml"
    words.write_bytes("\ufeff# ours\nProject Heron\n\n  Älvsjö  \n".encode())
    file.write_text(f"detection:\n  raises: {{phi: [person, ssn], secret: all}}\n  dictionary: {words}\n")
    made = load(file).detection
    assert made.raises == {"phi": ("person", "ssn"), "secret": "all"}
    assert terms(made.dictionary or "") == ("Project Heron", "Älvsjö")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raises: {phi: [persn]}", r"yaml:2:\d+: detection.raises.phi\[0\].*Did you mean 'person'"),
        ("raises: {phi: []}", "yaml:2:.*names nothing that would raise it"),
        ("timeout_ms: 50", "raises nothing, so nothing is looked for. Write `raises: {phi: all}`"),
        ("raises: {phi: all}\n  dictionary: nowhere", "yaml:3:.*cannot be read"),
        ("raises: {phi: all}\n  late: pass", "yaml:3:.*late"),
        ("raises: {phi: all}\n  workers: 0", "yaml:3:.*workers"),
    ],
)
def test_an_error_names_the_line_and_the_fix(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text(f"detection:\n  {text}\n")
    with pytest.raises(ConfigError, match=told):
        load(file)


def test_a_dictionary_is_text_and_bounded(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="not UTF-8"):
        terms(str(file))
    file.write_text("a\n" * (MAX_TERMS + 1))
    with pytest.raises(ValueError, match="more than"):
        terms(str(file))


def test_bounds_may_stand_alone_where_a_label_masks(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("labels: {phi: {lanes: [own, closed], mask: all}}\ndetection: {timeout_ms: 50}\n")
    assert load(file).detection.timeout_ms == 50
