"""OpenAI's legacy Completions: a text to be continued.

Source: OpenAI API reference, "Create completion (legacy)". Many upstreams take it as it is: llama-server,
vLLM, SGLang, OpenAI for a few models.
For any other the dialect next door asks the prompt as a turn of the user's.
"""

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Operation, Request
from wye.protocols.openai.codec import CompletionCodec
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.toplevel import find_model

NAME = "openai_completions"
_LEFT_OUT = msgspec.Raw()
_PRICED_APART = ("models", "plugins", "service_tier")
"""Members whose cost is not tokens at the list price: OpenRouter's other models and searches, tiers."""
_STEERING = ("models", "provider", "route", "fallbacks", "api_base", "base_url", "custom_llm_provider")
"""Fields by which some upstreams (OpenRouter, LiteLLM) let a request choose another model or address."""
_RARE = ("suffix", "echo", "response_format", "prompt_embeds")
_SAYS_NOTHING = (b"", b"null", b"false", b'""', b'{"type":"text"}')
_NOTHING_RARE = (_LEFT_OUT,) * len(_RARE)
_SPACE = b" \t\r\n"
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
    suffix: msgspec.Raw = _LEFT_OUT
    echo: msgspec.Raw = _LEFT_OUT
    response_format: msgspec.Raw = _LEFT_OUT
    models: msgspec.Raw = _LEFT_OUT
    plugins: msgspec.Raw = _LEFT_OUT
    service_tier: msgspec.Raw = _LEFT_OUT
    provider: msgspec.Raw = _LEFT_OUT
    route: msgspec.Raw = _LEFT_OUT
    fallbacks: msgspec.Raw = _LEFT_OUT
    api_base: msgspec.Raw = _LEFT_OUT
    base_url: msgspec.Raw = _LEFT_OUT
    custom_llm_provider: msgspec.Raw = _LEFT_OUT


_REQUEST = msgspec.json.Decoder(_CompletionRequest)


class OpenAICompletions(CompletionCodec):
    """The codec. Stateless."""

    name = NAME
    operation = Operation.CHAT
    below = b"/completions"
    bounding = _BOUNDING_FIELDS
    only_cap_field = "max_tokens"

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
            rare=_rare(wire),
            steers=_first(wire, _STEERING),
        )


def _prompts(prompt: Prompt | None) -> int:
    """Count the prompts. A list of numbers is one."""
    if not isinstance(prompt, list) or not prompt or isinstance(prompt[0], int):
        return 1
    return len(prompt)


def _rare(wire: _CompletionRequest) -> tuple[str, ...]:
    """Name what some upstreams pass over in silence."""
    raws = (wire.suffix, wire.echo, wire.response_format, wire.prompt_embeds)
    if raws == _NOTHING_RARE and wire.best_of is None:
        return ()
    named = zip(_RARE, raws, strict=True)
    rare = tuple(name for name, raw in named if bytes(raw).translate(None, _SPACE) not in _SAYS_NOTHING)
    return (*rare, "best_of") if (wire.best_of or 1) > (wire.n or 1) else rare


def _told(wire: _CompletionRequest, name: str) -> bool:
    value: msgspec.Raw = getattr(wire, name)
    return value is not _LEFT_OUT and bytes(value) != b"null"


def _first(wire: _CompletionRequest, names: tuple[str, ...]) -> str:
    return next((name for name in names if _told(wire, name)), "")
