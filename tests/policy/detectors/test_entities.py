import importlib.util
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors import Detector, Finding
from wye.policy.detectors.entities import Entities, harmless, model, undecided


def found(text: str) -> list[tuple[str, str]]:
    entities = model()
    assert entities is not None
    return [(text[one.start : one.end], one.kind) for one in entities(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Yesterday I met Krisztina Szabó again",
        "ayer hablé con Ignacio Urrutia sobre el informe",
        "Gestern hat Jürgen Kowalczyk angerufen",
    ],
)
def test_people_are_found_whole(text: str) -> None:
    assert {"Krisztina Szabó", "Ignacio Urrutia", "Jürgen Kowalczyk"} & {
        text[one.start : one.end] for one in Detector(entities=model()).find(text) if one.kind == "name"
    }
    assert any(kind == "name" for _, kind in found(text))


@pytest.mark.parametrize(
    "text", ["apixaban", "Alzheimer", "killers", "AFib", "NYHA Class III", "Marfan syndrome"]
)
def test_what_is_explained_is_no_entity(text: str) -> None:
    assert harmless(text)


def test_a_name_is_not_harmless() -> None:
    assert not harmless("Krisztina Szabó")
    assert not harmless("krisztina")


def test_a_text_longer_than_a_window_is_read_to_its_end() -> None:
    text = "the report says nothing new about it. " * 60 + "Signed by Krisztina Szabó."
    assert ("Krisztina Szabó", "name") in found(text)
    assert found("") == []


def test_threads_share_a_model() -> None:
    text = "Yesterday I met Krisztina Szabó in Pécs"
    want, got = found(text), []
    threads = [threading.Thread(target=lambda: got.append(found(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [want] * 4


def test_without_the_package_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert model.__wrapped__() is None


def test_the_model_is_loaded_once() -> None:
    assert isinstance(model(), Entities)
    assert model() is model()


def stretches(text: str, known: tuple[str, ...] = (), kind: str = "name") -> list[str]:
    told = [Finding(text.index(one), text.index(one) + len(one), kind, 0.9, "rule") for one in known]
    return [text[start:end].strip() for start, end in undecided(text, told)]


def test_only_sentences_in_doubt_are_read() -> None:
    text = "The report is late. It was sent by Ignacio Urrutia. Nothing else happened.\nPlease wait."
    assert stretches(text) == ["It was sent by Ignacio Urrutia."]
    assert stretches(text, ("Ignacio Urrutia",)) == []
    assert stretches(text, ("Ignacio Urrutia",), "term") == ["It was sent by Ignacio Urrutia."]
    assert stretches(text, ("Ignacio",)) == ["It was sent by Ignacio Urrutia."]
    assert stretches("ask krisztina about it") == ["ask krisztina about it"]
    assert stretches("apixaban 5 mg was given. nothing else.") == []
    assert stretches("") == []


def test_few_neighbouring_sentences_are_read_at_once() -> None:
    one = "It was sent by Ignacio Urrutia. "
    assert stretches(one * 2) == [(one * 2).strip()]
    many = stretches(one * 40)
    assert sum(each.count(one.strip()) for each in many) == 40
    assert max(map(len, many)) <= 400
    long = "It was sent " + "and sent again " * 40 + "by Ignacio Urrutia."
    assert stretches(long) == [long]


def test_a_title_does_not_end_a_sentence() -> None:
    assert stretches("He was seen by Dr. Krisztina Szabó. Then he left.") == [
        "He was seen by Dr. Krisztina Szabó."
    ]


@given(st.text(max_size=300))
def test_stretches_are_in_order_and_hold_every_doubt(text: str) -> None:
    end = 0
    for start, stop in undecided(text, ()):
        assert end <= start < stop <= len(text)
        end = stop
