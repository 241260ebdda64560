"""A certificate: what may be claimed of one setting of a route, for how long, and what it was earned with.

It says: on traffic like the rows it was earned on, the mean score of whoever the route chooses is at least
(1 - ε) times the strong model's, with confidence 1 - δ_j. A change of anything that it was earned with voids
it, and so do its end and the monitor. The file is read by people as well: its id is a hash of what it says.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.strategies import GateSettings
from wye.config.upstreams import DeploymentSettings
from wye.routing.band import Band
from wye.routing.revision import Revision
from wye.routing.state import StateError, decode, read_bytes, write_bytes

_ID_DIGITS = 16
_HASH_DIGITS = 16

Scored = Literal["labels", "judge", "judge, corrected"]
"""Whose scores: people's or tests'; a judge's alone; a judge's, corrected by gold rows."""


class Arm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model, as it was when the certificate was earned."""

    name: str
    """As labels call it: a model, or a deployment's id."""
    model: str = ""
    """The upstream's name; empty = no deployment of this name was configured, and `name` says all."""
    build: str = ""
    """Revision and quantisation of its weights, as its deployment states them."""

    def unlike(self, deployments: Iterable[Deployment]) -> str:
        """Say how a deployment of this name differs from what was certified; empty = none does."""
        for one in deployments:
            if self.name not in (one.id, one.model):
                continue
            # What is found, not declared, is called `provider/model`.
            model = self.model or (self.name if one.model == self.name else self.name.partition("/")[2])
            if model and one.model != model:
                return f"'{one.id}' is now the model '{one.model}', and was '{model}'"
            if one.build != self.build:
                return f"'{one.id}' is now build '{one.build or 'none'}', and was '{self.build or 'none'}'"
        return ""


class Facts(msgspec.Struct, frozen=True):
    """How things are now, to be held against a certificate."""

    revision: Revision
    gate: str
    """`gate_hash` of the route's gate."""
    deployments: tuple[Deployment, ...]
    judge: str = ""
    """Who scores shadows now; empty = nobody."""
    prompts: str = ""
    """Hash of what that judge is told."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What is claimed, and on what grounds."""

    id: str = ""
    route: str
    scope: tuple[str, ...] = ()
    """What it does and does not speak of, in words."""
    epsilon: float
    delta: float
    """Of the route: all its attempts together."""
    own_delta: float
    """δ_j: of this attempt."""
    attempt: int
    """j."""
    scored: Scored = "labels"
    margin: float = 0.0
    """b, where a judge's scores were corrected: E[L_judge] <= -b, and E[L_gold - L_judge] <= b."""
    rows: int
    """Conversations it was earned on."""
    gold: int = 0
    """Of them, that were scored by people as well."""
    data: str
    """Hash of the rows and their scores."""
    setting: int
    """From 0, in the order in which settings were tested."""
    threshold: float
    """Gain below which the weak model serves by itself."""
    strong_share: float
    """Of those rows, that the setting sends to the strong model."""
    mean_loss: float
    """Of those rows; at most 0 is good enough. An estimate, not a bound."""
    watch: float = 0.0
    """The mean loss that shadows may show, by their own score, before the monitor counts it as a drop."""
    revision: str
    features: str
    heads: str
    thresholds: str
    gate: str = ""
    """`gate_hash`; empty = no gate is asked."""
    band: Band | None = None
    """Where the gate decides; None = nowhere."""
    judge: str = ""
    """Name of the judge; empty = scores came from people or tests."""
    prompts: str = ""
    """Hash of what the judge was told."""
    strong: Arm
    weak: Arm
    asked: tuple[Arm, ...] = ()
    """The gate's models."""
    referee: Arm | None = None
    """The judge's model; None = no judge."""
    issued: float
    """Unix seconds, as `expires`."""
    expires: float


def thresholds_hash(thresholds: Iterable[float]) -> str:
    """Return what changes with any threshold, or with their order."""
    return _hash(tuple(thresholds))


def gate_hash(gate: GateSettings | None) -> str:
    """Return what changes with a route's gate; empty = it has none."""
    return "" if gate is None else _hash(gate)


def arm(name: str, declared: Mapping[str, DeploymentSettings]) -> Arm:
    """Return the model that is called `name`, as wye.yaml declares it: by deployments' names.

    Raises `StateError` if they differ: one certificate cannot speak of two builds.
    """
    found = {(one.model, one.build) for id_, one in declared.items() if name in (id_, one.model)}
    if len(found) > 1:
        message = f"deployments of '{name}' differ in model or build: certify one of them, by its id"
        raise StateError(message)
    return Arm(name, *found.pop()) if found else Arm(name)


def why_void(certificate: Certificate, facts: Facts, now: float) -> str:
    """Say why a certificate does not hold at `now`, Unix seconds; empty = it holds.

    What was withdrawn is not asked here: `RouteState.withdrawn` says it.
    """
    revision = facts.revision
    if now >= certificate.expires:
        return "it has expired: certify again on fresh labels"
    changes = (
        ("revision", certificate.revision, revision.id),
        ("features", certificate.features, revision.features),
        ("heads", certificate.heads, revision.heads),
        ("thresholds", certificate.thresholds, thresholds_hash(revision.thresholds)),
        # Without a band no gate is asked, whatever is configured.
        ("gate", certificate.gate, facts.gate if certificate.band else ""),
        ("strong model", certificate.strong.name, revision.strong),
        ("weak model", certificate.weak.name, revision.weak),
    )
    for what, then, is_now in changes:
        if then != is_now:
            return f"it was earned with another {what}: certify again"
    if certificate.band is not None and certificate.band.compare == "meaning" and not certificate.band.whole:
        return "its gate compared what final answers mean, not what whole texts do: certify again"
    if certificate.judge and facts.judge:
        now_told, then_told = (facts.judge, facts.prompts), (certificate.judge, certificate.prompts)
        if now_told != then_told:
            return "it was earned with another judge, or with one that was told otherwise: certify again"
    arms = (certificate.strong, certificate.weak, *certificate.asked, certificate.referee)
    told = next((told for one in arms if one is not None and (told := one.unlike(facts.deployments))), "")
    return f"{told}: certify again" if told else ""


def read(certificates: Path, id_: str) -> Certificate:
    """Return a certificate. Raises `StateError` if it is absent, damaged, or has been changed."""
    path = certificates / f"{id_}.json"
    data = read_bytes(path)
    if data is None:
        message = f"there is no certificate '{id_}': {path} is missing"
        raise StateError(message)
    certificate = decode(data, Certificate, path)
    if certificate.id != id_ or _identify(decode(data, dict[str, Any], path)) != id_:
        message = f"{path} has been changed since it was issued: it certifies nothing"
        raise StateError(message)
    return certificate


def write(certificates: Path, certificate: Certificate) -> Certificate:
    """Write a certificate; return it with its id. Raises `StateError`."""
    named = msgspec.structs.replace(certificate, id=_identify(msgspec.to_builtins(certificate)))
    data = msgspec.json.format(msgspec.json.encode(named), indent=2) + b"\n"
    write_bytes(certificates / f"{named.id}.json", data)
    return named


def listed(certificates: Path) -> list[Certificate]:
    """Return every certificate that can be read, the latest first."""
    found = []
    for path in certificates.glob("*.json"):
        try:
            found.append(read(certificates, path.stem))
        except StateError:
            continue
    return sorted(found, key=lambda one: (-one.issued, one.id))


def _identify(facts: dict[str, Any]) -> str:
    """Return the hash of what a file says, in its order: also one of a wye that knew fewer fields."""
    return _sha(msgspec.json.encode(facts | {"id": ""}))[:_ID_DIGITS]


def _hash(value: object) -> str:
    return _sha(msgspec.json.encode(value, order="deterministic"))[:_HASH_DIGITS]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
