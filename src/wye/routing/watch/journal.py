"""What shadows showed, one line each, and a monitor as these lines left it: a restart forgets nothing.

    STATE/routing/ROUTE/shadows.jsonl

Lines hold scores and never what was said. A monitor counts the lines of its own certificate and plan, in the
order in which their conversations were drawn, which is the order they stand in.
"""

from pathlib import Path

import msgspec

from wye.config.settings import ShadowSettings
from wye.routing.certificate import Certificate
from wye.routing.state import append, decode, read_bytes
from wye.routing.watch.monitor import Monitor, Plan

_FILE = "shadows.jsonl"


class Sight(msgspec.Struct, frozen=True, omit_defaults=True):
    """One shadowed conversation."""

    request: str
    """Id of the record of the request that was shadowed."""
    at: float
    """Unix seconds, when it was scored."""
    certificate: str
    plan: str
    """`Plan.id`."""
    served: str
    """`strong` or `weak`: whose answer the client got."""
    probability: float
    """With which it was drawn."""
    strong: float | None = None
    """Score of the strong model's answer; None = missing."""
    weak: float | None = None
    why: str = ""
    """Why a score is missing."""


def plan_of(certificate: Certificate, shadow: ShadowSettings) -> Plan:
    """Return how a certificate is watched: what is a drop depends on who scores.

    By the certificate's own judge, what the judge was held to. By another judge, no loss is allowed. Where
    final answers are compared, those of the certificate's rows say how much they may differ without harm.
    """
    allowed = certificate.watch
    if shadow.judge is not None:
        allowed = -certificate.margin if certificate.judge else 0.0
    return Plan(certificate.epsilon, shadow.run_length, shadow.probability, allowed)


def note(folder: Path, sight: Sight) -> None:
    """Write a line; it is on the disk when this returns. Raises `StateError`."""
    append(folder / _FILE, sight)


def sights(folder: Path) -> list[Sight]:
    """Return every line. Raises `StateError`."""
    path = folder / _FILE
    return [decode(line, Sight, path) for line in (read_bytes(path) or b"").splitlines()]


def resumed(folder: Path, certificate: str, plan: Plan) -> Monitor:
    """Return the monitor of a certificate as it stood. Raises `StateError`."""
    monitor, id_ = Monitor(plan), plan.id
    for sight in sights(folder):
        if (sight.certificate, sight.plan) == (certificate, id_):
            count(monitor, sight)
    return monitor


def count(monitor: Monitor, sight: Sight) -> bool:
    """Let a monitor take a line; return whether the alarm has gone off. Raises `ScoreError`."""
    loss = monitor.scale.loss(sight.strong, sight.weak, served_strong=sight.served == "strong")
    return monitor.see(loss, sight.probability)
