import pytest

from wye.policy.detectors import runs
from wye.policy.detectors.words import read


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Ann Brandt said", "Ann Brandt"),
        ("Brandt & Olsen said", "Brandt & Olsen"),
        ("Anne-Marie Olsen", "Anne-Marie Olsen"),
        ("St. Louis", "St. Louis"),
        ("J. Brandt", "J. Brandt"),
        ("Carla de Souza", "Carla de Souza"),
        ("Clinic of Lausanne", "Clinic of Lausanne"),
        ("Brandt's Clinic", "Brandt's Clinic"),
        ("Children's National", "Children's National"),
        ("Ann of Cleves", "Ann"),
        ("Brandt's Ann", "Brandt's"),
        ("Brandt’s Ann", "Brandt’s"),
        ("Brandt. Olsen", "Brandt"),
        ("Brandt, Olsen", "Brandt"),
        ("Carla de souza", "Carla"),
        ("Carla de", "Carla"),
        ("Carla", "Carla"),
    ],
)
def test_words_with_capitals_belong_together(text: str, together: str) -> None:
    words = read(text)
    assert text[: words.all[runs.last(words.all, 0)].end] == together
