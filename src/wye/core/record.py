"""The ledger's unit: one record a request, sealed when the request ends."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from wye.core.decision import Decision
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.usage import Usage


class Outcome(StrEnum):
    """How a request ended, as the client saw it."""

    OK = "ok"
    ERROR = "error"
    """The client got an error answer."""
    BROKEN = "broken"
    """An answer began and did not end well: an error event after a 200."""
    HANGUP = "hangup"
    """The client went away first."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try at one deployment."""

    deployment: str
    cause: str
    """`first`, `retry` (same deployment), `fallback` (the next one), `spill` (the next one, for load),
    `hedge` (the next one as well, beside a slow one), `gate` (a second opinion, which nobody is served),
    `cascade` (the next one, for quality), `shadow` and `judge` (nobody is served their answers) or `skip`:
    nothing was sent, since its protocol cannot carry the request."""
    started_ms: float
    """After the request arrived, milliseconds."""
    duration_ms: float
    status: int = 0
    """Upstream's HTTP status; 0 = no answer."""
    error: str = ""
    request_bytes: int = 0
    """Sent to the upstream, heads and framing included, also where no answer came."""
    response_bytes: int = 0
    """Received from it, likewise."""
    translated: str = ""
    """The upstream's protocol, where it is not the client's."""
    usage: Usage | None = None
    """Of an answer that a gate looked at; of any that was served, see the record."""
    cost: Cost | None = None
    """Of such an answer. It is a part of the record's cost."""
    masked: dict[str, int] = {}
    """How many values of each kind left as tokens."""


class Record(msgspec.Struct, omit_defaults=True):
    """Everything needed to explain a request afterwards. Holds no prompt, answer or secret.

    Nobody changes one: what may change is a ledger entry, which is a record under way.
    """

    id: str
    """Also the decision id: `x-wye-decision`."""
    at: float
    """Arrival, Unix seconds UTC."""
    request_id: str
    protocol: str
    operation: str
    asked: str
    """The `model` the client named."""
    outcome: Outcome
    status: int
    duration_ms: float
    key: str = ""
    """Key id; empty = loopback without keys."""
    team: str = ""
    labels: tuple[str, ...] = ()
    request_bytes: int = 0
    response_bytes: int = 0
    stream: bool = False
    policy_revision: str = ""
    ceiling: bool = False
    permitted: frozenset[str] = frozenset()
    decision: Decision | None = None
    attempts: tuple[Attempt, ...] = ()
    deployment: str = ""
    """Who served it; empty = nobody."""
    lane: Lane | None = None
    usage: Usage | None = None
    """None = the upstream reported none."""
    lost: tuple[str, ...] = ()
    """Hints of the request that the upstream's protocol has no words for."""
    added: tuple[str, ...] = ()
    """What the upstream was told that the client did not say: `max_tokens=8192`."""
    emulated: tuple[str, ...] = ()
    """What the upstream cannot do and was made to look as if it could: `tools`."""
    ttft_ms: float | None = None
    cost: Cost | None = None
    charged: Decimal | None = None
    """USD counted against the key's budget, the worst case where the cost stayed unknown.

    None = the key has no budget.
    """
    error: str = ""
    trace: str = ""
    """W3C trace id, when the client or an exporter has one."""
    parent: str = ""
    """The client's W3C span id (`parent-id` of its traceparent)."""
    response: str = ""
    """Id of the answer, where its upstream holds it so that a request may go on from it."""
    session: str = ""
    """What the client called the conversation (`x-wye-session`): the beginning of its SHA-256, in hex."""
    content: str = ""
    """Prompt and answer as JSON; only where config says `store_content`."""
    certificate: str = ""
    """Id of the certificate that covers who served it; empty = *uncertified*, whatever was decided."""
    gate: str = ""
    """Where a gate was asked: `agreed`, or why the first candidate's answer was not enough."""
    shadow_probability: float = 0.0
    """With which the request was drawn to be shadowed, fixed before it came; 0 = it was not drawn."""
    subject: str = ""
    """Whose data it holds: the keyed hash of the name (`x-wye-subject`, or the key's); empty = nobody's."""
    shadow_of: str = ""
    """Id of the request that this one shadows or judges; nobody is served its answer."""
    origins: tuple[str, ...] = ()
    """Where labels come from, as `label=where`: `key`, `route`, `header`, `session`, `response`,
    `detector:KIND`, `answer:KIND`, or why nobody could look: `detector:late`. The default is not there."""
    answer_labels: tuple[str, ...] = ()
    """Labels that the answer raised, as `origins` say: they hold for what goes on from it."""
    masked: dict[str, int] = {}
    """How many values of each kind whoever served it saw as tokens: `person`, `ssn`, ..."""
    log: str = ""
    """The transparency log that it is sealed into, by its origin; empty = none, or by an older wye."""
