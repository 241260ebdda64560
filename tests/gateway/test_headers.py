import math

import pytest

from wye.core.errors import BadRequestError, RateLimitError
from wye.gateway.headers import error_headers


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 1), (0.2, 1), (1.2, 2), (60.000001, 60)])
def test_nobody_is_told_to_come_back_too_early(seconds: float, told: int) -> None:
    block = error_headers(RateLimitError("slow down", retry_after=seconds))
    assert block == b"content-type: application/json\r\nretry-after: %d\r\n" % told


def test_what_no_wait_mends_has_no_retry_after() -> None:
    never = RateLimitError("too much", retry_after=math.inf)
    assert error_headers(never) == b"content-type: application/json\r\n"
    assert error_headers(BadRequestError("no")) == b"content-type: application/json\r\n"
