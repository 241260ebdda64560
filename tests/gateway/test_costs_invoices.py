"""Invoices to the cent: answers in each provider's shape cost what its price list says, worked out by hand.

Every answer is read four ways: whole and streamed, verbatim and translated. The price list is that of
2026-11-22, in USD per million tokens.
"""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest

from wye.catalog.accounts import Account, endpoint_of, provider_deployment
from wye.catalog.deployments import Deployment
from wye.catalog.prices import PriceList
from wye.catalog.providers import PROVIDERS
from wye.core.money import Price, Rates
from wye.core.stream import Used
from wye.core.usage import Usage
from wye.gateway.costs import cost_of
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.codec import Edits
from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.dialect import OpenAIResponsesDialect

PRICES = PriceList.load()
DAY = dt.date(2026, 11, 22)
OFF_PEAK = dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC).timestamp()
PEAK = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC).timestamp()


def events(*bodies: dict[str, Any], named: bool = False) -> bytes:
    names = [f"event: {body['type']}\n" if named else "" for body in bodies]
    return "".join(
        f"{name}data: {json.dumps(body)}\n\n" for name, body in zip(names, bodies, strict=True)
    ).encode()


def chat(usage: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    head = {"id": "c-1", "created": 1, "model": "m"}
    said = {"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}
    whole = head | {"object": "chat.completion", "choices": [said], "usage": usage}
    piece = head | {"object": "chat.completion.chunk"}
    delta = {"index": 0, "delta": {"role": "assistant", "content": "Hi."}, "finish_reason": None}
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    last = piece | {"choices": [], "usage": usage}
    streamed = events(piece | {"choices": [delta]}, piece | {"choices": [stop]}, last)
    return whole, streamed + b"data: [DONE]\n\n"


def chat_at_the_end(usage: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """As Mistral, DeepSeek and others stream: the usage is in the chunk that finishes."""
    whole, _ = chat(usage)
    piece = {"id": "c-1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
    delta = {"index": 0, "delta": {"role": "assistant", "content": "Hi."}, "finish_reason": None}
    stop = {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}
    last = piece | {"choices": [stop], "usage": usage}
    return whole, events(piece | {"choices": [delta]}, last) + b"data: [DONE]\n\n"


def responses(usage: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    part = {"type": "output_text", "text": "Hi.", "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m"}
    whole = head | {"status": "completed", "output": [item], "usage": usage}
    begun = head | {"status": "in_progress", "output": [], "usage": None}
    told = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    streamed = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item | {"content": []}},
        {"type": "response.content_part.added", "part": part | {"text": ""}} | told,
        {"type": "response.output_text.delta", "delta": "Hi."} | told,
        {"type": "response.output_text.done", "text": "Hi."} | told,
        {"type": "response.content_part.done", "part": part} | told,
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    numbered = [one | {"sequence_number": number} for number, one in enumerate(streamed)]
    return whole, events(*numbered, named=True)


def messages(usage: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    block = {"type": "text", "text": "Hi."}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    whole = head | {"content": [block], "stop_reason": "end_turn", "usage": usage}
    begun = head | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    streamed = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": block | {"text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}},
        {"type": "message_stop"},
    ]
    return whole, events(*streamed, named=True)


def gemini(usage: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    said = {"content": {"role": "model", "parts": [{"text": "Hi."}]}, "index": 0}
    head = {"modelVersion": "m", "responseId": "r-1"}
    whole = head | {"candidates": [said | {"finishReason": "STOP"}], "usageMetadata": usage}
    early = {"promptTokenCount": usage["promptTokenCount"], "totalTokenCount": usage["promptTokenCount"]}
    return whole, events(head | {"candidates": [said], "usageMetadata": early}, whole)


class Shape(NamedTuple):
    """How a protocol's answers look, and who reads them."""

    make: Callable[[dict[str, Any]], tuple[dict[str, Any], bytes]]
    codec: Any
    dialect: Any


CHAT = Shape(chat, OpenAIChat(), OpenAIChatDialect())
CHAT_END = CHAT._replace(make=chat_at_the_end)
RESPONSES = Shape(responses, OpenAIResponses(), OpenAIResponsesDialect())
MESSAGES = Shape(messages, AnthropicMessages(), AnthropicMessages())
GEMINI = Shape(gemini, Gemini("m", stream=True), GeminiDialect())


class Case(NamedTuple):
    """An answer's usage and the invoice for it."""

    shape: Shape
    provider: str
    model: str
    usage: dict[str, Any]
    usd: str | None
    """By hand, from the list; None = it must not be guessed."""
    at: float = OFF_PEAK


def _prompt(count: int, answer: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": count, "completion_tokens": answer, "total_tokens": count + answer} | more


CASES = {
    # 4,000 x 5 + 6,000 x 0.50 + 1,200 x 30
    "openai: cached, reasoning": Case(
        CHAT, "openai", "gpt-5.5",
        _prompt(
            10_000, 1_200,
            prompt_tokens_details={"cached_tokens": 6_000, "audio_tokens": 0},
            completion_tokens_details={"reasoning_tokens": 1_000},
        ),
        "0.059",
    ),
    # above 272,000: 200,000 x 10 + 100,000 x 1 + 1,000 x 45
    "openai: the higher tier": Case(
        CHAT, "openai", "gpt-5.5",
        _prompt(300_000, 1_000, prompt_tokens_details={"cached_tokens": 100_000}),
        "2.145",
    ),
    # 400 x 2.50 + 600 x 32 + 100 x 10 + 300 x 64
    "openai: sound": Case(
        CHAT, "openai", "gpt-audio",
        _prompt(
            1_000, 400,
            prompt_tokens_details={"audio_tokens": 600, "cached_tokens": 0},
            completion_tokens_details={"audio_tokens": 300},
        ),
        "0.0404",
    ),
    # which of it was cached is not told
    "openai: sound and a cache": Case(
        CHAT, "openai", "gpt-audio",
        _prompt(1_000, 400, prompt_tokens_details={"audio_tokens": 600, "cached_tokens": 100}),
        None,
    ),
    # 976 x 5 + 1,024 x 0.50 + 500 x 30
    "openai responses": Case(
        RESPONSES, "openai", "gpt-5.5",
        {
            "input_tokens": 2_000, "input_tokens_details": {"cached_tokens": 1_024},
            "output_tokens": 500, "output_tokens_details": {"reasoning_tokens": 320}, "total_tokens": 2_500,
        },
        "0.020392",
    ),
    # 100 x 5 + 2,000 x 6.25 + 1,000 x 10 + 10,000 x 0.50 + 500 x 25
    "anthropic: cache writes of both kinds": Case(
        MESSAGES, "anthropic", "claude-opus-4-8",
        {
            "input_tokens": 100, "cache_creation_input_tokens": 3_000, "cache_read_input_tokens": 10_000,
            "cache_creation": {"ephemeral_5m_input_tokens": 2_000, "ephemeral_1h_input_tokens": 1_000},
            "output_tokens": 500, "output_tokens_details": {"thinking_tokens": 200},
        },
        "0.0405",
    ),
    # 210,000 of input: 50,000 x 6 + 160,000 x 0.60 + 1,000 x 22.50
    "anthropic: the higher tier": Case(
        MESSAGES, "anthropic", "claude-sonnet-4-5-20250929",
        {
            "input_tokens": 50_000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 160_000,
            "output_tokens": 1_000,
        },
        "0.4185",
    ),
    # the list has no rate for an hour; Anthropic's rule is twice the input's: 1,000 x 30
    "anthropic: an hour, of an older model": Case(
        MESSAGES, "anthropic", "claude-opus-4-20250514",
        {
            "input_tokens": 0, "cache_creation_input_tokens": 1_000, "output_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 1_000},
        },
        "0.03",
    ),
    # 500 x 0.30 + 1,000 x 1 + (200 + 300) x 2.50
    "google: sound, thoughts": Case(
        GEMINI, "google", "gemini-2.5-flash",
        {
            "promptTokenCount": 1_500, "candidatesTokenCount": 200, "thoughtsTokenCount": 300,
            "totalTokenCount": 2_000,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 500}, {"modality": "AUDIO", "tokenCount": 1_000},
            ],
        },
        "0.0024",
    ),
    # 251,000 of input with its own tools': 51,000 x 2.50 + 200,000 x 0.25 + 2,000 x 15
    "google: the higher tier": Case(
        GEMINI, "google", "gemini-2.5-pro",
        {
            "promptTokenCount": 250_000, "cachedContentTokenCount": 200_000, "toolUsePromptTokenCount": 1_000,
            "candidatesTokenCount": 800, "thoughtsTokenCount": 1_200, "totalTokenCount": 253_000,
        },
        "0.2075",
    ),
    "google: pictures": Case(
        GEMINI, "google", "gemini-2.5-flash-image",
        {
            "promptTokenCount": 10, "candidatesTokenCount": 1_290, "totalTokenCount": 1_300,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1_290}],
        },
        None,
    ),
    # 2,000 x 0.50 + 1,000 x 0.05 + 400 x 1.50
    "mistral": Case(
        CHAT_END, "mistral", "mistral-large-2512", _prompt(3_000, 400, num_cached_tokens=1_000), "0.00165"
    ),
    # 800 x 0.66 + 200 x 0.022 + 500 x 1.98, and twice that at peak
    "deepseek: off-peak": Case(
        CHAT_END, "deepseek", "deepseek-v4-pro",
        _prompt(
            1_000, 500, prompt_cache_hit_tokens=200, prompt_cache_miss_tokens=800,
            completion_tokens_details={"reasoning_tokens": 300},
        ),
        "0.0015224",
    ),
    "deepseek: peak": Case(
        CHAT_END, "deepseek", "deepseek-v4-pro",
        _prompt(1_000, 500, prompt_cache_hit_tokens=200, prompt_cache_miss_tokens=800),
        "0.0030448",
        PEAK,
    ),
    # 4,000 x 0.60 + 1,000 x 0.10 + 200 x 3
    "moonshot": Case(CHAT, "moonshot", "kimi-k2.5", _prompt(5_000, 200, cached_tokens=1_000), "0.0031"),
    # 600 x 0.15 + 400 x 0.075 + 100 x 0.60
    "groq": Case(
        CHAT, "groq", "openai/gpt-oss-120b",
        _prompt(1_000, 100, queue_time=0.1, total_time=0.2, prompt_tokens_details={"cached_tokens": 400}),
        "0.00018",
    ),
    # 1,000 x 0.15 + 100 x 0.60
    "together": Case(CHAT, "together", "openai/gpt-oss-120b", _prompt(1_000, 100), "0.00021"),
    # 1,000 x 0.60 + 100 x 3
    "fireworks": Case(
        CHAT, "fireworks", "accounts/fireworks/models/kimi-k2p5",
        _prompt(1_000, 100, prompt_tokens_details={"cached_tokens": 0}),
        "0.0009",
    ),
    # 1,000 x 0.13 + 100 x 0.38
    "deepinfra": Case(
        CHAT, "deepinfra", "google/gemma-4-31B-it", _prompt(1_000, 100, estimated_cost=0.5), "0.000168"
    ),
    # what it says it bills, whatever the list says
    "openrouter": Case(
        CHAT, "openrouter", "openai/gpt-oss-120b",
        _prompt(
            1_000, 100, cost=0.00012345, is_byok=False,
            cost_details={"upstream_inference_cost": None}, completion_tokens_details={"image_tokens": 0},
        ),
        "0.00012345",
    ),
    # its fee, and what the provider bills the owner of the key
    "openrouter: a key of one's own": Case(
        CHAT, "openrouter", "openai/gpt-5.5",
        _prompt(1_000, 100, cost=0.0004, is_byok=True, cost_details={"upstream_inference_cost": 0.008}),
        "0.0084",
    ),
    "openrouter: a free model": Case(
        CHAT, "openrouter", "deepseek/deepseek-v4-pro:free", _prompt(1_000, 100, cost=0), "0"
    ),
    # nothing said: the list. 900 x 5 + 100 x 0.50 + 100 x 25
    "openrouter: without its word": Case(
        CHAT, "openrouter", "anthropic/claude-opus-4.8",
        _prompt(1_000, 100, prompt_tokens_details={"cached_tokens": 100}),
        "0.00705",
    ),
}  # fmt: skip


def deployment(provider: str, model: str) -> Deployment:
    row = PROVIDERS[provider]
    made = provider_deployment(Account(row, None, "test", endpoint_of(row.base_url)), model, PRICES)
    return msgspec.structs.replace(made, price=PRICES.find(provider, model, DAY))


def readings(case: Case) -> dict[str, Usage | None]:
    """Read the answer four ways."""
    whole, stream = case.shape.make(case.usage)
    body = json.dumps(whole).encode()
    relay = case.shape.codec.relay(Edits("m"))
    for at in range(0, len(stream), 11):
        relay.feed(stream[at : at + 11])
    relay.finish()
    assert not relay.error
    reader = case.shape.dialect.reader()
    told = [*reader.feed(stream), *reader.finish()]
    return {
        "verbatim": case.shape.codec.usage(body),
        "verbatim stream": relay.usage,
        "translated": case.shape.dialect.read_answer(body).usage,
        "translated stream": [event.usage for event in told if isinstance(event, Used)][-1],
    }


@pytest.mark.parametrize("name", CASES)
def test_the_invoice_to_the_cent(name: str) -> None:
    case = CASES[name]
    for way, usage in readings(case).items():
        assert usage is not None, way
        cost = cost_of(deployment(case.provider, case.model), usage, 1.0, case.at)
        assert cost.currency == "USD"
        if case.usd is None:
            assert cost.amount is None, way
            assert cost.basis.endswith("have a price of their own")
        else:
            assert cost.amount == Decimal(case.usd), way


def test_an_hours_cache_write_has_its_rate_wherever_claude_is_sold() -> None:
    usage = Usage(1_000_000, 0, cache_write_tokens=1_000_000, cache_write_1h_tokens=1_000_000)
    for provider, model in (("anthropic", "claude-opus-4-8"), ("openrouter", "anthropic/claude-opus-4.8")):
        assert cost_of(deployment(provider, model), usage, 1.0, OFF_PEAK).amount == 10


def test_who_is_billed_by_contract_says_so() -> None:
    price = Price(Rates(Decimal(1), Decimal(1)), DAY, "wye.yaml")
    usage = Usage(1_000, 1_000, billed=Decimal(9))
    contract = msgspec.structs.replace(deployment("openrouter", "openai/gpt-5.5"), price=price)
    assert cost_of(contract, usage, 1.0, OFF_PEAK).amount == Decimal("0.002")
    listed = cost_of(deployment("openrouter", "openai/gpt-5.5"), usage, 1.0, OFF_PEAK)
    assert (listed.amount, listed.basis, listed.source) == (9, "billed by the upstream", "openrouter")


@pytest.mark.parametrize("asked", ["tools", "service_tier"])
def test_what_tokens_do_not_tell_is_not_guessed(asked: str) -> None:
    cost = cost_of(deployment("openai", "gpt-5.5"), Usage(10, 10), 1.0, OFF_PEAK, asked)
    assert (cost.amount, cost.basis) == (None, f"`{asked}` has a price of its own")
    told = cost_of(deployment("openai", "gpt-audio"), Usage(10, 10), 1.0, OFF_PEAK, "input_audio")
    assert told.amount is not None, "the usage tells sound apart"


@pytest.mark.parametrize("cost", ["1", None, -1, True, {"total_cost": 1}, 1e12])
def test_what_is_no_amount_is_not_billed(cost: Any) -> None:
    whole, _ = chat(_prompt(10, 10, cost=cost))
    usage = OpenAIChat().usage(json.dumps(whole).encode())
    assert usage == Usage(10, 10)
