"""Long encoded runs: read whole wherever they stand, told as unreadable, and nothing else taken for one."""

import base64
import gzip
import hashlib
import random
import string
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.wrapped import LONG, long_runs

TEXT = "Dear Dr Müller, the patient's number is 219-09-9999. " * 40
NOISE = random.Random(7).randbytes(4_000)  # noqa: S311  # the same every time


def runs(text: str) -> list[str | None]:
    return list(long_runs(text))


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "made",
    [
        base64_of(TEXT.encode()),
        base64_of(TEXT.encode()).rstrip("="),
        base64.urlsafe_b64encode(TEXT.encode()).decode(),
        base64.encodebytes(TEXT.encode()).decode(),
        "\r\n".join(textwrap.wrap(base64_of(TEXT.encode()), 64)),
        "\n".join("> " + line for line in textwrap.wrap(base64_of(TEXT.encode()), 70)),
        "\\n".join(textwrap.wrap(base64_of(TEXT.encode()), 60)),
        "\\r\\n".join(textwrap.wrap(base64_of(TEXT.encode()), 60)),
        TEXT.encode().hex(),
        base64_of(TEXT.encode("utf-16-le")),
    ],
)
def test_what_is_encoded_is_read(made: str) -> None:
    assert runs(f"Please read this: {made}, and answer.") == [TEXT]


@pytest.mark.parametrize("made", [base64_of(NOISE), NOISE.hex(), base64_of(gzip.compress(NOISE))])
def test_what_nobody_can_read_is_told(made: str) -> None:
    assert runs(f"Please keep this: {made}") == [None]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "-" * 500,
        "=" * 500,
        "ACGT" * 200,
        "2718281828" * 40,
        "0" * 600,
        hashlib.sha512(b"x").hexdigest(),
        "\n".join(hashlib.sha256(bytes([n])).hexdigest()[:12] + " a change" for n in range(40)),
        "thisIsAVeryLongName" * 20,
        "a/b/c/" * 60,
        " ".join(f"word{n}" for n in range(500)),
        base64_of(NOISE[:90]),
    ],
)
def test_nothing_else_is_taken_for_it(text: str) -> None:
    assert runs(text) == []


def test_our_own_pages_and_programs_hold_none() -> None:
    root = Path(__file__).resolve().parents[2]
    for path in (*root.glob("docs/*.md"), *root.glob("src/wye/**/*.py"), root / "pyproject.toml"):
        assert runs(path.read_text(encoding="utf-8")) == [], path


@given(st.binary(min_size=LONG, max_size=2_000), st.lists(st.text(string.ascii_letters, max_size=12)))
def test_a_text_around_it_changes_nothing(raw: bytes, words: list[str]) -> None:
    around = " ".join(words)
    assert runs(f"{around} {base64_of(raw)} ({around})") == runs(base64_of(raw))


@given(st.text(string.ascii_letters + string.digits + " .,:@éüñ漢字🎉", min_size=LONG))
def test_any_text_that_was_encoded_is_read(text: str) -> None:
    assert runs(base64_of(text.encode())) == [text]


def test_time_grows_with_the_text_alone() -> None:
    for hostile in ("A" * 1_000_000, "AAAAAAAAAAAAAAAAAAAA\n" * 50_000, ("B" * 20 + "\n\\") * 50_000):
        began = time.process_time()
        runs(hostile)
        assert time.process_time() - began < 2.0
