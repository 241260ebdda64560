import pytest

from wye.policy.detectors import Detector, covered

DETECTOR = Detector()


def kinds(text: str) -> set[str]:
    return {one.kind for one in DETECTOR.find(text)}


@pytest.mark.parametrize("text", ["we heard 9 Soups Of The 90s today", "See 12 Winners Of 2"])
def test_words_of_a_sentence_between_two_numbers_are_no_street(text: str) -> None:
    assert "address" not in kinds(text)


def test_a_name_between_two_numbers_is_a_street() -> None:
    assert "address" in kinds("they live at 12 Lindenhof 45 now")


def found(text: str) -> list[str]:
    """Return the addresses of `text`, neighbours joined as masking joins them."""
    every = [one for one in DETECTOR.find(text) if one.kind == "address"]
    return [text[start:end] for start, end in covered(text, every)]


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("3110 Vestli vei 48\nApt. 7\nBodø", "3110 Vestli vei 48\nApt. 7\nBodø"),
        ("> 77 chemin du moulin 12\n> apt. 3", "77 chemin du moulin 12\n> apt. 3"),
        ("get off at 61 Kossuth Lajos utca 9.", "61 Kossuth Lajos utca 9"),
        ("they moved to 9 Marple Lane, Causeway.", "9 Marple Lane, Causeway"),
        ("they moved to 9 Marple Lane, Shore End, and stayed", "9 Marple Lane, Shore End"),
    ],
)
def test_an_address_is_found_from_its_number_to_its_town(text: str, street: str) -> None:
    assert found(text) == [street]


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("2 tablets daily\nRoom 12", ["Room 12"]),
        ("from 9 Marple Lane, Please hurry.", ["9 Marple Lane"]),
        ("from 9 Marple Lane, Nobody came", ["9 Marple Lane"]),
        ("we wait at 12 Boarding gate 5 now", []),
    ],
)
def test_what_stands_beside_an_address_stays_outside(text: str, street: list[str]) -> None:
    assert found(text) == street


@pytest.mark.parametrize("street", ["31 Rue tachkent", "12 bis rue de la paix", "7, viale dei pini"])
def test_a_street_written_small_behind_its_number_is_one(street: str) -> None:
    assert found(f"Meet me at {street}, at noon")[0].startswith(street.split(",", 1)[0])
