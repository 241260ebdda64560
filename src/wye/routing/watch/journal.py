"""What shadows showed, one line each, and a monitor as these lines left it: a restart forgets nothing.

    STATE/routing/ROUTE/shadows.jsonl

Lines hold scores and never what was said. A monitor counts the lines of its own certificate and plan, in the
order in which their conversations were drawn, which is the order they stand in.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from wye.config.strategies import ShadowSettings
from wye.routing.certificate import Certificate
from wye.routing.state import StateError, append
from wye.routing.watch.judge import PROMPTS
from wye.routing.watch.monitor import Monitor, Plan

_FILE = "shadows.jsonl"
_MOST_LINE = 65_536


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
    models: tuple[str, str] = ("", "")
    """Whose scores they are: the strong and the weak model, as the revision then called them."""


def plan_of(certificate: Certificate, shadow: ShadowSettings) -> Plan:
    """Return how a certificate is watched: what is a drop depends on who scores.

    By the certificate's own judge, what the judge was held to. By another judge, no loss is allowed. Where
    final answers are compared, those of the certificate's rows say how much they may differ without harm.
    """
    allowed = certificate.watch
    if shadow.judge is not None:
        allowed = -certificate.margin if certificate.judge else 0.0
    judge = shadow.judge or ""
    prompts = PROMPTS if judge else ""
    return Plan(certificate.epsilon, shadow.run_length, shadow.probability, allowed, judge, prompts)


def note(folder: Path, sight: Sight) -> None:
    """Write a line; it is on the disk when this returns. Raises `StateError`."""
    append(folder / _FILE, sight)


def sights(folder: Path) -> list[Sight]:
    """Return every line that can be read. Raises `StateError` if the file cannot be."""
    return [sight for sight in _lines(folder) if sight is not None]


def resumed(folder: Path, certificate: str, plan: Plan) -> Monitor:
    """Return the monitor of a certificate as it stood. Raises `StateError`.

    A line that cannot be read, such as one that a loss of power has torn, counts as the worst there is.
    """
    monitor, id_ = Monitor(plan), plan.id
    for sight in _lines(folder):
        if sight is None:
            monitor.see(monitor.scale.worst, plan.least_probability)
        elif (sight.certificate, sight.plan) == (certificate, id_):
            count(monitor, sight)
    return monitor


def count(monitor: Monitor, sight: Sight) -> bool:
    """Let a monitor take a line; return whether the alarm has gone off. Raises `ScoreError`."""
    loss = monitor.scale.loss(sight.strong, sight.weak, served_strong=sight.served == "strong")
    return monitor.see(loss, sight.probability)


def _lines(folder: Path) -> Iterator[Sight | None]:
    """Yield each line, None for one that cannot be read. A year's file is large: it is read as a stream."""
    decoder, path = msgspec.json.Decoder(Sight), folder / _FILE
    try:
        with path.open("rb") as file:
            for line in iter(lambda: file.readline(_MOST_LINE), b""):
                try:
                    yield decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    yield None
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise StateError(message) from error
