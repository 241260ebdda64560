"""Providers and deployments: who answers, at which address, with which price and limits."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from wye.catalog.deployments import Native, Speech
from wye.config.section import Count, NonNegativeCount, Positive, Section
from wye.core.lane import Lane
from wye.core.spelling import CallIds, Formats, Ignored, MaxOutputField, Refused, Taken


class TlsSettings(Section, frozen=True):
    """How an https endpoint is verified."""

    ca_file: str | None = None
    """PEM bundle of a private CA, in place of the operating system's trust."""
    client_cert_file: str | None = None
    """PEM; with `client_key_file`, for an upstream that asks who is calling."""
    client_key_file: str | None = None


class ProviderSettings(Section, frozen=True):
    """Overrides for a provider wye knows, or a new one."""

    enabled: bool = True
    """`false`: not used, even with a key in the environment."""
    base_url: str | None = None
    """Another address than the one wye knows; needed for a new provider."""
    protocol: Speech | None = None
    """What it speaks; default: what the provider is known to, else `openai_chat`."""
    api_key_env: str | None = None
    """The variable that holds the key, in place of the usual one."""
    api_key_file: str | None = None
    """A file that holds the key and nothing else."""
    lane: Lane | None = None
    """Your word for all its models, over what the catalogue says of each."""
    region: str | None = None
    """Where its data stays, if you have that in a contract; labels may ask for it."""
    models: tuple[str, ...] | None = None
    """Serve only these of the provider's models."""
    networks: tuple[str, ...] | None = None
    """CIDR blocks the resolved address must lie in; default: any public address."""
    tls: TlsSettings = TlsSettings()


class ProfileSettings(Section, frozen=True):
    """Capability facts of a model; what is left out is unknown, which excludes nothing."""

    context_tokens: Count | None = None
    """Prompt and answer together."""
    max_output_tokens: Count | None = None
    tools: bool | None = None
    """Can call tools."""
    vision: bool | None = None
    """Can see images."""
    json: bool | None = None
    """Can promise JSON (`response_format`)."""
    strong: bool | None = None
    """May serve a label with `quality: ceiling`."""
    tags: tuple[str, ...] = ()
    """What it was made or tuned for, in your words: `medical`, `legal`, `code`, `creative`, ..."""


class PriceTierSettings(Section, frozen=True):
    """Money per million tokens, for all of a request whose input is longer."""

    above_input_tokens: Count
    """More input than this, what was read from the cache included."""
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    """Default: as `input`."""
    cache_write: Decimal | None = None
    """Default: as `input`."""
    cache_write_1h: Decimal | None = None
    """Default: as `cache_write`."""


class PriceSettings(Section, frozen=True):
    """Money per million tokens, replacing the catalogue's price from `as_of` on."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    """Input read from the prompt cache; default: as `input`."""
    cache_write: Decimal | None = None
    """Input written to the prompt cache; default: as `input`."""
    cache_write_1h: Decimal | None = None
    """Input written to stay for an hour; default: as `cache_write`."""
    tiers: tuple[PriceTierSettings, ...] = ()
    """Other rates for long input, shortest first: `{above_input_tokens: 272000, input: 10, output: 45}`."""
    services: dict[str, Decimal] = {}
    """Service tier → what its rates are times these: `batch: 0.5`. One that is not named has none."""
    currency: str = "USD"
    """Three letters. Budgets are in USD and need prices in USD."""
    as_of: str | None = None
    """ISO date; default: the day the file is read."""


class TimeoutSettings(Section, frozen=True):
    """Seconds."""

    connect: Positive = 5.0
    """DNS, TCP, proxy and TLS together."""
    first_byte: Positive = 120.0
    """From the request's last byte to the answer's first, of a stream; a whole answer has `total`."""
    idle: Positive = 60.0
    """Between two bytes of an answer."""
    total: Positive = 900.0
    """The whole exchange."""


class DeploymentSettings(Section, frozen=True):
    """A model at an endpoint. Needs `provider`, or `base_url` and `lane`."""

    model: str
    """The upstream's own name for it."""
    provider: str | None = None
    """Takes address, key, prices and facts from this provider."""
    base_url: str | None = None
    """Where it is reached, up to and with `/v1`."""
    protocol: Speech | None = None
    """What it speaks; default: what the provider is known to, else `openai_chat`."""
    also: tuple[Native, ...] | None = None
    """What else it speaks at this address: requests in these are forwarded as they are."""
    lane: Lane | None = None
    """Who holds the weights, and where the data goes."""
    region: str | None = None
    """Labels may ask for it."""
    build: str = ""
    """Revision and quantisation of its weights, in your words: a certificate holds for one build."""
    api_key_env: str | None = None
    """The variable that holds its key."""
    api_key_file: str | None = None
    """A file that holds its key and nothing else."""
    networks: tuple[str, ...] | None = None
    """CIDR blocks the resolved address must lie in; default: any public address, or the one in the URL."""
    tls: TlsSettings = TlsSettings()
    operations: tuple[Literal["chat", "embeddings"], ...] = ("chat",)
    """What it serves."""
    profile: ProfileSettings = ProfileSettings()
    price: PriceSettings | None = None
    """Replaces the catalogue's."""
    machine_hour: Decimal | None = None
    """USD an hour for the machines of an `own` deployment."""
    machines: str | None = None
    """An entry of `machines`, which serve it: their hour's cost stands for `machine_hour`."""
    energy_hour: Decimal | None = None
    """USD of it that an idle hour saves, which routes go by: energy; all of it where idle machines go."""
    slots: Count = 1
    """Requests the machines serve side by side: a request costs its share of the hour."""
    concurrency: Count = 64
    """Requests at once; more wait in the queue."""
    queue: NonNegativeCount = 128
    """Requests that may wait; more go to the next candidate, or get a 429."""
    queue_seconds: Positive = 30.0
    """The longest wait."""
    retries: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1
    """Further attempts at this deployment after a failure that may pass."""
    timeouts: TimeoutSettings = TimeoutSettings()
    max_output_field: MaxOutputField | None = None
    """Which field caps the output; default: what the provider is known to take, else `max_tokens`."""
    stream_options: bool | None = None
    """It understands `stream_options.include_usage`; default: what the provider is known to, else `true`."""
    reasoning_field: Literal["reasoning", "reasoning_content", "thinking"] | None = None
    """Where a translated request puts earlier thoughts; default: what the provider is known to take."""
    effort_field: Literal["reasoning_effort", "reasoning", "thinking"] | None = None
    """How a translated request says how hard to think: a word, OpenRouter's object, or on and off."""
    call_ids: CallIds | None = None
    """Ids of calls: `forty` characters, `words` (64 letters, digits, `_`, `-`), `nine` (letters, digits)."""
    formats: Formats | None = None
    """What it holds an answer to: a JSON schema, any JSON object, or nothing."""
    takes: tuple[Taken, ...] | None = None
    """What it takes that not every Chat upstream does."""
    refuses: tuple[Refused, ...] | None = None
    """What it does not take: a translated request is sent without, or not sent, and says so."""
    ignores: tuple[Ignored, ...] | None = None
    """What it passes over in silence in its own protocol: such a request is refused."""
