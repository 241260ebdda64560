"""A number that its context names is told as that, whatever check digit it has by chance."""

import random
import re

import pytest

from wye.config.masking import found_as
from wye.policy.detectors import Detector

DRAWN = 60
"""So many numbers of each form; one in ten or eleven has somebody's check digit."""


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("phone", "phone: 4##-555-####"),
        ("phone", "call me at 4## 555 ####"),
        ("phone", "4##-555-####"),
        ("phone", "my number is 4## 555 ####"),
        ("phone", "teléfono 6########"),
        ("phone", "+49 151 ########"),
        ("phone", "+86 138 #### ####"),
        ("phone", "+44 (0)20 7946 ####"),
        ("account", "account number 1#######"),
        ("account", "acct 1###########"),
        ("account", "account no. 4###############"),
        ("account", "cuenta 1############"),
        ("medical_record", "MRN 1############"),
        ("medical_record", "patient id 3##########"),
        ("medical_record", "MRN ###-###-####"),
        ("health_plan", "policy number 4############"),
        ("health_plan", "member ID ### ### ####"),
        ("license", "NPI 1#########"),
        ("ssn", "my number is ###-##-####"),
        ("card", "credit card 4###############"),
        ("card", "tarjeta de crédito 4### #### #### ####"),
        ("device", "serial no. 3############"),
        ("device", "IMEI 4##############"),
        ("id", "reference 9############"),
        ("id", "ticket ###-###-####"),
        ("id", "user id ########T"),
    ],
)
def test_a_check_digit_by_chance_hides_no_kind(word: str, form: str, detector: Detector) -> None:
    drawn, wanted = random.Random(form), found_as((word,))  # noqa: S311  # the same every time
    for _ in range(DRAWN):
        text = re.sub("#", lambda _: str(drawn.randrange(10)), form)
        assert wanted & {found.kind for found in detector.suspect(text)}, text


@pytest.mark.parametrize(
    ("text", "not_of"),
    [
        ("order number 12345678", "phone"),
        ("card number 6364300625641557", "phone"),
        ("Her social security number is 219-09-9999", "phone"),
        ("card number 6364300625641557", "account"),
    ],
)
def test_what_something_else_is_sure_of_is_no_more_than_that(
    text: str, not_of: str, detector: Detector
) -> None:
    assert not_of not in {found.kind for found in detector.suspect(text)}
