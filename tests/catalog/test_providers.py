"""The provider rows, the lane of a model, and deployments built from them."""

import msgspec
import pytest

from wye.catalog.accounts import Account, endpoint_of, provider_deployment
from wye.catalog.deployments import Deployment
from wye.catalog.names import lane_of
from wye.catalog.prices import PriceList
from wye.catalog.providers import ENGINES, PROVIDERS
from wye.catalog.second import SecondList
from wye.catalog.standing import standing
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.core.secret import Secret

PRICES = PriceList.load()
KEY = Secret("sk-made-up")


def _account(name: str, key: Secret = KEY) -> Account:
    return Account(PROVIDERS[name], key, "test", endpoint_of(PROVIDERS[name].base_url))


def test_eleven_providers_with_models_and_prices() -> None:
    names = "anthropic deepinfra deepseek fireworks google groq mistral moonshot openai openrouter together"
    assert sorted(PROVIDERS) == names.split()
    for provider in PROVIDERS.values():
        deployments = _account(provider.id).deployments(PRICES)
        assert deployments
        for one in deployments:
            assert one.price is not None, one.id
            assert one.endpoint.scheme == "https"
            assert one.endpoint.networks is None
            assert one.id == f"{provider.id}/{one.model}"


def test_context_windows_agree_with_the_price_list_or_are_larger_there() -> None:
    for provider in PROVIDERS.values():
        for model in provider.models:
            listed = PRICES.context_tokens(provider.id, model.id)
            ours = model.profile.context_tokens
            assert listed is None or ours is None or ours <= listed, (provider.id, model.id)


@pytest.mark.parametrize(
    ("model", "lane"),
    [
        ("gpt-5.5", Lane.CLOSED),
        ("openai/gpt-oss-120b", Lane.HOSTED),
        ("accounts/fireworks/models/llama-v3p1-8b-instruct", Lane.HOSTED),
        ("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", Lane.HOSTED),
        ("meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo", Lane.HOSTED),
        ("perplexity/llama-3.1-sonar-large-128k-online", Lane.CLOSED),
        ("qwen/qwen3-32b", Lane.HOSTED),
        ("Qwen/Qwen3.8-2.4T-A95B", Lane.HOSTED),
        ("Qwen/Qwen3.7-Max", Lane.CLOSED),
        ("accounts/fireworks/models/qwen3p7-plus", Lane.CLOSED),
        ("google/gemma-4-31B-it", Lane.HOSTED),
        ("google/gemini-3.5-flash", Lane.CLOSED),
        ("anthropic/claude-opus-4.8", Lane.CLOSED),
        ("deepseek-v4-pro", Lane.HOSTED),
        ("deepseek/deepseek-v4-pro:free", Lane.HOSTED),
        ("~deepseek/deepseek-v4-flash-latest", Lane.CLOSED),
        ("mistral-large-2512", Lane.HOSTED),
        ("mistral-large-latest", Lane.CLOSED),
        ("mistral-medium-3-5", Lane.CLOSED),
        ("kimi-k2.5", Lane.HOSTED),
        ("z-ai/glm-4.7", Lane.HOSTED),
        ("compound-beta", Lane.CLOSED),
        ("openrouter/auto", Lane.CLOSED),
        ("never-heard-of-it", Lane.CLOSED),
    ],
)
def test_the_lane_is_the_models_and_unknown_means_closed(model: str, lane: Lane) -> None:
    assert lane_of(model) is lane


def test_any_name_becomes_a_deployment_without_a_price() -> None:
    account = _account("openai")
    made = provider_deployment(account, "gpt-99-preview", PRICES)
    assert (made.id, made.lane, made.price) == ("openai/gpt-99-preview", Lane.CLOSED, None)
    assert made.spelling.max_output_field == "max_completion_tokens"
    assert made.profile.context_tokens is None
    assert "sk-made-up" not in repr(made)
    known = provider_deployment(account, "gpt-5.1", PRICES)
    assert known.price is not None
    assert known.profile.context_tokens == 400_000


def test_embedding_models_serve_embeddings() -> None:
    account = _account("openai")
    assert provider_deployment(account, "text-embedding-ada-002", PRICES).operations == {Operation.EMBEDDINGS}
    assert provider_deployment(account, "gpt-5.5", PRICES).operations == {Operation.CHAT}


def test_the_operator_knows_better() -> None:
    account = msgspec.structs.replace(_account("mistral"), lane=Lane.HOSTED, region="eu")
    made = provider_deployment(account, "mistral-medium-3-5", PRICES)
    assert (made.lane, made.region) == (Lane.HOSTED, "eu")


def test_base_urls_are_taken_apart() -> None:
    assert endpoint_of("https://api.groq.com/openai/v1/").url == "https://api.groq.com/openai/v1"
    assert endpoint_of("http://127.0.0.1:8000").port == 8000
    assert endpoint_of("http://[::1]:8000/v1").host == "::1"
    assert endpoint_of("https://api.deepseek.com").base_path == ""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/", "api.openai.com/v1", "https:///v1", "https://u:p@x/v1", "https://x/v1?q=1", "https://x/#a",
        "https://x/a b", "https://x\r\nEvil: 1/v1", "https://x:99999/v1",
    ],
)  # fmt: skip
def test_what_is_not_a_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"base URL|[Pp]ort"):
        endpoint_of(url)


def _made(provider: str, model: str) -> Deployment:
    return provider_deployment(_account(provider), model, PRICES)


@pytest.mark.parametrize(
    ("provider", "model", "protocol", "also"),
    [
        ("openai", "gpt-5.5", "openai_responses", {"openai_chat"}),
        ("openai", "gpt-5.4-mini", "openai_responses", {"openai_chat"}),
        ("openai", "gpt-5.1", "openai_chat", {"openai_responses"}),
        ("openai", "gpt-4o", "openai_chat", {"openai_responses"}),
        ("openai", "gpt-5.1-codex-max", "openai_responses", set()),
        ("openai", "gpt-5.4-pro", "openai_responses", set()),
        ("openai", "o3-pro-2025-06-10", "openai_responses", set()),
        ("openai", "o4-mini-deep-research", "openai_responses", set()),
        ("openai", "gpt-3.5-turbo-instruct", "openai_chat", {"openai_completions"}),
        ("anthropic", "claude-opus-4-8", "anthropic_messages", set()),
        ("google", "gemini-2.5-pro", "gemini", set()),
        ("deepseek", "deepseek-v4-pro", "openai_chat", set()),
        ("openrouter", "anthropic/claude-opus-4.8", "openai_chat", {"anthropic_messages"}),
        ("openrouter", "openai/gpt-oss-120b", "openai_chat", {"openai_completions"}),
    ],
)
def test_what_a_model_speaks(provider: str, model: str, protocol: str, also: set[str]) -> None:
    made = _made(provider, model)
    assert (made.protocol, made.also) == (protocol, also)


@pytest.mark.parametrize(
    ("provider", "model", "taken", "refused"),
    [
        ("openai", "gpt-5.5", "seed", "temperature"),
        ("openai", "o4-mini", "user", "stop"),
        ("openai", "gpt-4o-mini", "temperature", ""),
        ("anthropic", "claude-opus-4-8", "stop", "temperature"),
        ("anthropic", "claude-sonnet-4-5-20250929", "temperature", "temperature_with_top_p"),
        ("anthropic", "claude-3-haiku-20240307", "temperature_with_top_p", "strict"),
        ("mistral", "mistral-large-2512", "temperature", "seed"),
        ("deepseek", "deepseek-reasoner", "stop", "temperature"),
        ("deepseek", "deepseek-v4-flash", "temperature", "parallel_tool_calls"),
        ("moonshot", "kimi-k2.5", "stop", "temperature"),
        ("groq", "openai/gpt-oss-20b", "temperature", "n"),
    ],
)
def test_what_a_model_takes(provider: str, model: str, taken: str, refused: str) -> None:
    refuses = _made(provider, model).spelling.refuses
    assert taken not in refuses
    assert not refused or refused in refuses


def test_how_providers_spell() -> None:
    assert _made("mistral", "mistral-large-2512").spelling.call_ids == "nine"
    assert _made("mistral", "open-mistral-7b").spelling.formats == "object"
    assert _made("deepseek", "deepseek-v4-pro").spelling.formats == "object"
    assert _made("groq", "llama-3.3-70b-versatile").spelling.formats == "object"
    assert _made("groq", "openai/gpt-oss-120b").spelling.formats == "schema"
    assert _made("anthropic", "claude-opus-4-20250514").spelling.formats == "none"
    assert _made("anthropic", "claude-opus-4-1-20250805").spelling.formats == "schema"
    assert ENGINES["vllm"].variant("mistralai/Ministral-8B-Instruct").spelling is not None
    assert ENGINES["vllm"].variant("Qwen/Qwen3-32B").spelling is None
    for engine in ENGINES.values():
        mistral = engine.variant("mistralai/Devstral-Small-2507").spelling
        assert mistral == msgspec.structs.replace(engine.spelling, call_ids="nine")


def test_no_model_that_comes_with_wye_was_retired_when_it_was_made() -> None:
    day = SecondList.load().as_of
    known = [
        standing(model.id, provider.id, on=day)
        for provider in PROVIDERS.values()
        for model in provider.models
    ]
    assert [one.words for one in known if one is not None and one.kind != "retiring"] == []


@pytest.mark.parametrize(
    ("provider", "model", "chat", "responses"),
    [
        ("openai", "gpt-4.1", False, False),
        ("openai", "gpt-5.5", False, False),
        ("anthropic", "claude-opus-4-8", True, True),
        ("google", "gemini-2.5-pro", True, True),
        ("deepseek", "deepseek-v4-pro", True, True),
        ("together", "zai-org/GLM-5.3", False, True),
    ],
)
def test_whose_custom_tools_are_functions(provider: str, model: str, *, chat: bool, responses: bool) -> None:
    made = _made(provider, model)
    assert made.emulates_custom_tools("openai_chat") is chat
    assert made.emulates_custom_tools("openai_responses") is responses


def test_engines_know_functions_only() -> None:
    assert all("custom_tools" in engine.spelling.refuses for engine in ENGINES.values())


def test_what_engines_pass_over_in_silence() -> None:
    assert ENGINES["embedded"].spelling.ignores >= {"suffix", "echo", "best_of", "web_search_options"}
    assert "suffix" not in ENGINES["ollama"].spelling.ignores
    assert "web_search_options" in ENGINES["vllm"].spelling.ignores
    assert not any(provider.spelling.ignores for provider in PROVIDERS.values())


def test_patterns_are_regular_expressions_that_some_model_meets() -> None:
    for provider in (*PROVIDERS.values(), *ENGINES.values()):
        for variant in provider.variants:
            assert variant.spelling or variant.protocol or variant.also is not None
            assert not variant.holds("zzz")


@pytest.mark.parametrize(
    ("provider", "model", "strong"),
    [
        ("openai", "gpt-5.5", True),
        ("openai", "gpt-5.5-2026-04-23", True),
        ("openai", "gpt-6-astra", True),
        ("openai", "gpt-5.5-cyber", False),
        ("openai", "gpt-5.4-mini", False),
        ("openai", "gpt-6-luna", False),
        ("openai", "xgpt-5.5", False),
        ("anthropic", "claude-opus-4-8", True),
        ("anthropic", "Claude-Opus-5-5-20260915", True),
        ("anthropic", "claude-opus-4-1", False),
        ("anthropic", "claude-haiku-4-5", False),
        ("google", "gemini-3.1-pro-preview", True),
        ("google", "gemini-3.5-flash", False),
        ("openrouter", "anthropic/claude-opus-4.8", True),
        ("openrouter", "anthropic/claude-opus-4.8:batch", False),
        ("groq", "gpt-5.5", False),
    ],
)
def test_what_sets_the_standard_is_known_by_name(provider: str, model: str, strong: bool) -> None:  # noqa: FBT001  # a case
    assert provider_deployment(_account(provider), model, PRICES).profile.strong is strong


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "openrouter"])
def test_each_closed_provider_offers_a_strong_and_another_model(provider: str) -> None:
    chat = [d for d in _account(provider).deployments(PRICES) if Operation.CHAT in d.operations]
    assert {d.profile.strong for d in chat} == {True, False}
    prices = {d.profile.strong: d.price.rates.input for d in chat if d.price is not None}
    assert prices[True] is not None
    assert prices[False] is not None
    assert prices[True] > prices[False]
