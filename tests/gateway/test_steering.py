"""No request tells a processor to pass it on."""

import pytest

from wye.core.decision import Candidate, Decision
from wye.core.errors import BadRequestError
from wye.core.lane import Lane
from wye.core.request import Operation, Request
from wye.gateway.steering import refuse_steering

STEERS = Request("openai_chat", Operation.CHAT, "auto", b"{}", steers="models")


def test_on_own_machines_there_is_nobody_to_pass_it_on_to() -> None:
    refuse_steering(STEERS, Decision("auto", (Candidate("gpu", Lane.OWN),)))


def test_a_processor_is_not_told() -> None:
    there = (Candidate("gpu", Lane.OWN), Candidate("away", Lane.CLOSED))
    with pytest.raises(BadRequestError, match="away"):
        refuse_steering(STEERS, Decision("auto", there))
    refuse_steering(Request("openai_chat", Operation.CHAT, "auto", b"{}"), Decision("auto", there))
