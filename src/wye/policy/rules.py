"""What labels say that is no permission: what leaves only as tokens."""

from collections.abc import Iterable, Mapping

from wye.catalog.deployments import Deployment
from wye.config.labels import LabelRule
from wye.config.masking import found_as
from wye.core.lane import Lane

UNKNOWN_LABEL = LabelRule()
"""A label nobody defined permits the `own` lane only: a typing error must not open a door."""

UNPROVEN = "its data path is not proven, so no label permits it"


def masked(labels: Iterable[str], rules: Mapping[str, LabelRule], deployment: Deployment) -> frozenset[str]:
    """Return the kinds that leave for `deployment` only as tokens: what any of `labels` masks."""
    if deployment.lane is Lane.OWN:
        return frozenset()
    return frozenset().union(*(found_as(rules.get(label, UNKNOWN_LABEL).mask) for label in labels))
