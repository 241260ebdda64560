"""Every recorded answer of a provider wye knows has a cost, or a reason why there is none."""

import datetime as dt
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from protocols.recordings import recorded
from wye.catalog.accounts import Account, endpoint_of, provider_deployment
from wye.catalog.prices import PriceList
from wye.catalog.providers import PROVIDERS
from wye.core.errors import BadRequestError
from wye.core.usage import Usage
from wye.gateway.costs import cost_of
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.codec import Edits, NativeCodec
from wye.protocols.gemini.codec import Gemini
from wye.protocols.responses.codec import OpenAIResponses

PRICES = PriceList.load()
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC).timestamp()
HOSTS = {urlsplit(row.base_url).netloc: name for name, row in PROVIDERS.items()}
OK = 200


def codec_of(path: str) -> NativeCodec | None:
    """Who reads an exchange at `path`."""
    if path.endswith("/chat/completions"):
        return OpenAIChat()
    if path.endswith("/responses"):
        return OpenAIResponses()
    if path.endswith("/v1/messages"):
        return AnthropicMessages()
    name, colon, method = path.rsplit("/", 1)[-1].partition(":")
    if colon and method in ("generateContent", "streamGenerateContent"):
        return Gemini(name, stream=method.startswith("stream"))
    return None


def supported(exchange: dict[str, Any]) -> bool:
    url = urlsplit(exchange["url"])
    known = url.netloc in HOSTS and codec_of(url.path) is not None
    return known and exchange["status"] == OK and exchange["request_kind"] == "json"


EXCHANGES = [one for one in recorded() if supported(one)]


def usage_of(codec: NativeCodec, exchange: dict[str, Any]) -> Usage | None:
    """Read what the answer counts."""
    answer = exchange["response"]
    if exchange["response_kind"] == "json":
        return codec.usage(json.dumps(answer).encode())
    relay = codec.relay(Edits("m"))
    relay.feed(answer.encode())
    relay.finish()
    return relay.usage


def invoice(exchange: dict[str, Any]) -> tuple[str, Usage | None, Any]:
    """Return the provider, the counts and the cost of an exchange."""
    url = urlsplit(exchange["url"])
    row, codec = PROVIDERS[HOSTS[url.netloc]], codec_of(url.path)
    assert codec is not None
    try:
        request = codec.decode(json.dumps(exchange["request"]).encode())
        model, unpriced = request.model, request.unpriced
    except BadRequestError:  # what wye refuses costs nothing here; what it cost there is of interest
        model, unpriced = exchange["request"]["model"], "what wye refuses"
    usage = usage_of(codec, exchange)
    account = Account(row, None, "recorded", endpoint_of(row.base_url))
    deployment = msgspec.structs.replace(provider_deployment(account, model, PRICES))
    return row.id, usage, cost_of(deployment, usage, 1.0, NOON, unpriced)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: str(one["id"]))
def test_a_recorded_exchange_prices_or_says_why_not(exchange: dict[str, Any]) -> None:
    provider, usage, cost = invoice(exchange)
    if usage is None:
        assert cost.amount is None
    if cost.amount is None:
        assert cost.basis
        return
    assert cost.amount >= 0
    body = exchange["response"]
    if provider == "openrouter" and isinstance(body, dict) and isinstance(body["usage"].get("cost"), float):
        assert float(cost.amount) >= body["usage"]["cost"]


def test_nearly_all_of_them_price() -> None:
    if not EXCHANGES:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    reasons = Counter(cost.basis for _, _, cost in map(invoice, EXCHANGES) if cost.amount is None)
    unknown = {why: number for why, number in reasons.items() if "price of" not in why}
    assert sum(unknown.values()) < len(EXCHANGES) / 10, unknown
