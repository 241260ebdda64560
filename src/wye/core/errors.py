"""Every error a client can be told about, free of any protocol.

A codec turns one into its protocol's error body; the status is part of the error.
"""

import re
from typing import NamedTuple, Self

TOO_LONG = "context_length_exceeded"
FILTERED = "content_filter"
NO_MODEL = "model_not_found"
NO_CREDIT = "insufficient_quota"

_QUOTED = re.compile("'.*'", re.DOTALL)


class WyeError(Exception):
    """Something to tell the client.

    Attributes: `status` (HTTP), `kind` (a stable machine-readable word), `message` (one sentence
    that says what to do next), `param` (the request field at fault), `retry_after` (seconds),
    `lines` (header lines that go with it, each with its CRLF), `noted` (what of the message may be kept).
    """

    status = 500
    kind = "internal_error"
    lines = b""

    def __init__(self, message: str, *, param: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after
        self._noted: str | None = None

    @property
    def noted(self) -> str:
        """What goes on record, to logs and traces: the message, without words of the request or an answer.

        The client is told all of it: they are its own words.
        """
        return self.message if self._noted is None else self._noted

    def note(self, words: str) -> Self:
        """Keep `words` and no more of what happened; return the error."""
        self._noted = words
        return self


class BadRequestError(WyeError):
    """The request cannot be understood or served as it is. What it quotes is the request's."""

    status = 400
    kind = "invalid_request"

    @property
    def noted(self) -> str:
        """The message without what stands in quotes, from the first to the last: there may be some within."""
        return _QUOTED.sub("'…'", super().noted) if self._noted is None else self._noted


class CannotCarryError(BadRequestError):
    """The upstream's protocol has no words for something that the request means."""

    kind = "cannot_translate"


class UnknownPreviousError(BadRequestError):
    """The answer that a request goes on from is not known to its key, or was not kept."""

    kind = "previous_response_not_found"


class UnauthenticatedError(WyeError):
    """No key, or one that is not known, revoked or expired."""

    status = 401
    kind = "invalid_api_key"


class ForbiddenError(WyeError):
    """The caller may not do this: scope, origin or host."""

    status = 403
    kind = "forbidden"


class PolicyError(ForbiddenError):
    """The policy permits no deployment for these labels."""

    kind = "policy_denied"


class MaskingError(WyeError):
    """What has to be masked could not be: nothing was sent."""

    status = 503
    kind = "not_masked"


class BudgetError(WyeError):
    """The key's budget cannot cover the request's worst case."""

    status = 402
    kind = "budget_exceeded"


class UnknownModelError(WyeError):
    """No deployment, alias or route has this name."""

    status = 404
    kind = "model_not_found"


class NotFoundError(WyeError):
    """No such path."""

    status = 404
    kind = "not_found"


class MethodError(WyeError):
    """The path exists, the method does not."""

    status = 405
    kind = "method_not_allowed"


class ReceiveTimeoutError(WyeError):
    """The client did not send its request in time."""

    status = 408
    kind = "request_timeout"


class TooLargeError(WyeError):
    """The body is larger than the limit."""

    status = 413
    kind = "request_too_large"


class RateLimitError(WyeError):
    """A limit of the key or of the deployment is reached; `retry_after` says when to come back."""

    status = 429
    kind = "rate_limited"


class OverloadedError(WyeError):
    """The gateway itself holds as much as it can."""

    status = 503
    kind = "overloaded"


class UpstreamError(WyeError):
    """The upstream failed in a way that no retry or fallback mended."""

    status = 502
    kind = "upstream_error"


class UpstreamOverloadedError(UpstreamError):
    """The upstream has too much to do; the same request may be served later."""

    status = 503
    kind = "upstream_overloaded"


class UpstreamQuotaError(UpstreamError):
    """The account at the upstream is out of credit: asking again does not help, whoever asks.

    The status is OpenAI's; `lines` keep SDKs from trying again, as they do after any other 429.
    """

    status = 429
    kind = NO_CREDIT
    lines = b"x-should-retry: false\r\n"


class Said(NamedTuple):
    """How an upstream of OpenAI's protocols named what is wrong; empty = it did not."""

    type: str = ""
    param: str = ""
    code: str = ""


UNSAID = Said()


class UpstreamRefusedError(UpstreamError):
    """The upstream blames the request; told in the client's protocol, with the upstream's status.

    `kind` says what for, where clients act on it: one of `TOO_LONG`, `FILTERED`, `NO_MODEL`.
    `tokens`: how many were sent and how many may be, where the upstream said so.
    """

    kind = "upstream_refused"

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "",
        said: Said = UNSAID,
        tokens: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind or self.kind
        self.said = said
        self.tokens = tokens


class UpstreamTimeoutError(UpstreamError):
    """The upstream did not answer in time."""

    status = 504
    kind = "upstream_timeout"


class EgressRefusedError(PolicyError):
    """The egress refused a connection: the verdict, or the resolved address, forbids it."""

    kind = "egress_refused"


class UpgradeError(WyeError):
    """The client wants a WebSocket; the status is what makes it go on by HTTP."""

    status = 426
    kind = "upgrade_required"


class LedgerError(WyeError):
    """The record could not be written, so the answer must not be given."""

    status = 503
    kind = "ledger_unavailable"
