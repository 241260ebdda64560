"""Volumes, money and shares as people write them."""

import math
from decimal import Decimal

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_HUNDRED = 100
_CENT = 0.005


def volume(tokens: float | None) -> str:
    """Write tokens a month with three digits: `697M`, `1.07B`; inf = `never`, None = `unknown`."""
    if tokens is None:
        return "unknown"
    if math.isinf(tokens):
        return "never"
    rounded = float(f"{tokens:.3g}")
    for unit, letter in _UNITS:
        if rounded >= unit:
            return f"{rounded / unit:.3g}{letter}"
    return f"{rounded:.3g}"


def dollars(amount: Decimal | float | None) -> str:
    """Write USD: cents below a hundred, whole ones above; None = `unknown`."""
    if amount is None:
        return "unknown"
    if math.isinf(amount):
        return "never"
    size = abs(float(amount))
    if 0 < size < _CENT:
        return "<$0.01"
    sign = "-" if amount < 0 else ""
    return f"{sign}${size:,.2f}" if 0 < size < _HUNDRED else f"{sign}${size:,.0f}"


def percent(share: float) -> str:
    """Write a share: `65 %`."""
    return f"{share * 100:.3g} %"


def number(value: float) -> str:
    """Write any figure with three digits at least, none of them in vain."""
    return "never" if math.isinf(value) else f"{value:,.0f}" if abs(value) >= _HUNDRED else f"{value:.3g}"
