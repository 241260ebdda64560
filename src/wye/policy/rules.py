"""One label's rule against one deployment. The only place that says yes."""

from collections.abc import Iterable, Mapping

from wye.catalog.deployments import Deployment
from wye.config.masking import found_as
from wye.config.settings import LabelRule
from wye.core.lane import Lane

UNKNOWN_LABEL = LabelRule()
"""A label nobody defined permits the `own` lane only: a typing error must not open a door."""

UNPROVEN = "its data path is not proven, so no label permits it"


def lane_names(lanes: tuple[Lane, ...]) -> str:
    """Name lanes for people: `own, hosted`."""
    return ", ".join(lanes) or "no lane"


def refusal(label: str, rules: Mapping[str, LabelRule], deployment: Deployment) -> str:
    """Say why `label` refuses `deployment`; empty when it permits it."""
    if deployment.lane is None:
        return UNPROVEN
    rule = rules.get(label)
    known = rule is not None
    rule = rule or UNKNOWN_LABEL
    if deployment.lane not in rule.lanes:
        what = f"label '{label}'" if known else f"unknown label '{label}'"
        return f"{what} permits {lane_names(rule.lanes)}, this is {deployment.lane}"
    if rule.providers is not None and deployment.provider not in rule.providers:
        wanted = ", ".join(rule.providers) or "no provider"
        return f"label '{label}' permits only provider {wanted}, this is {deployment.provider}"
    if rule.regions is not None and deployment.region not in rule.regions:
        wanted = ", ".join(rule.regions) or "no region"
        return f"label '{label}' permits only region {wanted}, this is {deployment.region or 'not stated'}"
    return ""


def masked(labels: Iterable[str], rules: Mapping[str, LabelRule], deployment: Deployment) -> frozenset[str]:
    """Return the kinds that leave for `deployment` only as tokens: what any of `labels` masks."""
    if deployment.lane is Lane.OWN:
        return frozenset()
    return frozenset().union(*(found_as(rules.get(label, UNKNOWN_LABEL).mask) for label in labels))
