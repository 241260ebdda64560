"""Providers wye knows: one literal each, with the models `auto` chooses from.

All but Anthropic speak OpenAI's chat protocol. Facts are dated 2026-11-22 and conservative: what is not
known is None. Regions are None throughout: no provider's default endpoint promises one; an operator
who has it in a contract says so in `wye.yaml`.

The lane is a fact of the *model*, not of the provider: most serve open and closed weights side by side
(DeepInfra resells Claude, Mistral keeps its medium models closed). A model whose weights are not known
to be open is `closed`, the stricter reading: a policy that permits `hosted` need not permit `closed`.
"""

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from wye.catalog.deployments import Deployment, Endpoint, Profile, ReasoningField, Speech
from wye.catalog.prices import PriceList
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.core.secret import Secret

# Families with published weights, by the last part of a model's name. Sizes ("32b") tell Qwen's open
# models from its closed Max, Plus and Flash ones.
_OPEN_WEIGHTS = re.compile(
    r"gpt-oss-"
    r"|gemma-?[234]"
    r"|(meta-)?llama-?(v?[234]|guard|prompt-guard)"
    r"|qw(en|q).*\d+b(-|$)"
    r"|deepseek-(chat|reasoner|r1|v3|v4)"
    r"|kimi-k2"
    r"|glm-(4[.p][5-7]|5)(-|$|v)"
    r"|(open-)?(mixtral-8x|mistral-7b|mistral-nemo)"
    r"|mistral-(large-(2512|3)|small-(24b|3\.|2501|2503|2506))"
    r"|(devstral|magistral)-small|ministral-(3b|8b|14b)-2512|pixtral-12b|voxtral-(mini|small)-.*2507"
    r"|phi-[234]|olmo|minimax-m[12](-|$)"
)
# Searches the web, or sits on open weights without publishing its own.
_NOT_OPEN = re.compile(r"sonar|online|compound")
CLOSED_FAMILY = re.compile(r"(^|/)(gemini|claude|grok|gpt-\d|o[134]-)", re.IGNORECASE)
"""Families that are certainly closed, for those who resell without saying so."""
EMBEDDING = re.compile(r"embed|(^|/)(bge|e5|gte)-")


def lane_of(model: str) -> Lane:
    """Return the lane of a processor's model: `hosted` when its weights are known to be open."""
    if model.startswith("~"):  # OpenRouter's "latest of": whatever it may become
        return Lane.CLOSED
    name = model.lower().rsplit("/", 1)[-1]
    is_open = _OPEN_WEIGHTS.match(name) is not None and _NOT_OPEN.search(name) is None
    return Lane.HOSTED if is_open else Lane.CLOSED


def operations_of(model: str) -> frozenset[Operation]:
    """Return what a model serves, as its name tells."""
    return frozenset({Operation.EMBEDDINGS if EMBEDDING.search(model.lower()) else Operation.CHAT})


class Model(msgspec.Struct, frozen=True):
    """A model offered by default."""

    id: str
    """The provider's own name for it."""
    profile: Profile = Profile()


class Provider(msgspec.Struct, frozen=True):
    """Who serves models behind an API."""

    id: str
    base_url: str
    variables: tuple[str, ...]
    """Environment variables that hold a key, in order; `_FILE` appended names a file instead."""
    models: tuple[Model, ...] = ()
    protocol: Speech = "openai_chat"
    max_output_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream_options: bool = True
    """Understands `stream_options.include_usage`; where not, the last chunk has the usage anyway."""
    region: str | None = None
    reasoning_field: ReasoningField = ""
    """Where it takes the thoughts of earlier turns back; translated requests put them there."""


def _chat(
    id: str,  # noqa: A002  # as in Model
    context: int | None,
    output: int | None,
    *,
    vision: bool | None = None,
    strong: bool = False,
) -> Model:
    """Describe a chat model with tools and JSON schemas, which all of these have."""
    return Model(
        id,
        Profile(
            context_tokens=context,
            max_output_tokens=output,
            tools=True,
            vision=vision,
            json=True,
            strong=strong,
        ),
    )


def _embedding(id: str, context: int) -> Model:  # noqa: A002  # as in Model
    return Model(id, Profile(context_tokens=context, tools=False, vision=False, json=False))


OPENAI = Provider(
    id="openai",
    base_url="https://api.openai.com/v1",
    variables=("OPENAI_API_KEY",),
    max_output_field="max_completion_tokens",
    models=(
        _chat("gpt-5.5", 1_000_000, 128_000, vision=True, strong=True),
        _chat("gpt-5.4-mini", 400_000, 128_000, vision=True),
        _chat("gpt-5.4-nano", 400_000, 128_000, vision=True),
        _embedding("text-embedding-3-small", 8_191),
        _embedding("text-embedding-3-large", 8_191),
    ),
)
ANTHROPIC = Provider(
    id="anthropic",
    base_url="https://api.anthropic.com/v1",
    variables=("ANTHROPIC_API_KEY",),
    protocol="anthropic_messages",
    stream_options=False,
    models=(
        _chat("claude-opus-4-8", 1_000_000, None, vision=True, strong=True),
        _chat("claude-haiku-4-5", 200_000, 64_000, vision=True),
    ),
)
MISTRAL = Provider(
    id="mistral",
    base_url="https://api.mistral.ai/v1",
    variables=("MISTRAL_API_KEY",),
    reasoning_field="thinking",
    stream_options=False,
    models=(
        _chat("mistral-large-2512", 262_144, None, vision=True),
        _chat("mistral-medium-3-5", 262_144, None, vision=True),
        _chat("ministral-14b-2512", 262_144, None, vision=True),
        _embedding("mistral-embed", 8_192),
    ),
)
DEEPSEEK = Provider(
    id="deepseek",
    base_url="https://api.deepseek.com",
    variables=("DEEPSEEK_API_KEY",),
    reasoning_field="reasoning_content",
    models=(
        _chat("deepseek-v4-pro", 1_000_000, 393_216, vision=False),
        _chat("deepseek-v4-flash", 1_000_000, 393_216),
    ),
)
MOONSHOT = Provider(
    id="moonshot",
    base_url="https://api.moonshot.ai/v1",
    variables=("MOONSHOT_API_KEY",),
    reasoning_field="reasoning_content",
    models=(
        _chat("kimi-k2.5", 262_144, None, vision=True),
        _chat("kimi-k2.6", 262_144, None, vision=True),
    ),
)
TOGETHER = Provider(
    id="together",
    base_url="https://api.together.xyz/v1",
    variables=("TOGETHER_API_KEY",),
    models=(
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("meta-llama/Llama-3.3-70B-Instruct-Turbo", 131_072, None, vision=False),
        _chat("deepseek-ai/DeepSeek-V4-Pro-0813", 1_048_576, None, vision=False),
    ),
)
GROQ = Provider(
    id="groq",
    base_url="https://api.groq.com/openai/v1",
    variables=("GROQ_API_KEY",),
    models=(
        _chat("openai/gpt-oss-120b", 131_072, 65_536, vision=False),
        _chat("openai/gpt-oss-20b", 131_072, 65_536, vision=False),
    ),
)
FIREWORKS = Provider(
    id="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    variables=("FIREWORKS_API_KEY",),
    models=(
        _chat("accounts/fireworks/models/gpt-oss-120b", 131_072, 32_768, vision=False),
        _chat("accounts/fireworks/models/kimi-k2p5", 262_144, None),
        _chat("accounts/fireworks/models/deepseek-v4-pro", 1_048_576, None, vision=False),
    ),
)
DEEPINFRA = Provider(
    id="deepinfra",
    base_url="https://api.deepinfra.com/v1/openai",
    variables=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"),
    models=(
        _chat("google/gemma-4-31B-it", 262_144, None, vision=True),
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", 1_048_576, None),
    ),
)
OPENROUTER = Provider(
    id="openrouter",
    base_url="https://openrouter.ai/api/v1",
    variables=("OPENROUTER_API_KEY",),
    reasoning_field="reasoning",
    models=(
        _chat("openai/gpt-5.5", 1_050_000, None, vision=True, strong=True),
        _chat("anthropic/claude-opus-4.8", 1_000_000, None, vision=True, strong=True),
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("deepseek/deepseek-v4-pro", None, None, vision=False),
    ),
)

PROVIDERS: dict[str, Provider] = {
    provider.id: provider
    for provider in (
        *(OPENAI, ANTHROPIC),
        *(MISTRAL, DEEPSEEK, MOONSHOT),
        *(TOGETHER, GROQ, FIREWORKS, DEEPINFRA, OPENROUTER),
    )
}


class Account(msgspec.Struct, frozen=True):
    """A provider with a key: enough to name any of its models in a request.

    `endpoint`, `lane`, `region` and `only` are the operator's word, over what the catalogue says.
    """

    provider: Provider
    key: Secret | None
    found_by: str
    endpoint: Endpoint
    lane: Lane | None = None
    region: str | None = None
    only: frozenset[str] | None = None
    """Serve no other models; None = any."""

    def deployments(self, prices: PriceList) -> tuple[Deployment, ...]:
        """Return the models offered by default."""
        return tuple(provider_deployment(self, model.id, prices) for model in self.provider.models)


def provider_deployment(account: Account, model: str, prices: PriceList) -> Deployment:
    """Build the deployment of any model name at a provider: `provider/model` in a request.

    A name the catalogue does not know has no price and an empty profile: unknown, not free.
    """
    provider = account.provider
    known = next((row for row in provider.models if row.id == model), None)
    profile = (
        Profile(context_tokens=prices.context_tokens(provider.id, model)) if known is None else known.profile
    )
    return Deployment(
        id=f"{provider.id}/{model}",
        model=model,
        provider=provider.id,
        lane=account.lane or lane_of(model),
        endpoint=account.endpoint,
        found_by=account.found_by,
        protocol=provider.protocol,
        operations=operations_of(model),
        region=account.region or provider.region,
        api_key=account.key,
        profile=profile,
        price=prices.find(provider.id, model),
        max_output_field=provider.max_output_field,
        stream_options=provider.stream_options,
        reasoning_field=provider.reasoning_field,
    )


def endpoint_of(url: str) -> Endpoint:
    """Read a base URL. Raises `ValueError` that says what is wrong.

    Only `scheme://host[:port][/path]`: credentials, a query or a fragment do not belong in one.
    """
    if re.search(r"[^!-~]", url):
        message = "a base URL is printable ASCII without spaces"
        raise ValueError(message)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "a base URL starts with http:// or https:// and a host"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "a base URL has no credentials, query or fragment"
        raise ValueError(message)
    port = parts.port if parts.port is not None else (443 if parts.scheme == "https" else 80)
    return Endpoint(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
