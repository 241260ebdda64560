"""What the process that looks into requests answers: found across pieces, or told as trouble."""

import base64
import json
import time

import pytest

from wye.gateway.inspector import PIECE, Ask, Inspector, Told, pieces
from wye.gateway.streamtext import Spoken

SAID = "Her social security number is 219-09-9999, as you asked."
LATER = 60.0


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    return Inspector(("Project Heron",))


def told(inspector: Inspector, ask: Ask) -> Told:
    answer = inspector.answer(ask)
    assert answer is not None
    return answer


def body(text: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}]}).encode()


def events(text: str, step: int) -> bytes:
    deltas = [text[at : at + step] for at in range(0, len(text), step)]
    chunks = [{"created": 5551234567, "choices": [{"index": 0, "delta": {"content": one}}]} for one in deltas]
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)


def test_kinds_and_the_dictionary(inspector: Inspector) -> None:
    found = told(inspector, Ask(1, "body", body(f"{SAID} project heron"), time.monotonic() + LATER))
    assert {"national_id", "dictionary"} <= set(found.kinds)
    assert found.trouble == ""


def test_what_cannot_be_looked_at_is_trouble(inspector: Inspector) -> None:
    assert told(inspector, Ask(2, "body", body("x" * 3 * PIECE), 0.0)).trouble == "late"
    assert told(inspector, Ask(3, "body", b'{"a": "\\q"}', time.monotonic() + LATER)).trouble.startswith(
        "failed"
    )
    tokens = told(inspector, Ask(4, "body", b'{"input": [[1, 2, 3]]}', time.monotonic() + LATER))
    assert tokens.media


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("cut", [1, 7, 50])
def test_a_stream_cut_anywhere_is_read(inspector: Inspector, step: int, cut: int) -> None:
    sent = events(SAID, step)
    number = 1_000 + 100 * step + cut
    for at in range(0, len(sent), len(sent) // cut + 1):
        piece = sent[at : at + len(sent) // cut + 1]
        assert inspector.answer(Ask(number, "more", piece, begins=at == 0)) is None
    assert told(inspector, Ask(number, "end", b"")).kinds == ("national_id",)


def test_a_stream_whose_beginning_is_forgotten_is_trouble(inspector: Inspector) -> None:
    assert told(inspector, Ask(9, "end", events("Hi", 1))).trouble == "failed (forgotten)"


def test_trouble_in_a_stream_stays(inspector: Inspector) -> None:
    assert inspector.answer(Ask(10, "more", b'data: {"a": "\\q"}\n\n', begins=True)) is None
    assert told(inspector, Ask(10, "end", events("Hi", 1))).trouble.startswith("failed")


def test_no_stretch_of_a_long_text_is_cut_in_two() -> None:
    text = "".join(chr(97 + at % 26) for at in range(3 * PIECE))
    for at in range(0, len(text) - 100, 37):
        assert any(text[at : at + 100] in piece for piece in pieces(text))


def test_an_event_without_an_end_is_no_answer() -> None:
    with pytest.raises(ValueError, match="no end"):
        list(Spoken().feed(b"x" * 2_000_000, last=False))


def test_a_short_text_file_is_read_all_the_same() -> None:
    file = base64.b64encode(b"Her social security number is 219-09-9999, she says.").decode()
    body = {"messages": [{"content": [{"file": {"file_data": f"data:text/plain;base64,{file}"}}]}]}
    found = Inspector(()).answer(Ask(1, "body", json.dumps(body).encode(), time.monotonic() + 30.0))
    assert found is not None
    assert (found.media, "national_id" in found.kinds) == (True, True)
