"""How long content is kept, by label."""

from collections.abc import Iterable

from wye.config.settings import Settings


def rules(settings: Settings) -> dict[str, int]:
    """Return label -> days, of those that limit anything; "" is what holds for all."""
    found = {} if settings.ledger.retain_days is None else {"": settings.ledger.retain_days}
    named = ((name, rule.retain_days) for name, rule in settings.labels.items())
    return found | {name: days for name, days in named if days is not None}


def retain_days(settings: Settings, labels: Iterable[str]) -> int | None:
    """Return how many days content with these labels is kept: the fewest of any rule; None = no rule."""
    limits = rules(settings)
    return min((limits[name] for name in ("", *labels) if name in limits), default=None)
