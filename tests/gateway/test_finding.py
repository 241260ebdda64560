"""Looking for what has to be masked, beside the event loop."""

import time
from collections.abc import Iterable

import pytest

from wye.core.errors import MaskingError
from wye.gateway.finding import OVERLAP, PIECE, THREADS, Finder, pieces
from wye.policy.detectors import Detector, Finding


class Odd(Detector):
    """Hangs for a while, or fails."""

    def find(self, text: str) -> list[Finding]:
        if text == "fails":
            raise ZeroDivisionError(text)
        time.sleep(0.3)
        return []


async def test_every_text_is_looked_at() -> None:
    found = await Finder(Detector()).find(["Jane Doe", "nobody", "jane.doe@example.com"])
    assert [[one.kind for one in some] for some in found] == [["name"], [], ["email"]]


@pytest.mark.parametrize("at", [0, PIECE - 5, PIECE - OVERLAP - 3, 3 * PIECE])
async def test_a_long_text_goes_in_pieces(at: int) -> None:
    text = "word " * 6000
    text = text[:at] + " jane.doe@example.com " + text[at:]
    (found,) = await Finder(Detector()).find([text])
    assert {text[one.start : one.end] for one in found if one.kind == "email"} == {"jane.doe@example.com"}


@pytest.mark.parametrize(("text", "why"), [("hangs", "longer than"), ("fails", "ZeroDivisionError")])
async def test_late_or_failed_is_an_error_that_quotes_nothing(text: str, why: str) -> None:
    finder = Finder(Odd(), 0.05)
    for _ in range(THREADS + 1):
        with pytest.raises(MaskingError, match=why) as raised:
            await finder.find([text])
        assert text not in str(raised.value)


def test_pieces_cover_the_text() -> None:
    def whole(some: Iterable[tuple[int, str]], text: str) -> bool:
        return all(text.startswith(piece, at) for at, piece in some)

    for size in (0, 1, PIECE, PIECE + 1, 3 * PIECE):
        text = "0123456789" * (size // 10 + 1)
        parts = list(pieces(text[:size]))
        assert whole(parts, text[:size])
        assert parts[-1][0] + len(parts[-1][1]) == size
