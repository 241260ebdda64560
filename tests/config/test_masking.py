"""The words of `mask`."""

from pathlib import Path

import pytest

from wye.config.load import load
from wye.config.masking import ALL, found_as, words
from wye.config.problems import ConfigError


def test_a_word_means_what_detectors_call_it() -> None:
    assert found_as(("person", "ssn")) == {"name", "ssn", "national_id"}
    assert found_as(("phone",)) == {"phone", "nhs"}  # one in eleven has an NHS number's check digit
    assert found_as(ALL) == {ALL}
    assert found_as(()) == set()
    assert "person" in words()


def test_a_list_or_all(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("labels:\n  phi: {lanes: [own, closed], mask: [person, email]}\n  all: {mask: all}\n")
    labels = load(file).labels
    assert labels["phi"].mask == ("person", "email")
    assert labels["all"].mask == ALL


@pytest.mark.parametrize("wrong", ["persn", "[persn]", "[all]", "true"])
def test_a_typing_error_is_not_a_label_that_masks_nothing(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text(f"labels: {{phi: {{lanes: [own, closed], mask: {wrong}}}}}\n")
    with pytest.raises(ConfigError, match="mask"):
        load(file)
