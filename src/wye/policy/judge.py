"""Labels, and who asks for what -> verdict: what Cedar permits, with what labels oblige to.

The rules:

- Several labels permit what *every* one of them permits. Adding a label never permits more.
- A label that is not defined permits the `own` lane only.
- A deployment whose lane is not proven (`lane is None`) is never permitted, and nobody is asked.
- Sets and files of statements narrow what labels permit; a statement that cannot be evaluated refuses.
- `quality: ceiling` on any of the labels sets the verdict's `ceiling`.
- No label at all is judged as `default_label`.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.detection import dictionary
from wye.config.labels import DEFAULT_LABELS, LabelRule
from wye.config.settings import Settings
from wye.core.decision import Verdict
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.policy.cedar.asking import NOBODY, Action, Asking
from wye.policy.cedar.compiled import UNKNOWN, compiled
from wye.policy.cedar.engine import Engine, Key, Refusal
from wye.policy.cedar.facts import Facts, facts
from wye.policy.cedar.sources import added, unfit
from wye.policy.cedar.spelling import labels_in
from wye.policy.cedar.statements import PolicyTextError, Statement
from wye.policy.rules import UNKNOWN_LABEL, UNPROVEN, masked
from wye.policy.signing import Signature, digest, verify

MAX_CACHED = 1024
"""Answers kept, of each kind. Callers choose labels, so a cache must not grow with what they send."""


class _Bounded(dict[Any, Any]):
    """Forgets what came first."""

    def keep(self, key: Any, value: Any) -> None:  # noqa: ANN401  # whatever is kept
        if len(self) >= MAX_CACHED:
            del self[next(iter(self))]
        self[key] = value


class _Verdicts(dict[Labels, Verdict]):
    """Verdicts by labels, judged at the first lookup: a hit is one dictionary access."""

    def __init__(self, policy: "Policy") -> None:
        super().__init__()
        self._policy = policy

    def __missing__(self, labels: Labels) -> Verdict:
        verdict = self._policy._judge(labels, NOBODY)  # noqa: SLF001  # the cache of this very class
        if len(self) >= MAX_CACHED:
            del self[next(iter(self))]
        self[labels] = verdict
        return verdict


class Policy:
    """What is permitted among a fixed set of deployments. Immutable; rebuild it when anything changes.

    Raises `PolicyTextError`, which names file and line, for statements that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        deployments: Iterable[Deployment],
        clock: Callable[[], float] = time.time,
        before: "Policy | None" = None,
    ) -> None:
        """Prepare it. `before` has read and held against schema and signature what `settings` name."""
        self._settings, self._clock = settings, clock
        self._rules: Mapping[str, LabelRule] = DEFAULT_LABELS | settings.labels
        self._default: Labels = frozenset({settings.default_label})
        self._deployments = tuple(deployments)
        self._compliance = settings.compliance
        ids = [deployment.id for deployment in self._deployments]
        if len(set(ids)) != len(ids):
            message = f"two deployments share an id: {sorted({i for i in ids if ids.count(i) > 1})}"
            raise ValueError(message)
        extra = _read(settings) if before is None else before.added
        self.added: tuple[Statement, ...] = extra
        self.statements: tuple[Statement, ...] = compiled(self._rules) + extra
        self.dictionary: tuple[str, ...] = _dictionary(settings) if before is None else before.dictionary
        """Words of its own that detection is told: read when the statements are, and signed with them."""
        self.digest: str = (
            digest(settings, self.statements, self.dictionary) if before is None else before.digest
        )
        """Of what decides, without deployments that were found: what a signature is for."""
        self.signature: Signature | None = (
            verify(settings.policy, self.digest) if before is None else before.signature
        )
        """By which it is in force; None = nobody need sign."""
        rows = settings.compliance
        dates = {day for row in rows for day in (row.baa_until, row.zero_retention_until) if day}
        roles = settings.policy.roles
        self._engine = Engine(self.statements, self._facts(self._deployments), roles, clock, dates)
        self._beyond_labels = Engine((*compiled({})[:1], *extra), {}, clock=clock) if extra else None
        self.reads = self._engine.reads
        self.by_labels = self.reads.only_labels
        """Whether labels decide everything."""
        self.anonymous = self.reads.anonymous
        """Whether nobody need be told who asks for what: labels and the time decide."""
        self._span = (0.0, math.inf) if not self.reads.now else (0.0, 0.0)
        """From when until when verdicts by labels hold."""
        self.revision = _revision(settings, self._rules, self.statements, self._deployments)
        self._verdicts = _Verdicts(self)
        self._answers = _Bounded()
        self._judged = _Bounded()
        self._extended = _Bounded()

    @property
    def spoken_of(self) -> Labels:
        """Labels that are defined, or that a statement asks for; all others are unknown."""
        return frozenset(self._rules).union(*map(labels_in, self.added))

    def over(self, deployments: Iterable[Deployment]) -> "Policy":
        """Return the same policy about other deployments, whatever its files hold by now."""
        return Policy(self._settings, deployments, self._clock, self)

    def judge(self, labels: Labels, asking: Asking = NOBODY) -> Verdict:
        """Return what is permitted. Equal questions get the very same object while it is cached."""
        if self.by_labels:
            return self._verdicts[labels]
        if self.anonymous:
            if not self._span[0] <= self._clock() < self._span[1]:
                self._look_at_the_clock()
            return self._verdicts[labels]
        key = (labels, self._engine.key(labels or self._default, Action.INFER, asking))
        verdict: Verdict | None = self._judged.get(key)
        if verdict is None:
            verdict = self._judge(labels, asking)
            self._judged.keep(key, verdict)
        return verdict

    def _look_at_the_clock(self) -> None:
        """Forget what depends on the time: an agreement may have ended."""
        self._verdicts.clear()
        self._span = self._engine.span()

    def judge_deployment(
        self, labels: Labels, deployment: Deployment, action: Action = Action.INFER, asking: Asking = NOBODY
    ) -> str:
        """Say why `deployment` is refused, which need not be among the known ones; empty = permitted."""
        refused = self.refusal(labels, deployment, action, asking)
        return refused.reason if refused else ""

    def refusal(
        self, labels: Labels, deployment: Deployment, action: Action = Action.INFER, asking: Asking = NOBODY
    ) -> Refusal | None:
        """Return why `deployment` is refused, and by which statements; None = permitted."""
        if deployment.lane is None:
            return Refusal((UNPROVEN,))
        labels = labels or self._default
        late = self._facts((deployment,))
        refused = self._engine.ask(self._engine.key(labels, action, asking), late)[deployment.id]
        return refused and self._spelled(refused, labels)

    def extend(self, verdict: Verdict, deployment: Deployment, asking: Asking = NOBODY) -> Verdict:
        """Return `verdict` with one more deployment judged: one that came up at request time.

        The policy decides as always; a deployment that it already knows changes nothing.
        """
        if deployment.id in verdict.permitted or deployment.id in verdict.refused:
            return verdict
        key = (self._engine.key(verdict.labels, Action.INFER, asking), verdict.labels, deployment.id)
        cached = self._extended.get(key)
        if cached is not None and cached[0] is deployment and verdict.revision == self.revision:
            found: Verdict = cached[1]
            return found
        reason = self.judge_deployment(verdict.labels, deployment, Action.INFER, asking)
        if reason:
            extended = msgspec.structs.replace(verdict, refused=verdict.refused | {deployment.id: reason})
        else:
            mask = masked(verdict.labels or self._default, self._rules, deployment)
            extended = msgspec.structs.replace(
                verdict,
                permitted=verdict.permitted | {deployment.id},
                mask=verdict.mask | {deployment.id: mask} if mask else verdict.mask,
                narrowed={
                    action: ids
                    if self.judge_deployment(verdict.labels, deployment, Action(action), asking)
                    else ids | {deployment.id}
                    for action, ids in self._wider(verdict).items()
                },
            )
        if verdict.revision == self.revision:
            self._extended.keep(key, (deployment, extended))
        return extended

    def where(self, labels: Labels = frozenset()) -> tuple[Lane, ...]:
        """Return the lanes `labels` may go to, nearest first; no labels = what unlabelled data may.

        It is told of deployments of which nothing else is known: what is known may open one, or refuse it.
        """
        labels = labels or self._default
        return tuple(lane for lane in self.lanes(labels) if self._open(lane, labels))

    def lanes(self, labels: Labels) -> tuple[Lane, ...]:
        """Return the lanes that `labels` themselves leave open, nearest first: nobody may go to others."""
        rules = [self._rules.get(label, UNKNOWN_LABEL) for label in labels or self._default]
        return tuple(
            lane for lane in (Lane.OWN, Lane.HOSTED, Lane.CLOSED) if all(lane in r.lanes for r in rules)
        )

    def _open(self, lane: Lane, labels: Labels) -> bool:
        """Whether statements beyond labels let anybody in `lane`, of whom nothing else is known."""
        if self._beyond_labels is None:
            return True
        key = self._beyond_labels.key(labels, Action.INFER, NOBODY)
        return self._beyond_labels.ask(key, {"": Facts(lane.value, "", "")})[""] is None

    def _judge(self, labels: Labels, asking: Asking) -> Verdict:
        labels = labels or self._default
        permitted: list[str] = []
        refused: dict[str, str] = {}
        mask: dict[str, frozenset[str]] = {}
        answers = self._ask(self._engine.key(labels, Action.INFER, asking))
        for deployment in self._deployments:
            if deployment.lane is None:
                refused[deployment.id] = UNPROVEN
            elif refusal := answers[deployment.id]:
                refused[deployment.id] = self._spelled(refusal, labels).reason
            else:
                permitted.append(deployment.id)
                if kinds := masked(labels, self._rules, deployment):
                    mask[deployment.id] = kinds
        ceiling = any(self._rules.get(label, UNKNOWN_LABEL).quality == "ceiling" for label in labels)
        found = frozenset(permitted)
        return Verdict(
            labels, found, refused, ceiling, self.revision, mask, self._narrowed(labels, asking, found)
        )

    def _narrowed(
        self, labels: Labels, asking: Asking, permitted: frozenset[str]
    ) -> dict[str, frozenset[str]]:
        """Return who may be used for what else, where statements tell actions apart and it is not all."""
        narrowed = {}
        for action in Action if self.reads.action else ():
            answers = self._ask(self._engine.key(labels, action, asking))
            kept = frozenset(id_ for id_ in permitted if answers[id_] is None)
            if kept != permitted:
                narrowed[action.value] = kept
        return narrowed

    def _wider(self, verdict: Verdict) -> dict[str, frozenset[str]]:
        """Return, for each action that statements tell apart, who is permitted before another is added."""
        if not self.reads.action:
            return {}
        return {action.value: verdict.narrowed.get(action.value, verdict.permitted) for action in Action}

    def _ask(self, key: Key) -> dict[str, Refusal | None]:
        """Ask Cedar once for all labels that are the same to every statement: callers invent many."""
        answers: dict[str, Refusal | None] | None = self._answers.get(key)
        if answers is None:
            answers = self._engine.ask(key)
            self._answers.keep(key, answers)
        return answers

    def _spelled(self, refusal: Refusal, labels: Labels) -> Refusal:
        """Name the labels that nobody defined."""
        if UNKNOWN not in refusal.reason:
            return refusal
        unknown = ", ".join(f"'{label}'" for label in sorted(labels) if label not in self._rules)
        reasons = tuple(reason.replace(UNKNOWN, unknown) for reason in refusal.reasons)
        return msgspec.structs.replace(refusal, reasons=reasons)

    def _facts(self, deployments: Iterable[Deployment]) -> dict[str, Facts]:
        return {d.id: facts(d, self._compliance) for d in deployments if d.lane is not None}


def _read(settings: Settings) -> tuple[Statement, ...]:
    """Return the statements beyond labels. Raises `PolicyTextError`."""
    extra = added(settings.policy)
    if wrong := unfit(extra, settings.policy):
        raise PolicyTextError("\n".join(wrong))
    return extra


def _dictionary(settings: Settings) -> tuple[str, ...]:
    try:
        return dictionary(settings.detection)
    except ValueError as error:
        raise PolicyTextError(str(error)) from None


def _revision(
    settings: Settings,
    rules: Mapping[str, LabelRule],
    statements: tuple[Statement, ...],
    deployments: tuple[Deployment, ...],
) -> str:
    """Return 12 hex digits that change with what the policy says and with what it is asked about."""
    known = sorted((d.id, d.lane, d.provider, d.model, d.endpoint.host, d.region) for d in deployments)
    texts = [statement.text for statement in statements]
    said = [texts, rules, settings.default_label, settings.policy.roles, settings.compliance, known]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:12]
