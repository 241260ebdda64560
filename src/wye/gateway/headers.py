"""Headers that every error answer has, whoever gives it."""

import math

from wye.core.errors import WyeError


def error_fields(error: WyeError) -> dict[str, str]:
    """Return the headers of an error answer; `Retry-After` in whole seconds, never too early."""
    fields = {"content-type": "application/json"}
    if error.retry_after is not None and math.isfinite(error.retry_after):
        fields["retry-after"] = str(max(1, math.ceil(round(error.retry_after, 3))))
    return fields


def error_headers(error: WyeError) -> bytes:
    r"""Return them as `name: value\r\n` lines."""
    return "".join(f"{name}: {value}\r\n" for name, value in error_fields(error).items()).encode("ascii")
