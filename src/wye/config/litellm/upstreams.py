"""LiteLLM's providers -> who answers, where, and in which lane. Facts as of 2026-11-22.

The lane is never `own`: that a machine is yours is a promise to those who send confidential data, and only
its owner can make it. What runs on one's own machine comes out as `hosted`, with a note on how to change it.
"""

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

from wye.catalog.deployments import Speech
from wye.catalog.names import lane_of
from wye.catalog.providers import PROVIDERS
from wye.config.addresses import is_loopback, parse_endpoint
from wye.core.lane import Lane

_SAME = {"together_ai": "together", "fireworks_ai": "fireworks", "gemini": "google"}
"""Providers that both know, where the names differ."""
_COMPATIBLE = {
    "ai21": ("https://api.ai21.com/studio/v1", "AI21_API_KEY"),
    "baseten": ("https://inference.baseten.co/v1", "BASETEN_API_KEY"),
    "cerebras": ("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "codestral": ("https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY"),
    "cohere": ("https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
    "cohere_chat": ("https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
    "dashscope": ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    "featherless_ai": ("https://api.featherless.ai/v1", "FEATHERLESS_AI_API_KEY"),
    "friendliai": ("https://api.friendli.ai/serverless/v1", "FRIENDLI_TOKEN"),
    "github": ("https://models.github.ai/inference", "GITHUB_API_KEY"),
    "huggingface": ("https://router.huggingface.co/v1", "HF_TOKEN"),
    "hyperbolic": ("https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_KEY"),
    "lambda_ai": ("https://api.lambda.ai/v1", "LAMBDA_API_KEY"),
    "meta_llama": ("https://api.llama.com/compat/v1", "LLAMA_API_KEY"),
    "minimax": ("https://api.minimax.io/v1", "MINIMAX_API_KEY"),
    "nebius": ("https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"),
    "novita": ("https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
    "nscale": ("https://inference.api.nscale.com/v1", "NSCALE_API_KEY"),
    "nvidia_nim": ("https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
    "perplexity": ("https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
    "sambanova": ("https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    "vercel_ai_gateway": ("https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_KEY"),
    "volcengine": ("https://ark.cn-beijing.volces.com/api/v3", "VOLCENGINE_API_KEY"),
    "voyage": ("https://api.voyageai.com/v1", "VOYAGE_API_KEY"),
    "wandb": ("https://api.inference.wandb.ai/v1", "WANDB_API_KEY"),
    "xai": ("https://api.x.ai/v1", "XAI_API_KEY"),
    "zai": ("https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
}
"""Others that speak OpenAI's protocol: base URL, and the variable that LiteLLM reads their key from."""
_ENGINES = {
    "docker_model_runner": "http://localhost:22088/engines/llama.cpp/v1",
    "hosted_vllm": "http://localhost:8000/v1",
    "lemonade": "http://localhost:8000/api/v1",
    "llamafile": "http://127.0.0.1:8080/v1",
    "lm_studio": "http://localhost:1234/v1",
    "ollama": "http://localhost:11434/v1",
    "ollama_chat": "http://localhost:11434/v1",
    "xinference": "http://127.0.0.1:9997/v1",
}
_AWS = "wye does not sign requests for AWS"
_GCP = "wye does not fetch Google Cloud's tokens; Gemini is there with an API key, as `google/...`"
_UNSIGNED = {
    "bedrock": f"{_AWS}; Bedrock's OpenAI-compatible endpoint takes an API key: declare it with its base_url",
    "sagemaker": _AWS,
    "sagemaker_chat": _AWS,
    "vertex_ai": _GCP,
    "vertex_ai_beta": _GCP,
    "watsonx": "wye does not fetch IBM Cloud's tokens",
    "github_copilot": "a subscription is no API key",
    "chatgpt": "a subscription is no API key",
    "vllm": "LiteLLM ran it in its own process; start `vllm serve` and wye finds it",
}
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")
"""RFC 1918 and RFC 4193."""
_INSIDE = (".internal", ".local", ".lan", ".svc", ".home.arpa", ".cluster.local", ".corp", ".intra")
_OPENAI = re.compile(r"gpt-|chatgpt-|o[134](-|$)|text-embedding-|ft:gpt-")


class UnknownUpstreamError(Exception):
    """There is no way to reach it from wye. The message says why."""


class Upstream(msgspec.Struct, frozen=True):
    """Who answers. None = as the provider has it."""

    model: str
    """The upstream's own name for it."""
    provider: str | None = None
    """One that wye knows; None = `base_url` says it all."""
    base_url: str | None = None
    protocol: Speech | None = None
    lane: Lane | None = None
    networks: tuple[str, ...] | None = None
    variable: str = ""
    """The variable its key is usually in; empty = none is usual."""
    azure: bool = False
    machine: bool = False
    """An engine that somebody runs, or an address inside: its lane may well be `own`."""


def split(model: str, custom: str | None) -> tuple[str, str]:
    """Return LiteLLM's provider and the upstream's model. Raises `UnknownUpstreamError`."""
    head, slash, tail = model.partition("/")
    if custom:
        provider, name = custom, tail if head == custom and slash else model
    elif slash and (_knows(head) or not _OPENAI.match(model)):
        provider, name = head, tail
    elif _OPENAI.match(model):
        provider, name = "openai", model
    elif model.startswith("claude-"):
        provider, name = "anthropic", model
    else:
        message = f"'{model}' names no provider: write `provider/{model}`"
        raise UnknownUpstreamError(message)
    if not name.strip():
        message = f"'{model}' names no model"
        raise UnknownUpstreamError(message)
    return provider, name


def upstream(provider: str, model: str, base: str | None) -> Upstream:
    """Return who serves LiteLLM's `provider/model`; `base` = its api_base. Raises `UnknownUpstreamError`."""
    own = _SAME.get(provider, provider)
    if provider in _UNSIGNED and not (base and provider == "vllm"):
        message = f"'{provider}': {_UNSIGNED[provider]}"
        raise UnknownUpstreamError(message)
    model = model.removeprefix("responses/") if provider in {"openai", "azure"} else model
    if own in PROVIDERS:
        row = PROVIDERS[own]
        if base is None or _host(base) == _host(row.base_url):
            return Upstream(model, own, variable=row.variables[0])
        if own == "anthropic":
            return _elsewhere(model, _with(base, "/v1"), "anthropic_messages")
        return _elsewhere(model, base)
    if provider in {"azure", "azure_text", "azure_ai"}:
        return _azure(model.removeprefix("o_series/").removeprefix("gpt5_series/"), base)
    return _compatible(provider, model, base)


def _compatible(provider: str, model: str, base: str | None) -> Upstream:
    """Return one that speaks OpenAI's protocol, or is taken to."""
    usual, name = _COMPATIBLE.get(provider, (_ENGINES.get(provider), ""))
    if base is None:
        base = usual
    elif provider.startswith("ollama"):
        base = _with(base, "/v1")
    if base is None:
        message = f"'{provider}' is no provider wye knows; if it speaks OpenAI's protocol, write its api_base"
        raise UnknownUpstreamError(message)
    there = _elsewhere(model, base)
    if provider in _ENGINES:  # whose weights are open
        return msgspec.structs.replace(there, machine=True, lane=Lane.HOSTED)
    return msgspec.structs.replace(there, variable=name)


def _knows(provider: str) -> bool:
    tables = (PROVIDERS, _SAME, _COMPATIBLE, _ENGINES, _UNSIGNED)
    return any(provider in table for table in tables) or provider.startswith("azure")


def _azure(model: str, base: str | None) -> Upstream:
    """Return the v1 API of an Azure resource, which takes the key as OpenAI does and needs no version."""
    if base is None:
        message = "Azure needs an api_base: the address of your resource"
        raise UnknownUpstreamError(message)
    parts = urlsplit(base)
    claude = "/anthropic" in parts.path
    there = _elsewhere(
        model,
        f"{parts.scheme}://{parts.netloc}/{'anthropic/v1' if claude else 'openai/v1'}",
        "anthropic_messages" if claude else None,
    )
    return msgspec.structs.replace(there, variable="AZURE_API_KEY", azure=not claude)


def _elsewhere(model: str, base: str, protocol: Speech | None = None) -> Upstream:
    base = base.rstrip("/").removesuffix("/chat/completions")
    try:
        endpoint = parse_endpoint(base)
    except ValueError as error:
        message = f"its api_base cannot be used: {error}"
        raise UnknownUpstreamError(message) from None
    inside = _inside(endpoint.host)
    machine = inside or endpoint.networks is not None
    return Upstream(
        model,
        base_url=base,
        protocol=protocol,
        lane=lane_of(model),
        networks=_PRIVATE if inside else None,
        machine=machine,
    )


def _inside(host: str) -> bool:
    """Tell whether a name, not an address, looks as if it were resolved inside a network only."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not is_loopback(host) and ("." not in host or host.lower().endswith(_INSIDE))
    return False


def _with(base: str, path: str) -> str:
    base = base.rstrip("/")
    return base if base.endswith(path) else base + path


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
