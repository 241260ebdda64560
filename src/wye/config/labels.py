"""Labels: where requests may go that carry them."""

from typing import Annotated, Literal

import msgspec

from wye.config.masking import Mask
from wye.config.section import Section
from wye.core.lane import Lane

Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class LabelRule(Section, frozen=True):
    """Where requests with this label may go."""

    lanes: tuple[Lane, ...] = (Lane.OWN,)
    """A label that permits no lane but `own` keeps its requests inside."""
    providers: tuple[str, ...] | None = None
    """Restrict further to these providers; None = any in the lanes."""
    regions: tuple[str, ...] | None = None
    """Restrict further to deployments whose region is one of these."""
    quality: Literal["any", "ceiling"] = "any"
    """`ceiling`: the strong model or an error."""
    retain_days: Days | None = None
    """Prompts and answers with this label that are kept anywhere become unreadable after so many days."""
    mask: Mask = ()
    """What leaves the `own` lane only as tokens, put back in the answer: kinds, or `all`."""


ALL_LANES = (Lane.OWN, Lane.HOSTED, Lane.CLOSED)

DEFAULT_LABELS: dict[str, LabelRule] = {
    "public": LabelRule(lanes=ALL_LANES),
    "internal": LabelRule(lanes=ALL_LANES),
    "confidential": LabelRule(),
    "phi": LabelRule(),
    "secret": LabelRule(),
}
"""What holds unless `labels` says otherwise; entries there replace or add, none are removed."""
