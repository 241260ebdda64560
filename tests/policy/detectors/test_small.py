import time

import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def direct(text: str) -> list[str]:
    return [text[one.start : one.end] for one in DETECTOR.find(text) if one.direct]


def test_a_given_name_that_is_a_word_is_one_in_a_list_of_names() -> None:
    assert direct("we were five: silvia, katrin, rose and helga") == ["silvia", "katrin", "rose", "helga"]
    assert direct("we were five: silvia, katrin, tired and glad") == ["silvia", "katrin"]


@pytest.mark.parametrize(
    "text", ["please tell rose that it is done", "ask grace, she knows", "pt rose wright has a cough"]
)
def test_a_given_name_that_is_a_word_is_one_where_somebody_is_told(text: str) -> None:
    assert direct(text)


@pytest.mark.parametrize("text", ["she rose early", "they told grace stories", "ask will they come"])
def test_and_a_word_elsewhere(text: str) -> None:
    assert not direct(text)


def test_a_row_of_names_takes_time_by_its_length() -> None:
    text = "katrin " * 5_000
    began = time.thread_time()
    DETECTOR.find(text)
    assert time.thread_time() - began < 2  # seconds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("we took the train to wolverhampton yesterday", "wolverhampton"),
        ("amy woods did not answer", "amy woods"),
        ("me llamo begoña y tengo una pregunta", "begoña"),
        ("una cita para eligio mendoza garriga, por favor, el lunes", "eligio mendoza garriga"),
        ("vivo en la calle del molino 14 desde enero", "calle del molino 14"),
    ],
)
def test_without_capitals_the_lexicon_and_the_context_tell(text: str, what: str) -> None:
    assert what in direct(text)


@pytest.mark.parametrize(
    "text",
    [
        "hasta el lunes por la tarde, gracias",
        "una casa muy vieja con un perro",
        "how far is it to the end",
    ],
)
def test_everyday_words_stay_so(text: str) -> None:
    assert not direct(text)


def test_a_country_is_a_region_however_it_is_written() -> None:
    assert [one.kind for one in DETECTOR.find("they moved to uruguay last year")] == ["region", "when"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("we saw mr. wells there", "mr. wells"),
        ("ask dr wells, not me", "dr wells"),
        ("shares of weeks-rivasz and brandtner-weeks", "brandtner-weeks"),
        ("she moved to 5366 pivovarská 276 in may", "5366 pivovarská 276"),
    ],
)
def test_titles_hyphens_and_figures_tell_a_name(text: str, what: str) -> None:
    assert what in direct(text)


@pytest.mark.parametrize(
    "text",
    [
        "the dr. said so",
        "take 2 losartan 50 mg",
        "a child-pugh score",
        "a gleason score of 7",
        "with wilson's disease",
        "chapter 3 verse 16",
    ],
)
def test_and_no_others(text: str) -> None:
    assert not direct(text)


def test_countries_of_two_words_are_regions() -> None:
    assert [one.kind for one in DETECTOR.find("from new zealand to the united states")] == [
        "region",
        "region",
    ]


def test_a_message_of_hl7_says_who_it_is_about() -> None:
    text = "PID|1||12345678^^^MRN||WALKER^ROSE^M||19840312|F"
    assert "WALKER^ROSE^M" in [text[one.start : one.end] for one in DETECTOR.find(text)]
    assert not DETECTOR.find("x^2 + y^2 and a^b")
