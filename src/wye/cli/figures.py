"""A record's figures and texts as people read them. Exact amounts are in `--json`."""

from decimal import Decimal

from wye.cli.terminal import plain
from wye.core.record import Record

_SMALLEST = Decimal("0.000001")


def money(amount: Decimal) -> str:
    """Write an amount with as many of six decimals as it needs, and at least two."""
    if 0 < amount < _SMALLEST:
        return f"<{_SMALLEST}"
    whole, _, decimals = f"{amount:.6f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def cost(record: Record) -> str:
    """Write what a request cost: an amount, `?` for an unknown one, empty when nothing was attempted."""
    if record.cost is not None and record.cost.amount is not None:
        return money(record.cost.amount)
    return "?" if record.attempts else ""


def one_line(text: str) -> str:
    """Take line breaks and control characters out of what a client chose."""
    return plain(text.replace("\n", " ").replace("\t", " "))


def clip(text: str, width: int) -> str:
    """Shorten to `width` characters, with an ellipsis where something is missing."""
    return text if len(text) <= width else text[: width - 1] + "…"
