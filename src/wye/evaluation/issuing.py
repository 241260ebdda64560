"""One attempt to certify a route, from labelled rows to a file: registered before a score is looked at.

The order is what makes the claim true. All that could be chosen is fixed and hashed (rows, ε, settings, gate,
judge, revision); the attempt is registered, and with it the rows it will see, both on the disk; only then are
scores compared. What comes of it counts, also if nothing does.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import numpy as np

from wye.config.strategies import GateSettings
from wye.config.upstreams import DeploymentSettings
from wye.evaluation.attempts import Attempt, Register
from wye.evaluation.certification import (
    FEWEST,
    Calibration,
    Earned,
    Sheet,
    Terms,
    calibration,
    earn,
    is_whole,
    settings,
    sheet,
)
from wye.evaluation.dataset import Row
from wye.evaluation.sides import look, looked_at
from wye.routing import certificate as certificates
from wye.routing.band import Band
from wye.routing.certificate import Arm, Certificate, Scored, arm, gate_hash, thresholds_hash
from wye.routing.revision import Learnt, Revision, read_rows
from wye.routing.state import RouteState, StateError, register
from wye.routing.watch.judge import PROMPTS, kin

DAY = 86_400.0


class Plan(msgspec.Struct, frozen=True):
    """What is fixed beforehand, beside the rows."""

    terms: Terms
    delta: float
    days: float
    gate: GateSettings | None = None
    """The route's, where `terms.gates` name its models as labels do; None = none is certified."""
    declared: Mapping[str, DeploymentSettings] = {}
    """The deployments in wye.yaml: what the models are now."""


class Arms(NamedTuple):
    """The models that an attempt rests on, as they are now."""

    strong: Arm
    weak: Arm
    asked: tuple[Arm, ...]
    judge: Arm | None

    @classmethod
    def of(cls, revision: Revision, plan: Plan) -> Self:
        """Raise `StateError` if deployments of one name differ."""
        strong, weak, *asked = (
            arm(name, plan.declared) for name in (revision.strong, revision.weak, *plan.terms.gates)
        )
        judge = arm(plan.terms.judge, plan.declared) if plan.terms.judge else None
        return cls(strong, weak, tuple(asked), judge)


class Issued(msgspec.Struct, frozen=True):
    """What came of an attempt."""

    certificate: Certificate | None
    """None = no setting but the strong model alone is certain to be good enough."""
    attempt: Attempt
    earned: Earned
    rows: int
    left_out: int
    expected_false: float
    """False certificates to expect over all routes that were tried, at most."""


def attempt(state_dir: Path, learnt: Learnt, rows: Sequence[Row], plan: Plan) -> Issued:
    """Try to certify a revision. Raises `StateError`, before anything is registered where it can."""
    revision, terms = learnt.revision, plan.terms
    state = RouteState(state_dir, revision.route)
    arms = Arms.of(revision, plan)
    _check(revision, plan, arms)
    spent = (read_rows(state.revisions, revision.id), *looked_at(state.folder))
    chosen = calibration(rows, revision, terms, spent)
    if len(chosen.rows) < FEWEST:
        message = (
            f"{len(chosen.rows)} of {len(rows)} rows are left to certify with, and {FEWEST} are the least: "
            "the others lack a score of one of the models, are near-duplicates, taught the revision, or were "
            "seen by an earlier attempt"
        )
        raise StateError(message)
    if terms.margin is not None and (gold := sum(_has_gold(row, revision) for row in chosen.rows)) < FEWEST:
        message = (
            f"{gold} of the {len(chosen.rows)} rows left have scores of people for both models (`quality` "
            f"beside `judged`), and {FEWEST} are the least to correct a judge by: score more, or no --margin"
        )
        raise StateError(message)
    _check_texts(chosen.rows, revision, terms)
    fixed = [chosen.data, revision.id, terms, plan.gate, arms, PROMPTS if terms.judge else ""]
    hashed = hashlib.sha256(msgspec.json.encode(fixed, order="deterministic")).hexdigest()
    book = Register(register(state_dir))
    registered = book.begin(revision.route, plan.delta, hashed)
    look(state.folder, registered.number, chosen.trace)
    seen = sheet(chosen.rows, learnt, terms)
    earned = earn(seen, terms, registered.own_delta)
    issued = None
    if earned.setting is not None:
        grounds = Grounds(revision, plan, registered, chosen, seen, earned, arms)
        issued = certificates.write(state.certificates, _certificate(grounds, earned.setting))
    return Issued(issued, registered, earned, len(chosen.rows), chosen.left_out, book.expected_false())


def _check_texts(rows: Sequence[Row], revision: Revision, terms: Terms) -> None:
    """Refuse final answers where whole texts will be compared: of those they say nothing."""
    if not terms.gates or terms.compare != "meaning":
        return
    names = (revision.weak, *terms.gates)
    if short := sum(not is_whole(row, names) for row in rows):
        message = (
            f"{short} of {len(rows)} rows do not hold all that {', '.join(names)} wrote (`answer`, of "
            "`output_chars` characters), which a gate that compares meanings is certified by: add it, or set "
            "`compare: answer`"
        )
        raise StateError(message)


def _has_gold(row: Row, revision: Revision) -> bool:
    return all(row.quality(name) is not None for name in (revision.strong, revision.weak))


class Grounds(NamedTuple):
    """What a certificate rests on."""

    revision: Revision
    plan: Plan
    attempt: Attempt
    chosen: Calibration
    seen: Sheet
    earned: Earned
    arms: Arms


def _certificate(on: Grounds, setting: int) -> Certificate:
    revision, plan, earned, terms, at = on.revision, on.plan, on.earned, on.plan.terms, time.time()
    alone, below = settings(revision, gated=bool(terms.gates))[setting]
    band = _band(plan, on.seen, alone, below)
    return Certificate(
        route=revision.route,
        scope=_scope(revision, terms),
        epsilon=terms.epsilon,
        delta=plan.delta,
        own_delta=on.attempt.own_delta,
        attempt=on.attempt.number,
        scored=_scored(terms),
        margin=terms.margin or 0.0,
        rows=len(on.chosen.rows),
        gold=earned.gold,
        data=on.chosen.data,
        setting=setting,
        threshold=alone,
        band=band,
        strong_share=earned.strong_share,
        mean_loss=float(np.mean(earned.losses)),
        watch=0.0 if terms.judge else earned.watch,
        revision=revision.id,
        features=revision.features,
        heads=revision.heads,
        thresholds=thresholds_hash(revision.thresholds),
        gate=gate_hash(plan.gate) if band is not None else "",
        judge=terms.judge,
        prompts=PROMPTS if terms.judge else "",
        strong=on.arms.strong,
        weak=on.arms.weak,
        asked=on.arms.asked if band is not None else (),
        referee=on.arms.judge,
        issued=at,
        expires=at + plan.days * DAY,
    )


def _check(revision: Revision, plan: Plan, arms: Arms) -> None:
    terms = plan.terms
    if not revision.thresholds or list(revision.thresholds) != sorted(revision.thresholds):
        message = f"revision {revision.id} has no settings in order, the safest first: learn it anew"
        raise StateError(message)
    if arms.judge is None:
        return
    if shared := kin(arms.judge, arms.strong, arms.weak):
        message = (
            f"the judge '{terms.judge}' is of the same family as a model it judges ({', '.join(shared)})"
        )
        raise StateError(message)


def _scored(terms: Terms) -> Scored:
    if not terms.judge:
        return "labels"
    return "judge" if terms.margin is None else "judge, corrected"


def _band(plan: Plan, seen: Sheet, alone: float, below: float) -> Band | None:
    if not plan.terms.gates or plan.gate is None or below <= alone:
        return None
    inside = (seen.gain >= alone) & (seen.gain < below)
    agrees = float(seen.agreed[inside].mean()) if inside.any() else 0.0
    terms = plan.terms
    return Band(
        below, terms.gates, terms.compare, terms.meaning, whole=terms.compare == "meaning", agrees=agrees
    )


def _scope(revision: Revision, terms: Terms) -> tuple[str, ...]:
    whose = {
        "labels": "scores of people or tests",
        "judge": f"judge {terms.judge}'s score, which is not quality",
        "judge, corrected": f"quality, by judge {terms.judge} and the people who corrected it",
    }[_scored(terms)]
    return (
        f"route {revision.route}: '{revision.strong}' and '{revision.weak}', by {whose}",
        "traffic that is exchangeable with the rows it was earned on; one row a conversation",
        "the mean over all of that traffic, not that of any tenant, task or language in it",
        "not traffic that policy keeps from being served by both models: nothing watches that",
    )
