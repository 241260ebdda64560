"""OpenAI's legacy Completions: a text to be continued.

Source: OpenAI API reference, "Create completion (legacy)". Many upstreams take it as it is: llama-server,
vLLM, SGLang, OpenAI for a few models.
For any other the dialect next door asks the prompt as a turn of the user's.
"""

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.chat.codec import options_with_usage
from wye.protocols.codec import Edits
from wye.protocols.openai import errors as openai_errors
from wye.protocols.openai.stream import ChatRelay
from wye.protocols.openai.usage import WireAnswer, read_usage
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.sse import COMMENT, CONTENT_TYPE, DATA
from wye.protocols.wire.toplevel import change, find_model, refuse_duplicates, replace

NAME = "openai_completions"
_LEFT_OUT = msgspec.Raw()
_PRICED_APART = ("models", "plugins", "service_tier")
"""Members whose cost is not tokens at the list price: OpenRouter's other models and searches, tiers."""
_STEERING = ("models", "provider", "route", "fallbacks", "api_base", "base_url", "custom_llm_provider")
"""Fields by which some upstreams (OpenRouter, LiteLLM) let a request choose another model or address."""
_BOUNDING_FIELDS = frozenset(
    {"model", "prompt", "prompt_embeds", "stream", "max_tokens", "n", "best_of", *_PRICED_APART}
)

Prompt = str | list[str | int | list[int]]
"""A text, a list of its tokens' numbers, or several of either."""


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _CompletionRequest(msgspec.Struct):
    model: ModelName
    prompt: Prompt | None = None
    prompt_embeds: msgspec.Raw = _LEFT_OUT
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    n: int | None = None
    best_of: int | None = None
    models: msgspec.Raw = _LEFT_OUT
    plugins: msgspec.Raw = _LEFT_OUT
    service_tier: msgspec.Raw = _LEFT_OUT
    provider: msgspec.Raw = _LEFT_OUT
    route: msgspec.Raw = _LEFT_OUT
    fallbacks: msgspec.Raw = _LEFT_OUT
    api_base: msgspec.Raw = _LEFT_OUT
    base_url: msgspec.Raw = _LEFT_OUT
    custom_llm_provider: msgspec.Raw = _LEFT_OUT


class _Answer(WireAnswer):
    choices: list[msgspec.Raw]


class _BareAnswer(msgspec.Struct):
    choices: list[msgspec.Raw]


_REQUEST = msgspec.json.Decoder(_CompletionRequest)
_ANSWER = msgspec.json.Decoder(_Answer)
_BARE_ANSWER: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(_BareAnswer)


class OpenAICompletions:
    """The codec. Stateless."""

    name = NAME
    operation = Operation.CHAT
    heartbeat = COMMENT
    stream_type = CONTENT_TYPE
    mark = DATA
    request_id_headers = ("x-request-id",)
    estimate = None

    def path(self, model: str) -> bytes:  # noqa: ARG002  # it is in the body
        """Return the path below an upstream's base path."""
        return b"/completions"

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        if wire.prompt is None and not _told(wire, "prompt_embeds"):
            message = "`prompt` is required"
            raise BadRequestError(message, param="prompt")
        for name, least in (("max_tokens", 0), ("n", 1), ("best_of", 0)):
            value = getattr(wire, name)
            if value is not None and value < least:
                message = f"`{name}` must be at least {least}"
                raise BadRequestError(message, param=name)
        return Request(
            protocol=self.name,
            operation=self.operation,
            model=wire.model,
            model_at=find_model(body),
            body=body,
            stream=bool(wire.stream),
            wants_usage=bool(wire.stream_options and wire.stream_options.include_usage),
            max_output_tokens=wire.max_tokens,
            choices=_prompts(wire.prompt) * max(wire.n or 1, wire.best_of or 1),
            unbounded=_told(wire, "prompt_embeds"),
            unpriced=_first(wire, _PRICED_APART),
            steers=_first(wire, _STEERING),
        )

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only `edits` applied."""
        body = request.body
        if edits.model != request.model:
            body = replace(body, request.model_at, edits.model)
        if edits.output_cap is not None:
            cap = b"%d" % edits.output_cap
            body = change(body, "max_tokens", lambda _: cap)  # it has no other name here
        if edits.include_usage:
            body = change(body, "stream_options", options_with_usage)
        return body

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice."""
        refuse_duplicates(request.body, _BOUNDING_FIELDS)

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        return read_usage(body, _ANSWER, _BARE_ANSWER, "choices")

    def relay(self, edits: Edits) -> ChatRelay:
        """Return the reader of one streamed answer, which ends as Chat's does."""
        return ChatRelay(drop_usage=edits.include_usage)

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error inside a stream that began with a 200."""
        return openai_errors.error_event(error, request_id)


def _prompts(prompt: Prompt | None) -> int:
    """Count the prompts. A list of numbers is one."""
    if not isinstance(prompt, list) or not prompt or isinstance(prompt[0], int):
        return 1
    return len(prompt)


def _told(wire: _CompletionRequest, name: str) -> bool:
    value: msgspec.Raw = getattr(wire, name)
    return value is not _LEFT_OUT and bytes(value) != b"null"


def _first(wire: _CompletionRequest, names: tuple[str, ...]) -> str:
    return next((name for name in names if _told(wire, name)), "")
