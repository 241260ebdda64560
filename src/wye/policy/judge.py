"""Labels -> verdict: the intersection of what each label permits.

The rules:

- Several labels permit what *every* one of them permits. Adding a label never permits more.
- A label that is not defined permits the `own` lane only.
- A deployment whose lane is not proven (`lane is None`) is never permitted.
- `quality: ceiling` on any of the labels sets the verdict's `ceiling`.
- No label at all is judged as `default_label`.
- What any of the labels masks is masked, wherever the data leaves the `own` lane.
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.settings import DEFAULT_LABELS, LabelRule, Settings
from wye.core.decision import Verdict
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.policy.rules import UNKNOWN_LABEL, UNPROVEN, masked, refusal

MAX_CACHED = 1024
"""Verdicts kept. Callers choose labels, so the cache must not grow with what they send."""


class _Verdicts(dict[Labels, Verdict]):
    """Verdicts by labels, judged at the first lookup: a hit is one dictionary access."""

    def __init__(self, policy: "Policy") -> None:
        super().__init__()
        self._policy = policy

    def __missing__(self, labels: Labels) -> Verdict:
        verdict = self._policy._judge(labels)  # noqa: SLF001  # the cache of this very class
        if len(self) >= MAX_CACHED:
            del self[next(iter(self))]
        self[labels] = verdict
        return verdict


class Policy:
    """What labels permit among a fixed set of deployments. Immutable; rebuild it when either changes."""

    def __init__(self, settings: Settings, deployments: Iterable[Deployment]) -> None:
        self._rules: Mapping[str, LabelRule] = DEFAULT_LABELS | settings.labels
        self._default: Labels = frozenset({settings.default_label})
        self._deployments = tuple(deployments)
        ids = [deployment.id for deployment in self._deployments]
        if len(set(ids)) != len(ids):
            message = f"two deployments share an id: {sorted({i for i in ids if ids.count(i) > 1})}"
            raise ValueError(message)
        self.revision = _revision(self._rules, self._default, self._deployments)
        self._verdicts = _Verdicts(self)
        self._extended: dict[tuple[Labels, str], tuple[Deployment, Verdict]] = {}

    def judge(self, labels: Labels) -> Verdict:
        """Return what `labels` permit. Equal labels get the very same object while it is cached."""
        return self._verdicts[labels]

    def judge_deployment(self, labels: Labels, deployment: Deployment) -> str:
        """Say why `labels` refuse `deployment`, which need not be among the known ones; empty = permitted."""
        if deployment.lane is None:
            return UNPROVEN
        reasons = (refusal(label, self._rules, deployment) for label in sorted(labels or self._default))
        return "; ".join(reason for reason in reasons if reason)

    def extend(self, verdict: Verdict, deployment: Deployment) -> Verdict:
        """Return `verdict` with one more deployment judged: one that came up at request time.

        The labels decide as always; a deployment the policy already knows changes nothing.
        """
        if deployment.id in verdict.permitted or deployment.id in verdict.refused:
            return verdict
        key = (verdict.labels, deployment.id)
        cached = self._extended.get(key)
        if cached is not None and cached[0] is deployment and verdict.revision == self.revision:
            return cached[1]
        reason = self.judge_deployment(verdict.labels, deployment)
        if reason:
            extended = msgspec.structs.replace(verdict, refused=verdict.refused | {deployment.id: reason})
        else:
            mask = masked(verdict.labels or self._default, self._rules, deployment)
            extended = msgspec.structs.replace(
                verdict,
                permitted=verdict.permitted | {deployment.id},
                mask=verdict.mask | {deployment.id: mask} if mask else verdict.mask,
            )
        if verdict.revision == self.revision:
            if len(self._extended) >= MAX_CACHED:
                del self._extended[next(iter(self._extended))]
            self._extended[key] = (deployment, extended)
        return extended

    def where(self, labels: Labels = frozenset()) -> tuple[Lane, ...]:
        """Return the lanes `labels` may go to, nearest first; no labels = what unlabelled data may."""
        rules = [self._rules.get(label, UNKNOWN_LABEL) for label in labels or self._default]
        return tuple(
            lane for lane in (Lane.OWN, Lane.HOSTED, Lane.CLOSED) if all(lane in rule.lanes for rule in rules)
        )

    def _judge(self, labels: Labels) -> Verdict:
        labels = labels or self._default
        permitted: list[str] = []
        refused: dict[str, str] = {}
        mask: dict[str, frozenset[str]] = {}
        for deployment in self._deployments:
            reason = self.judge_deployment(labels, deployment)
            if reason:
                refused[deployment.id] = reason
                continue
            permitted.append(deployment.id)
            if kinds := masked(labels, self._rules, deployment):
                mask[deployment.id] = kinds
        ceiling = any(self._rules.get(label, UNKNOWN_LABEL).quality == "ceiling" for label in labels)
        return Verdict(labels, frozenset(permitted), refused, ceiling, self.revision, mask)


def _revision(rules: Mapping[str, LabelRule], default: Labels, deployments: tuple[Deployment, ...]) -> str:
    """Return 12 hex digits that change with the rules and with what they are asked about."""
    facts = sorted((d.id, d.lane, d.provider, d.region) for d in deployments)
    content = msgspec.json.encode([rules, sorted(default), facts], order="deterministic")
    return hashlib.sha256(content).hexdigest()[:12]
