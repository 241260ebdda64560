import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text)]


@pytest.mark.parametrize("text", ["Hello Rose, are you in?", "Dear Mark,", "Hola Victor,", "Thanks Grace."])
def test_a_greeting_makes_a_name_of_a_word(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["name"]


@pytest.mark.parametrize(
    "text", ["Hello World", "Dear Customer,", "Hi Team, are you in?", "Dear Hiring Manager,"]
)
def test_a_greeting_makes_no_name_of_everybody(text: str) -> None:
    assert not found(text)


def test_two_surnames_with_a_hyphen_are_a_name_and_two_words_are_none() -> None:
    assert found("we asked Baker-Woods about it") == [("name", "Baker-Woods")]
    assert not found("we asked Front-Desk about it")


@pytest.mark.parametrize("text", ["closed on Boxing Day again", "we met on Midsummer Eve again"])
def test_a_holiday_is_nothing(text: str) -> None:
    assert not found(text)


def test_spanish_writes_nouns_small_however_many_names_there_are() -> None:
    assert ("name", "Villamarta") in found("Me llamo Begoña y nací en Villamarta el 3 de mayo de 1990.")
    assert not [kind for kind, _ in found("Vivo en el norte con mi perro y una gata.") if kind == "name"]


def test_an_acronym_is_harmless_in_capitals_only() -> None:
    assert found("we asked Ada about it") == [("name", "Ada")]
    assert not found("as the ADA guidelines say")


def test_what_somebody_heads_is_no_name() -> None:
    assert not found("she is head of Sales there")


def test_a_name_opens_what_somebody_says_in_a_chat() -> None:
    assert found("Rose: are you there?") == [("name", "Rose")]


@pytest.mark.parametrize(
    "text",
    [
        "ask the Facilities Manager for a Parking Permit",
        "she holds a Bachelor of Letters",
        "we read the Terms Sheet",
        "it won the Brimley Prize",
        "closed on Christmas Eve",
    ],
)
def test_trades_papers_and_prizes_are_nothing(text: str) -> None:
    assert not found(text)


def test_united_states_are_a_region() -> None:
    assert [kind for kind, _ in found("they moved to the United States and the United Kingdom")] == [
        "region",
        "region",
    ]


@pytest.mark.parametrize("text", ["They had 3: Key, Zorvan, Abramovich", "Miss Hrrleb flew on."])
def test_what_stands_by_is_a_name_that_no_list_has(text: str) -> None:
    assert found(text)[0][0] == "name"
    assert text.index(found(text)[0][1]) == max(text.find("Key"), 0)


def test_who_was_born_is_somebody() -> None:
    assert [kind for kind, _ in found("Rose was born in spring.")] == ["name"]
    assert not found("Rose was the colour of spring.")


def test_what_is_shouted_has_names_of_people_and_places() -> None:
    hidden = " ".join(
        what for _, what in found("WRITE TO GRETCHEN BRANDTNER. SHE LIVES NEAR WOLVERHAMPTON NOW.")
    )
    assert "GRETCHEN BRANDTNER" in hidden
    assert "WOLVERHAMPTON" in hidden
    assert not found("PLEASE TAKE THE TABLETS IN THE EVENING AND CALL BEFORE THEY ARE GONE")


@pytest.mark.parametrize("name", ["John", "Maria", "Peter", "Jenny", "Rose", "Mark", "Grace"])
@pytest.mark.parametrize(
    "text",
    [
        "{} has asthma.",
        "{} is 45.",
        "The ward is full. {} was seen last week.",
        "{} takes metformin.",
        "{}'s mother called.",
        "bring all three: {}, Helga and Xandria",
        "User: {}",
        "Kind regards,\n\n{}",
        "Best,\n{}",
        "Thanks!\n- {}",
        "{}\n\n14 Marple Lane",
    ],
)
def test_what_is_a_name_first_is_one_where_it_opens_a_sentence(text: str, name: str) -> None:
    said = text.format(name)
    names = [found for kind, found in found(said) if kind == "name"]
    assert any(one.startswith(name) for one in names), said


@pytest.mark.parametrize(
    "text",
    [
        "Doctor said so.",
        "The rose has thorns.",
        "Price is 45.",
        "May is warm.",
        "Hope so.",
        "Ray is a line.",
        "Max was hit.",
    ],
)
def test_who_has_no_name_by_what_they_do_is_nobody(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Miss Brandtner flew to Leeds", ("name", "Miss Brandtner")),
        ("mr. Brandtner flew to Leeds", ("name", "mr. Brandtner")),
        ("Mr. Dr. Helga Brandtner flew to Leeds", ("name", "Mr. Dr. Helga Brandtner")),
        ("was at\nGreenlander 26364\n", ("address", "Greenlander 26364")),
        ("It is a Friday American film", ("group", "American")),
        ("Kettle is a design agency in Leeds", ("organisation", "Kettle")),
        ("Brandtner of Kettle is the boss", ("organisation", "Kettle")),
        ("who visited Lisa in UCSF on July 15th", ("name", "UCSF")),
        ("Producer Mark explained it", ("name", "Mark")),
        ("When: 1984\nWhere: Finland Country Club.", ("place", "Finland Country Club")),
    ],
)
def test_what_stands_beside_a_word_says_what_it_is(text: str, what: tuple[str, str]) -> None:
    assert what in found(text)
