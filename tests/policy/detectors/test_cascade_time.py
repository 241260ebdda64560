"""Text that is made to be slow takes time by its length: expressions that go back are the known way in.

Catastrophic backtracking as a denial of service: CWE-1333.
"""

import time

import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()
LENGTH = 32_768
SECONDS = 1.5
"""Ten times what the slowest of them takes; what grows with the square took 4 to 15, or never ended."""
HOUSE = "1 High Street\n"


@pytest.mark.parametrize(
    "unit",
    [
        *"_\\|'\"-.>:@^\n\t 4A1O²",
        *("4 ", "4-", "4.", "+4", "(4)", "1_--", "\\n", '\\"', "__4", "a_", "A.", "a@", "a.b@", "O0", "l|"),
        *("4111 ", "4111-", "1984-03-12/", "00:", "2001:db8::", "DE89 ", "A^B^", "|A", "%41", "&#65;", "Z2h"),
        *(
            "Aa ",
            "A B ",
            "AAA ",
            "d'",
            "de la ",
            "Dr. ",
            "Mark is a ",
            "in Aa on July 1",
            "name: ",
            '"name":',
        ),
        *("5 Rue ", "Apt. 5 ", "1 High Street, ", HOUSE, f"{HOUSE}> ", f"{HOUSE} > | ", "Aa, ", "one of "),
        *(
            "1-",
            "1 ",
            "Ab ",
            "MRN ",
            "May 1 ",
            "::",
            "Apt 1\n",
            "Calle de la ",
            "corner of a ",
            "aa of ",
            "1 Ab ",
        ),
        *("年", "4年", "是4_", "é", "Å ", "½", "№", "e\u0301"),
        pytest.param(HOUSE + (" " * 31 + "\n") * 3, id="a house over lines of white space"),
        pytest.param(HOUSE + (" " * 400 + "\n") * 3, id="a house over long lines of white space"),
        pytest.param("Best,\n" + "Mark\n" * 20, id="a closing over many names"),
        pytest.param("A" * 60 + "\n" + "B" * 60 + "\n", id="lines of a signature"),
    ],
    ids=repr,
)
def test_time_is_by_the_length(unit: str) -> None:
    text = (unit * (LENGTH // len(unit) + 1))[:LENGTH]
    began = time.thread_time()
    DETECTOR.suspect(text)
    assert time.thread_time() - began < SECONDS
