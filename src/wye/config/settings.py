"""The shape of `wye.yaml`: its fields, defaults and limits. Unknown fields are errors.

Secrets never stand in the file: it names an environment variable or a file that holds one.
"""

from typing import Annotated

import msgspec

from wye.config.detection import DetectionSettings
from wye.config.economy import FigureSettings, MachineSettings
from wye.config.governance import ComplianceSettings, PolicySettings
from wye.config.labels import Days, LabelRule
from wye.config.lineage import LineageSettings
from wye.config.organisation import OrganisationSettings
from wye.config.section import Count, Positive, Section
from wye.config.strategies import RouteSettings, TaskSettings
from wye.config.upstreams import DeploymentSettings, ProviderSettings


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
    origin: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$",
            examples=["example.com/wye"],
        ),
    ] = "wye.local"
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
