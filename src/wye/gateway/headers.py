"""Headers that every error answer has, whoever gives it, and those of an upstream that go with an answer."""

import math
from collections.abc import Iterable

from wye.catalog.deployments import Deployment
from wye.core.errors import WyeError
from wye.protocols.ratelimits import RETRY_AFTER, limit_headers


def error_fields(error: WyeError) -> dict[str, str]:
    """Return the headers of an error answer; `Retry-After` in whole seconds, never too early."""
    fields = {"content-type": "application/json"}
    if error.retry_after is not None and math.isfinite(error.retry_after):
        fields["retry-after"] = str(max(1, math.ceil(round(error.retry_after, 3))))
    return fields


def error_headers(error: WyeError) -> bytes:
    r"""Return them as `name: value\r\n` lines."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in error_fields(error).items()).encode("ascii")
    return lines + error.lines


def limit_lines(
    deployment: Deployment,
    headers: Iterable[tuple[bytes, bytes]],
    protocol: str | None,
    *,
    retry: bool = True,
) -> bytes:
    """Return what an upstream's `headers` say of its limits, as lines for a client of `protocol`.

    None = the client speaks what the upstream does. `retry`: with `Retry-After`.
    """
    told = limit_headers(headers, protocol)
    if not told:
        return b""
    lines = b"".join([b"%b: %b\r\n" % pair for pair in told if retry or pair[0] != RETRY_AFTER])
    key = deployment.api_key
    return b"" if key is not None and key.reveal().encode("latin-1") in lines else lines
