"""The shape of `wye.yaml`: its fields, defaults and limits. Unknown fields are errors.

Secrets never stand in the file: it names an environment variable or a file that holds one.
"""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from wye.core.lane import Lane

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
NonNegativeCount = Annotated[int, msgspec.Meta(ge=0)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every section: immutable, and a misspelt field is an error."""


class LabelRule(Section, frozen=True):
    """Where requests with this label may go."""

    lanes: tuple[Lane, ...] = (Lane.OWN,)
    providers: tuple[str, ...] | None = None
    """Restrict further to these providers; None = any in the lanes."""
    regions: tuple[str, ...] | None = None
    """Restrict further to deployments whose region is one of these."""
    quality: Literal["any", "ceiling"] = "any"
    """`ceiling`: the strong model or an error."""


ALL_LANES = (Lane.OWN, Lane.HOSTED, Lane.CLOSED)

DEFAULT_LABELS: dict[str, LabelRule] = {
    "public": LabelRule(lanes=ALL_LANES),
    "internal": LabelRule(lanes=ALL_LANES),
    "confidential": LabelRule(),
    "phi": LabelRule(),
    "secret": LabelRule(),
}
"""What holds unless `labels` says otherwise; entries there replace or add, none are removed."""


class TlsSettings(Section, frozen=True):
    """How an https endpoint is verified."""

    ca_file: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None


class ProviderSettings(Section, frozen=True):
    """Overrides for a provider wye knows, or a new OpenAI-compatible one."""

    enabled: bool = True
    base_url: str | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None
    lane: Lane | None = None
    region: str | None = None
    models: tuple[str, ...] | None = None
    """Serve only these of the provider's models."""
    networks: tuple[str, ...] | None = None
    """CIDR blocks the resolved address must lie in; default: any public address."""
    tls: TlsSettings = TlsSettings()


class ProfileSettings(Section, frozen=True):
    """Capability facts of a model; what is left out is unknown, which excludes nothing."""

    context_tokens: Count | None = None
    max_output_tokens: Count | None = None
    tools: bool | None = None
    vision: bool | None = None
    json: bool | None = None
    strong: bool | None = None


class PriceSettings(Section, frozen=True):
    """Money per million tokens, replacing the catalogue's price from `as_of` on."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    currency: str = "USD"
    as_of: str | None = None
    """ISO date; default: the day the file is read."""


class TimeoutSettings(Section, frozen=True):
    """Seconds."""

    connect: Positive = 5.0
    first_byte: Positive = 120.0
    idle: Positive = 60.0
    total: Positive = 900.0


class DeploymentSettings(Section, frozen=True):
    """A model at an endpoint. Needs `provider`, or `base_url` and `lane`."""

    model: str
    """The upstream's own name for it."""
    provider: str | None = None
    base_url: str | None = None
    lane: Lane | None = None
    region: str | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None
    networks: tuple[str, ...] | None = None
    tls: TlsSettings = TlsSettings()
    operations: tuple[Literal["chat", "embeddings"], ...] = ("chat",)
    profile: ProfileSettings = ProfileSettings()
    price: PriceSettings | None = None
    machine_hour: Decimal | None = None
    """USD an hour for the machines of an `own` deployment."""
    slots: Count = 1
    concurrency: Count = 64
    queue: NonNegativeCount = 128
    queue_seconds: Positive = 30.0
    retries: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1
    timeouts: TimeoutSettings = TimeoutSettings()
    max_output_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    stream_options: bool = True


class When(Section, frozen=True):
    """Conditions of a rule; all that are given must hold."""

    tools: bool | None = None
    vision: bool | None = None
    json: bool | None = None
    stream: bool | None = None
    labels: tuple[str, ...] | None = None
    """The request carries at least one of these."""
    min_bytes: NonNegativeCount | None = None
    """Size of the request body."""
    max_bytes: NonNegativeCount | None = None


class Rule(Section, frozen=True):
    """The first rule whose conditions hold narrows the candidates."""

    use: tuple[str, ...] = ()
    """Deployments or aliases, in this order of preference; empty = all."""
    lanes: tuple[Lane, ...] | None = None
    """Keep these lanes only."""
    when: When = When()
    name: str = ""


class RouteSettings(Section, frozen=True):
    """A named choice a client may ask for as `model`."""

    candidates: tuple[str, ...] = ()
    """Deployments or aliases; empty = every deployment that was found."""
    rules: tuple[Rule, ...] = ()
    labels: tuple[str, ...] = ()
    """Added to every request on this route."""


class KeySettings(Section, frozen=True):
    """Who may call."""

    required: bool | None = None
    """Default: once a key exists, and always off loopback."""
    bootstrap_env: str = "WYE_BOOTSTRAP_KEY"
    """A key with every scope, for containers; `_FILE` appended names a file instead."""


class ListenerSettings(Section, frozen=True):
    """Limits of what crosses the listener."""

    header_seconds: Positive = 10.0
    body_seconds: Positive = 60.0
    keep_alive_seconds: Positive = 75.0
    header_bytes: Count = 65_536
    headers: Count = 100
    body_bytes: Count = 33_554_432
    bytes_in_flight: Count = 268_435_456
    connections: Count = 4_096
    drain_seconds: Positive = 30.0
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    access_log: bool = True


class LedgerSettings(Section, frozen=True):
    """Where records live."""

    url: str | None = None
    """`sqlite:///path` or `postgresql://...`; default: SQLite in the state directory."""
    url_env: str | None = None
    """An environment variable that holds the URL, for one with a password."""
    store_content: bool = False
    """Keep prompts and answers. Off unless you say so."""


class DiscoverySettings(Section, frozen=True):
    """What is looked for without being configured."""

    environment: bool = True
    engines: bool = True
    seconds: Annotated[float, msgspec.Meta(gt=0, le=2)] = 1.0


class EmbeddedSettings(Section, frozen=True):
    """The open model that comes with wye."""

    enabled: bool = True
    threads: Count | None = None
    slots: Count = 4
    context_tokens: Annotated[int, msgspec.Meta(ge=512)] = 8_192
    """Over all slots."""
    embeddings: bool = True


class TelemetrySettings(Section, frozen=True):
    """Where spans and metrics go, beside `/metrics`."""

    otlp_endpoint: str | None = None
    """Default: `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    otlp_headers_env: str = "OTEL_EXPORTER_OTLP_HEADERS"
    service_name: str = "wye"


class Settings(Section, frozen=True):
    """All of `wye.yaml`."""

    listen: str = "127.0.0.1:4000"
    default_label: str = "internal"
    """The label of a request that brings none."""
    labels: dict[str, LabelRule] = {}
    providers: dict[str, ProviderSettings] = {}
    deployments: dict[str, DeploymentSettings] = {}
    aliases: dict[str, str | tuple[str, ...]] = {}
    """Name -> deployment, or several in order of preference."""
    routes: dict[str, RouteSettings] = {}
    auto: RouteSettings = RouteSettings()
    """What `model: auto` chooses from, and by which rules."""
    keys: KeySettings = KeySettings()
    listener: ListenerSettings = ListenerSettings()
    ledger: LedgerSettings = LedgerSettings()
    discovery: DiscoverySettings = DiscoverySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
