"""The shape of `wye.yaml`: its fields, defaults and limits. Unknown fields are errors.

Secrets never stand in the file: it names an environment variable or a file that holds one.
"""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from wye.catalog.deployments import Native, Speech
from wye.config.detection import DetectionSettings
from wye.config.economy import FigureSettings, MachineSettings
from wye.config.governance import ComplianceSettings, PolicySettings
from wye.config.lineage import LineageSettings
from wye.config.masking import Mask
from wye.config.organisation import OrganisationSettings
from wye.config.section import Count, NonNegativeCount, Positive, Section, Share
from wye.core.lane import Lane
from wye.core.spelling import CallIds, Formats, Ignored, MaxOutputField, Refused, Taken

Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class LabelRule(Section, frozen=True):
    """Where requests with this label may go."""

    lanes: tuple[Lane, ...] = (Lane.OWN,)
    """A label that permits no lane but `own` keeps its requests inside."""
    providers: tuple[str, ...] | None = None
    """Restrict further to these providers; None = any in the lanes."""
    regions: tuple[str, ...] | None = None
    """Restrict further to deployments whose region is one of these."""
    quality: Literal["any", "ceiling"] = "any"
    """`ceiling`: the strong model or an error."""
    retain_days: Days | None = None
    """Prompts and answers with this label that are kept anywhere become unreadable after so many days."""
    mask: Mask = ()
    """What leaves the `own` lane only as tokens, put back in the answer: kinds, or `all`."""


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


class When(Section, frozen=True):
    """Conditions of a rule; all that are given must hold."""

    tools: bool | None = None
    """The request has tools."""
    vision: bool | None = None
    """The request has images."""
    json: bool | None = None
    """The request asks for JSON."""
    stream: bool | None = None
    """The answer is to be streamed."""
    labels: tuple[str, ...] | None = None
    """The request carries at least one of these."""
    tasks: tuple[str, ...] | None = None
    """The request is one of these kinds of work: `code`, `extraction`, ... or of your own `tasks`."""
    min_bytes: NonNegativeCount | None = None
    """Size of the request body."""
    max_bytes: NonNegativeCount | None = None


Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Weight = Annotated[float, msgspec.Meta(ge=0)]


class Objective(Section, frozen=True):
    """What the best candidate is. Who misses a bound comes behind all who keep them."""

    best: Literal["cheapest", "quality", "fastest", "weighed"] = "cheapest"
    """`cheapest`: least expected cost; `quality`: highest expected score; `fastest`: soonest first token."""
    quality: Share | None = None
    """At least this expected score. 0 = whatever it is: `cheapest` without regard to what was measured."""
    cost: Decimal | None = None
    """At most this expected cost, USD a request."""
    ttft_ms: Positive | None = None
    """At most this time to first token, as seen lately at the median."""
    weights: dict[Literal["quality", "cost", "latency"], Weight] = {}
    """For `weighed`: what a point of score, a USD and a second are worth beside each other."""


class Rule(Section, frozen=True):
    """The first rule whose conditions hold narrows the candidates."""

    use: tuple[str, ...] = ()
    """Deployments or aliases, in this order of preference; empty = all."""
    lanes: tuple[Lane, ...] | None = None
    """Keep these lanes only."""
    tags: tuple[str, ...] = ()
    """Keep deployments whose profile has at least one of these; empty = all."""
    objective: Objective | None = None
    """What the best of those it keeps is; default: the route's."""
    weights: dict[str, Weight] = {}
    """Deployment or alias → its share of conversations, in any unit; a conversation keeps its draw.

    Without `use`, keeps those it names.
    """
    canary: dict[str, Percent] = {}
    """Deployment or alias → percent of conversations that go there first; a conversation keeps its draw.

    For all others it comes last.
    """
    when: When = When()
    """Left out: always."""
    name: str = ""
    """What explanations call it; default: its number."""


class GateSettings(Section, frozen=True):
    """Ask the weak model first where the prompt leaves it open, and serve its answer if others agree."""

    ask: tuple[str, ...]
    """Deployments or aliases whose answers are compared with the weak one's; its own = a second sample."""
    compare: Literal["answer", "meaning"] = "answer"
    """`answer`: calls, JSON and final answers are the same; `meaning`: or free texts mean alike."""
    meaning: Share = 0.85
    """From which cosine on two free texts agree, under `meaning`."""
    sure: Share | None = None
    """Mean probability (geometric) that the weak answer's tokens must have, where its engine tells."""


class ShadowSettings(Section, frozen=True):
    """Watch a certified route: some conversations are served by both, and compared."""

    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.02
    """With which a conversation is shadowed, whoever serves it."""
    judge: str | None = None
    """The deployment that scores both answers; default: final answers are compared, which not all have."""
    run_length: Annotated[float, msgspec.Meta(ge=100)] = 2_000
    """Shadowed conversations between false alarms, on average at least."""


class HedgeSettings(Section, frozen=True):
    """Ask the next candidate as well when an answer is slow to begin; the first to begin is served."""

    after_ms: Positive
    """Without a first byte."""
    share: Share = 0.05
    """Of the route's requests that may be hedged, at most."""


class TaskSettings(Section, frozen=True):
    """A kind of work of your own."""

    examples: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    """Prompts of this kind."""


class RouteSettings(Section, frozen=True):
    """A named choice a client may ask for as `model`."""

    candidates: tuple[str, ...] = ()
    """Deployments or aliases; empty = every deployment that was found."""
    rules: tuple[Rule, ...] = ()
    """The first that applies narrows the candidates."""
    objective: Objective = Objective()
    """What the best of those left is."""
    strong: str | None = None
    """The deployment or alias that sets the standard; default: the cheapest whose profile says `strong`."""
    gate: GateSettings | None = None
    shadow: ShadowSettings | None = None
    hedge: HedgeSettings | None = None
    hook: str | None = None
    """`module:function` of yours that orders or narrows the candidates last; see docs/route.md."""
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
    """For a request's head to arrive."""
    body_seconds: Positive = 60.0
    """For its body to arrive, and for a client that stopped reading."""
    keep_alive_seconds: Positive = 75.0
    """An idle connection is closed after it."""
    header_bytes: Count = 65_536
    """Of one request's head."""
    headers: Count = 100
    """Of one request."""
    body_bytes: Count = 33_554_432
    """Of one request."""
    bytes_in_flight: Count = 268_435_456
    """Of all request bodies held at once."""
    connections: Count = 4_096
    """At once. The limit of open files is raised for it at the start, as far as the system allows."""
    drain_seconds: Positive = 30.0
    """For answers under way to finish when wye is told to stop."""
    tls_cert_file: str | None = None
    """PEM; with `tls_key_file` the listener speaks https."""
    tls_key_file: str | None = None
    access_log: bool = True
    """A line for each request on standard output."""


class LedgerSettings(Section, frozen=True):
    """Where records live."""

    url: str | None = None
    """`sqlite:///path` or `postgresql://...`; default: SQLite in the state directory."""
    url_env: str | None = None
    """An environment variable that holds the URL, for one with a password."""
    store_content: bool = False
    """Keep prompts and answers, sealed (see docs/erasure.md). Off unless you say so."""
    retain_days: Days | None = None
    """Content that is kept becomes unreadable after so many days; None = no limit but a label's."""
    transparency: bool = False
    """Seal every record into a transparency log, and serve nobody while that cannot be done."""
    origin: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$")] = "wye.local"
    """How logs are named, before a slash and eight digits: an address of yours without a scheme."""


class ResponsesSettings(Section, frozen=True):
    """Conversations that go on from an earlier answer (`previous_response_id`)."""

    store: bool = False
    """Keep conversations on `/v1/responses` that no upstream keeps, unless the client says `store: false`."""
    references: bool = False
    """With keys: let each name any `conversation`, `prompt` and item that an upstream's account keeps."""
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """How long an answer can be gone on from, and what is kept of it is kept."""


class DiscoverySettings(Section, frozen=True):
    """What is looked for without being configured."""

    environment: bool = True
    """Use providers whose key is in the environment."""
    engines: bool = True
    """Look for engines on their usual ports of loopback."""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=2)] = 1.0
    """The longest look."""


class EmbeddedSettings(Section, frozen=True):
    """The open model that comes with wye."""

    enabled: bool = True
    """`false`: no model is started."""
    threads: Count | None = None
    """Default: as many as the process may use cores."""
    slots: Count = 4
    """Requests served side by side."""
    context_tokens: Annotated[int, msgspec.Meta(ge=512)] = 8_192
    """Over all slots."""
    embeddings: bool = True
    """Serve embeddings too."""
    machines: str | None = None
    """An entry of `machines`, which serve its chat model; default: what it costs is not known."""


class TelemetrySettings(Section, frozen=True):
    """Where spans and metrics go, beside `/metrics`."""

    otlp_endpoint: str | None = None
    """Default: `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    otlp_headers_env: str = "OTEL_EXPORTER_OTLP_HEADERS"
    """The variable that holds headers for the endpoint: `name=value,name=value`."""
    service_name: str = "wye"
    """What traces and metrics call this gateway."""


class Settings(Section, frozen=True):
    """All of `wye.yaml`."""

    listen: str = "127.0.0.1:4000"
    """`host:port`; `:port` = every interface. Any address but loopback needs a key."""
    default_label: str = "internal"
    """The label of a request that brings none."""
    labels: dict[str, LabelRule] = {}
    """Name → where requests with it may go."""
    policy: PolicySettings = PolicySettings()
    """Rules in Cedar beyond labels: they can only narrow what those permit."""
    compliance: tuple[ComplianceSettings, ...] = ()
    """What contracts say of providers; rules ask for it."""
    providers: dict[str, ProviderSettings] = {}
    """Providers wye knows need no entry."""
    deployments: dict[str, DeploymentSettings] = {}
    """Name → a model at an endpoint; clients may ask for the name."""
    machines: dict[str, MachineSettings] = {}
    """Name → machines of your own, and what they cost; see docs/costs.md."""
    catalog: dict[str, FigureSettings] = {}
    """Name of a figure (`gpu.H100.rent.spot`) → your own; see docs/catalog.md."""
    aliases: dict[str, str | tuple[str, ...]] = {}
    """Name -> deployment, or several in order of preference."""
    routes: dict[str, RouteSettings] = {}
    """Name → a choice of your own, made as `auto` is."""
    auto: RouteSettings = RouteSettings()
    """What `model: auto` chooses from, and by which rules."""
    tasks: dict[str, TaskSettings] = {}
    """Name → a kind of work beside those that wye knows, told by examples."""
    keys: KeySettings = KeySettings()
    listener: ListenerSettings = ListenerSettings()
    ledger: LedgerSettings = LedgerSettings()
    responses: ResponsesSettings = ResponsesSettings()
    detection: DetectionSettings = DetectionSettings()
    lineage: LineageSettings = LineageSettings()
    discovery: DiscoverySettings = DiscoverySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    organisation: OrganisationSettings = OrganisationSettings()
