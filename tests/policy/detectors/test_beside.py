import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text)]


def direct(text: str) -> list[str]:
    return [text[one.start : one.end] for one in DETECTOR.find(text) if one.direct]


@pytest.mark.parametrize(
    "text",
    [
        "Brimhollow is a 1998 Danish horror film by nobody known.",
        "Brimhollow was an opera in three acts.",
        "Quiet Harbours is a novel about the sea.",
        "Brimhollow es una película de terror.",
    ],
)
def test_the_title_of_a_work_names_nobody(text: str) -> None:
    assert not direct(text)
    assert ("term", "Quiet Harbours") not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Brimhollow is a Danish film director.",
        "Brimhollow is a film buff.",
        "Brimhollow is a novel writer from the north.",
        "Brimhollow is a friend of mine.",
        "Helga is a series producer.",
    ],
)
def test_who_makes_works_is_somebody(text: str) -> None:
    assert len(direct(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "she is learning Finnish at night",
        "he speaks Polish and some Swedish with her",
        "they teach Italian literature",
        "please write it in German.",
        "she speaks turkish fluently",
    ],
)
def test_a_language_is_no_people(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text", ["a study of Finnish men", "common in Polish patients", "in Polish and Swedish patients"]
)
def test_a_people_is_no_language(text: str) -> None:
    assert {kind for kind, _ in found(text)} == {"group"}


@pytest.mark.parametrize(
    "text", ["The Queen Mother waved.", "then the Prince Regent left", "The Emperor Emeritus is ill"]
)
def test_a_rank_and_an_everyday_word_are_nobody(text: str) -> None:
    assert not direct(text)


@pytest.mark.parametrize("text", ["then the Queen Matilda left", "then Queen Victoria left"])
def test_a_rank_and_a_name_are_somebody(text: str) -> None:
    assert direct(text)


@pytest.mark.parametrize(
    ("text", "house"),
    [
        ("we thank Helga Brandtner of Elsewhere for it", "Elsewhere"),
        ("with Almost's Helga Brandtner and others", "Almost's"),
        ("Bright Kettle engineer Helga Brandtner wrote it", "Bright Kettle"),
        ("Bright Kettle Software is a small firm", "Bright Kettle Software"),
        ("made for Vintner Cruise Lines in spring", "Vintner Cruise Lines"),
    ],
)
def test_what_stands_beside_a_person_or_says_its_trade_is_a_house(text: str, house: str) -> None:
    assert house in [what for _, what in found(text)]


@pytest.mark.parametrize(
    "text",
    [
        "it tastes of Almost nothing",
        "Today's meeting is off",
        "Beau's Lines are seen on the nail",
        "Bright Kettle, but not today",
        "She said Monday's Helga is another",
    ],
)
def test_without_them_everyday_words_are_none(text: str) -> None:
    assert {"organisation", "term"}.isdisjoint(kind for kind, _ in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "she works for Kettle now",
        "the CEO of Kettle resigned",
        "Kettle's CEO resigned",
        "he wants to join Kettle in May",
        "an engineer at Kettle wrote it",
        "my employer is Kettle and they pay late",
        "trabaja en Kettle desde el 3 de mayo",
        "Head of Sales, Kettle",
    ],
)
def test_whom_somebody_works_for_is_a_house(text: str) -> None:
    assert [what.removesuffix("'s") for kind, what in found(text) if kind == "organisation"] == ["Kettle"]


@pytest.mark.parametrize(
    "text",
    [
        "a query that joins Kettle and Spoon",
        "she works for free",
        "Head of Sales",
        "it is made for Kettle lovers",
    ],
)
def test_otherwise_a_word_is_none(text: str) -> None:
    assert not direct(text)


@pytest.mark.parametrize(
    "text",
    [
        "mock the OrderService in a test",
        "it throws a CacheMissError here",
        "ask a Senior Software Engineer or a Health Care Assistant",
        "the Tenant pays the Page and the Field on time",
        "how a Hartmann heap or the Zorn lemma works",
    ],
)
def test_what_programs_contracts_and_theorems_are_made_of_raises_nothing(text: str) -> None:
    assert not direct(text)


@pytest.mark.parametrize(
    "text",
    [
        "ask McBride about it",
        "ask LaShawn about it",
        "the Page family moved",
        "ask Page about it",
        "they left Bright Kettle Software Ltd. in May",
        "they left Bright Kettle Software early",
    ],
)
def test_who_is_somebody_still_raises(text: str) -> None:
    assert direct(text)


def test_eve_is_somebody_but_for_the_day_before() -> None:
    assert direct("we met Eve there") == ["Eve"]
    assert not direct("we met on New Year's Eve there")


@pytest.mark.parametrize(
    "text",
    [
        "we asked Kettle and Villamarta",
        "with Brandtner, Kettle, Villamarta and others",
        "my Kettle account is closed",
        "payable to Kettle only",
    ],
)
def test_an_everyday_word_among_names_is_one(text: str) -> None:
    assert any("Kettle" in what for _, what in found(text))


@pytest.mark.parametrize(
    "text", ["we asked Mom and Brandtner", "with Brandtner and Dad", "my Savings grew", "Savings and more"]
)
def test_an_everyday_word_among_others_is_none(text: str) -> None:
    assert not [what for _, what in found(text) if what != "Brandtner"]
