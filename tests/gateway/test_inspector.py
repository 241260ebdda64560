"""What the process that looks into requests answers: found across pieces, or told as trouble."""

import base64
import json
import random
import time

import msgspec
import pytest

from wye.gateway.inspector import PIECE, Ask, Inspector, Told, pieces
from wye.gateway.streamtext import Spoken
from wye.policy.detectors.entities import model

SAID = "Her social security number is 219-09-9999, as you asked."
LATER = 60.0
NOISE = random.Random(1).randbytes(500)  # noqa: S311  # the same every time


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


def test_what_is_split_over_parts_is_found(inspector: Inspector) -> None:
    parts = [{"type": "text", "text": "Write to jane.d"}, {"type": "text", "text": "oe@example.com"}]
    content = json.dumps({"messages": [{"role": "user", "content": parts}]}).encode()
    for _ in range(2):  # and known again
        assert told(inspector, Ask(5, "body", content, time.monotonic() + LATER)).kinds[:1] == ("email",)
    late = told(Inspector(()), Ask(6, "body", content, time.monotonic() - 1))
    assert late.trouble == "late"


def test_the_model_finds_what_no_rule_does(inspector: Inspector) -> None:
    ask = Ask(9, "body", body("ich habe gestern mit Svantje gesprochen"), time.monotonic() + LATER)
    assert told(inspector, ask).kinds == ()
    assert told(Inspector((), model()), ask).kinds == ("name",)


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("cut", [1, 7, 50])
def test_a_stream_cut_anywhere_is_read(inspector: Inspector, step: int, cut: int) -> None:
    sent = events(SAID, step)
    number = 1_000 + 100 * step + cut
    for at in range(0, len(sent), len(sent) // cut + 1):
        piece = sent[at : at + len(sent) // cut + 1]
        assert inspector.answer(Ask(number, "more", piece, begins=at == 0)) is None
    assert told(inspector, Ask(number, "end", b"")).kinds == ("national_id", "ssn")


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


@pytest.mark.parametrize("before", ["", "x " * 5, "y" * 4_003 + " ", "z " * 4_095])
def test_a_long_run_of_base64_is_read_wherever_it_begins(inspector: Inspector, before: str) -> None:
    filler = "nothing to see here at all. " * 700
    long = base64.b64encode(f"{filler}{SAID}{filler}".encode()).decode()
    found = told(inspector, Ask(5, "body", body(f"{before}{long}"), time.monotonic() + LATER))
    assert "national_id" in found.kinds
    assert not found.media


def test_what_is_encoded_and_no_text_counts_as_media(inspector: Inspector) -> None:
    noise = base64.b64encode(NOISE).decode()
    deep = SAID * 20
    for _ in range(5):
        deep = base64.b64encode(deep.encode()).decode()
    for text in (noise, deep):
        assert told(inspector, Ask(6, "body", body(f"read {text}"), time.monotonic() + LATER)).media
        asked = msgspec.msgpack.encode([f"read {text}"])
        assert told(inspector, Ask(7, "find", asked, time.monotonic() + LATER)).media


def test_what_a_server_sealed_for_itself_is_left_to_it(inspector: Inspector) -> None:
    noise = base64.b64encode(NOISE).decode()
    thoughts = [
        {"content": [{"type": "redacted_thinking", "data": noise}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": noise}]},
        {"extra_content": {"google": {"thought_signature": noise}}},
        {"content": [{"type": "thinking", "thinking": "so", "signature": noise}]},
    ]
    for thought in thoughts:
        sent = json.dumps({"messages": [{"role": "assistant", **thought}]}).encode()
        assert not told(inspector, Ask(8, "body", sent, time.monotonic() + LATER)).media
        sent = json.dumps({"messages": [{"role": "user", "note": noise, **thought}]}).encode()
        assert told(inspector, Ask(9, "body", sent, time.monotonic() + LATER)).media


def test_what_looks_like_two_kinds_is_both(inspector: Inspector) -> None:
    """Digits behind a social security number make a telephone number of both, for which nobody may care."""
    text = "Call, or not: 219-09-9999. 0 0 8"
    found = told(inspector, Ask(10, "body", body(text), time.monotonic() + LATER))
    assert {"ssn", "phone"} <= set(found.kinds)
    placed = told(inspector, Ask(11, "find", msgspec.msgpack.encode([text]), time.monotonic() + LATER)).found[
        0
    ]
    assert "219-09-9999" in [text[one.start : one.end] for one in placed if one.kind == "ssn"]
