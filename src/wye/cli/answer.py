"""A question to the gateway, its answer as it arrives, and the line under it."""

import http.client
import time
from collections.abc import Iterator
from decimal import Decimal

import click
import msgspec

from wye.cli import terminal
from wye.cli.client import (
    SILENCE_SECONDS,
    WHOLE_SECONDS,
    ErrorDetail,
    Gateway,
    GatewayError,
    broken,
    explained,
    read_whole,
)
from wye.core.money import Cost
from wye.protocols.wire.sse import Reader

PATH = "/v1/chat/completions"
RECORD_PATH = "/v1/wye/requests/"
NOT_FOUND = 404
_RECORD_TRIES = 4
_RECORD_PAUSE_SECONDS = 0.05

model_option = click.option(
    "-m", "--model", default="auto", show_default=True, help="A deployment, alias, route or `auto`."
)
label_option = click.option(
    "-l", "--label", "labels", multiple=True, help="What kind of data this is; decides where it may go."
)
system_option = click.option("-s", "--system", default="", help="Instructions for the model.")

max_tokens_option = click.option(
    "--max-tokens", type=click.IntRange(min=1), help="Longest answer, in tokens."
)


class Turn(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: str
    content: str


class Question(msgspec.Struct, frozen=True):
    """What to ask, and how it may be routed."""

    turns: tuple[Turn, ...]
    model: str = "auto"
    labels: tuple[str, ...] = ()
    max_tokens: int | None = None

    def body(self, *, stream: bool) -> bytes:
        """Encode it as OpenAI's chat completion request."""
        fields: dict[str, object] = {"model": self.model, "messages": self.turns}
        if self.max_tokens is not None:
            fields["max_tokens"] = self.max_tokens
        if stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        return msgspec.json.encode(fields)


class Tokens(msgspec.Struct, frozen=True):
    """`usage` of an answer."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(msgspec.Struct):
    """An answer, with what is known of how it came about. Empty or None = not known."""

    answer: str = ""
    finish_reason: str | None = None
    deployment: str = ""
    lane: str = ""
    decision: str = ""
    request_id: str = ""
    usage: Tokens | None = None
    cost: Cost | None = None
    seconds: float = 0.0

    def footer(self) -> str:
        """Return the line under an answer."""
        parts = [self.lane, self.deployment]
        if self.usage is not None:
            parts.append(f"{self.usage.prompt_tokens} in, {self.usage.completion_tokens} out")
        parts += [money(self.cost) if self.cost else "", f"{self.seconds:.2f} s", self.decision]
        if self.finish_reason == "length":
            parts.append("cut at its token limit")
        return " · ".join(part for part in parts if part)


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    delta: _Message = msgspec.field(default_factory=_Message)
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []
    usage: Tokens | None = None
    error: ErrorDetail | None = None


class _Kept(msgspec.Struct):
    """What is read of the ledger's record."""

    deployment: str = ""
    lane: str | None = None
    cost: Cost | None = None


def ask(gateway: Gateway, question: Question, *, stream: bool, reply: Reply) -> Iterator[str]:
    """Ask, fill `reply` and yield the answer's text as it arrives. Raises `GatewayError`."""
    began = time.monotonic()
    connection = gateway.connect()
    try:
        response = gateway.ask(
            connection,
            PATH,
            body=question.body(stream=stream),
            headers={"x-wye-label": ",".join(question.labels)} if question.labels else {},
            silence=SILENCE_SECONDS if stream else WHOLE_SECONDS,
        )
        _note_headers(response, reply)
        for text in _streamed(response, reply) if stream else _whole(response, reply):
            reply.answer += text
            yield text
    finally:
        connection.close()
        reply.seconds = time.monotonic() - began


def look_up(gateway: Gateway, reply: Reply) -> None:
    """Complete `reply` from the ledger's record, unless the gateway will not show it."""
    for pause in range(_RECORD_TRIES):
        if not reply.decision:
            return
        time.sleep(pause * _RECORD_PAUSE_SECONDS)  # the ledger commits in groups
        try:
            kept = msgspec.json.decode(gateway.get(RECORD_PATH + reply.decision), type=_Kept)
        except msgspec.DecodeError:
            return
        except GatewayError as error:
            if error.status != NOT_FOUND:
                return
            continue
        reply.deployment, reply.lane = kept.deployment or reply.deployment, kept.lane or reply.lane
        reply.cost = kept.cost
        return


def money(cost: Cost) -> str:
    """Return an amount with enough digits to be told from nothing, or why it is unknown."""
    if cost.amount is None:
        return f"cost unknown: {cost.basis}" if cost.basis else "cost unknown"
    amount = cost.amount
    small = amount.quantize(Decimal(1).scaleb(amount.adjusted() - 2)) if amount else amount
    digits = f"{amount:.2f}" if not amount or abs(amount) >= 1 else f"{small.normalize():f}"
    return f"${digits}" if cost.currency == "USD" else f"{digits} {cost.currency}"


def _note_headers(response: http.client.HTTPResponse, reply: Reply) -> None:
    header = response.getheader
    reply.deployment, reply.lane = header("x-wye-deployment", ""), header("x-wye-lane", "")
    reply.decision, reply.request_id = header("x-wye-decision", ""), header("x-request-id", "")


def _whole(response: http.client.HTTPResponse, reply: Reply) -> Iterator[str]:
    yield _take(_decode(read_whole(response)), reply)


def _streamed(response: http.client.HTTPResponse, reply: Reply) -> Iterator[str]:
    reader = Reader()
    while True:
        try:
            chunk = response.read1(65_536)
            events = reader.feed(chunk)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise broken(error) from error
        for event in events:
            if event == b"[DONE]":
                return
            if text := _take(_decode(event), reply):
                yield text
        if not chunk:
            break
    if reply.finish_reason is None:
        message = "the answer broke off before its end; see `wye requests`"
        raise GatewayError(message)


def _decode(data: bytes) -> _Completion:
    try:
        return msgspec.json.decode(data, type=_Completion)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"this is not a chat completion ({error}); check --url"
        raise GatewayError(message) from error


def _take(completion: _Completion, reply: Reply) -> str:
    """Note what a chunk or document says and return its text."""
    if completion.error is not None:
        raise GatewayError(explained(completion.error))
    reply.usage = completion.usage or reply.usage
    text = ""
    for choice in completion.choices[:1]:
        reply.finish_reason = choice.finish_reason or reply.finish_reason
        text = choice.delta.content or choice.message.content or ""
    return text


def speak(gateway: Gateway, question: Question, reply: Reply, *, stream: bool = True) -> None:
    """Print an answer as it arrives and the line under it. Raises `GatewayError`, KeyboardInterrupt."""
    try:
        for text in ask(gateway, question, stream=stream, reply=reply):
            terminal.answer(text)
    finally:
        if reply.answer and not reply.answer.endswith("\n"):
            terminal.answer("\n")
    look_up(gateway, reply)
    terminal.aside(reply.footer())
