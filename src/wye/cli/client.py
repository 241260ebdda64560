"""The running gateway as the command line sees it: one HTTP exchange at a time."""

import functools
import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

from wye.cli.terminal import plain
from wye.core.secret import Secret

DEFAULT_URL = "http://127.0.0.1:4000"
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0
"""A stream says something every 15 s; one that is silent for this long is dead."""
WHOLE_SECONDS = 960.0
"""For an answer in one piece: the gateway's own total timeout and a minute more."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024

_OTHER_NAME = {62, 64}
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""

_TODO = {
    "invalid_api_key": "Set WYE_API_KEY to a key; `wye keys create` makes one.",
    "policy_denied": "Choose another label with --label, or change what the label permits in wye.yaml.",
    "model_not_found": "`wye models` lists the names.",
    "budget_exceeded": "`wye cost` shows what was spent; `wye keys` shows the budget.",
    "ledger_unavailable": "`wye doctor` checks the disk and the ledger.",
    "upstream_error": "`wye models` shows what else could answer.",
    "upstream_timeout": "`wye models` shows what else could answer.",
}


class GatewayError(click.ClickException):
    """The gateway is not there (`status` 0), or says no. The message says what to do."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class UntrustedError(GatewayError):
    """Something answers with TLS, and its certificate does not prove that it is the gateway."""

    def __init__(self, message: str, *, other_name: bool) -> None:
        super().__init__(message)
        self.other_name = other_name
        """The certificate was made for another name; else nobody trusted vouches for it."""


class ErrorDetail(msgspec.Struct):
    """`error` of an error body, OpenAI's shape."""

    message: str
    code: str | int | None = None


class ErrorBody(msgspec.Struct):
    """An error body or event."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the gateway is, and the key to show it."""

    url: str
    key: Secret | None = None

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection. Raises `GatewayError` when nothing answers there, or nothing to be trusted."""
        parts = urlsplit(self.url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
            message = f"'{self.url}' is no gateway's URL: write http://host:port"
            raise GatewayError(message)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                parts.hostname, port, timeout=CONNECT_SECONDS, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(self.url, error) from error
        except OSError as error:
            message = (
                f"no gateway at {self.url}; start one with `make run` or `wye serve`, "
                "or say with --url (or WYE_URL) where it is"
            )
            raise GatewayError(
                message if isinstance(error, ConnectionRefusedError) else f"{message} ({error})"
            ) from error
        return connection

    def ask(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        silence: float = SILENCE_SECONDS,
    ) -> http.client.HTTPResponse:
        """GET, or POST when there is a body; return a 2xx answer, else raise `GatewayError`."""
        sent = dict(headers or {})
        if self.key is not None:
            sent["authorization"] = f"Bearer {self.key.reveal()}"
        if body is not None:
            sent["content-type"] = "application/json"
        connection.sock.settimeout(silence)
        base = urlsplit(self.url).path.rstrip("/")
        try:
            connection.request("GET" if body is None else "POST", base + path, body, sent)
            response = connection.getresponse()
            if not 200 <= response.status < 300:  # noqa: PLR2004  # success
                raise refusal(
                    response.status, response.read(MAX_ANSWER_BYTES), response.getheader("retry-after")
                )
        except (OSError, http.client.HTTPException) as error:
            raise broken(error) from error
        return response

    def get(self, path: str, silence: float = SILENCE_SECONDS) -> bytes:
        """Fetch a document."""
        connection = self.connect()
        try:
            return read_whole(self.ask(connection, path, silence=silence))
        finally:
            connection.close()


def _untrusted(url: str, error: ssl.SSLCertVerificationError) -> UntrustedError:
    if error.verify_code in _OTHER_NAME:
        message = f"the certificate of {url} is for another name: give --url a name that it was made for"
        return UntrustedError(message, other_name=True)
    message = (
        f"a gateway may be at {url}, but its certificate is not trusted ({error.verify_message}): "
        "set SSL_CERT_FILE to its CA (or certificate)"
    )
    return UntrustedError(message, other_name=False)


def read_whole(response: http.client.HTTPResponse) -> bytes:
    """Read an answer's body, which may have `MAX_ANSWER_BYTES`."""
    try:
        body = response.read(MAX_ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise broken(error) from error
    if len(body) > MAX_ANSWER_BYTES:
        message = f"the answer is larger than {MAX_ANSWER_BYTES >> 20} MiB"
        raise GatewayError(message)
    return body


def broken(error: Exception) -> GatewayError:
    """Say that an exchange that had begun did not end well."""
    if isinstance(error, TimeoutError):
        return GatewayError("the gateway fell silent; see its log, or `wye requests`")
    return GatewayError(
        f"the connection to the gateway broke off ({str(error) or type(error).__name__}); see its log"
    )


def refusal(status: int, body: bytes, retry_after: str | None = None) -> GatewayError:
    """Turn an error answer into its message and what to do."""
    try:
        detail = msgspec.json.decode(body, type=ErrorBody).error
    except (msgspec.DecodeError, RecursionError):
        return GatewayError(
            f"status {status} from something that does not speak like wye; check --url", status
        )
    return GatewayError(explained(detail, retry_after), status)


def explained(detail: ErrorDetail, retry_after: str | None = None) -> str:
    """Return an error's message and what to do about it."""
    message = plain(detail.message)
    todo = _TODO.get(str(detail.code), "")
    if retry_after and "try again" not in message:
        todo = f"Try again in {plain(retry_after)} s."
    return f"{message}\n{todo}" if todo else message


P = ParamSpec("P")
R = TypeVar("R")


def with_gateway(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--url` and `--key` to a command, which then takes `gateway`."""

    @click.option(
        "--url", envvar="WYE_URL", default=DEFAULT_URL, show_default=True, help="The gateway's URL."
    )
    @click.option("--key", envvar="WYE_API_KEY", help="A gateway key; better kept in WYE_API_KEY.")
    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        key = kwargs.pop("key")
        kwargs["gateway"] = Gateway(
            str(kwargs.pop("url")).rstrip("/").removesuffix("/v1"), Secret(str(key)) if key else None
        )
        return command(*args, **kwargs)

    return wrapped
