import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text)]


@pytest.mark.parametrize("firm", ["Brandtner, Lindqvist and Woods", "Brandtner and Sons", "Lindqvist & Sons"])
def test_a_firm_is_one(firm: str) -> None:
    assert found(f"they asked {firm} about it") == [("organisation", firm)]


@pytest.mark.parametrize("people", ["Anna, Katrin and Rose", "Anna Brandtner, Katrin Lindqvist and Rose"])
def test_people_are_several(people: str) -> None:
    assert [kind for kind, _ in found(f"they asked {people} about it")] == ["name"] * 3


def test_a_house_and_where_it_stands_are_one() -> None:
    assert [kind for kind, _ in found("seen at Marple Clinic in Leeds today")] == ["organisation"]
