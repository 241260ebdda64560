"""A price as SQL: what `core.money.token_cost` reckons for one request, for millions at once, in floats."""

import datetime as dt
from collections.abc import Sequence

from wye.core.money import MILLION, Price, Rates

TOKENS = """
    told * coalesce(input_tokens, 0) AS t_input,
    told * coalesce(cached_tokens, 0) AS t_read,
    told * (coalesce(cache_write_tokens, 0) - coalesce(cache_write_1h_tokens, 0)) AS t_write,
    told * coalesce(cache_write_1h_tokens, 0) AS t_write_1h,
    told * coalesce(input_audio_tokens, 0) AS t_heard,
    said * coalesce(output_audio_tokens, 0) AS t_spoken,
    said * (coalesce(output_tokens, 0) - coalesce(output_audio_tokens, 0)) AS t_output
"""
"""The buckets of a row of `request`, by its columns and how many tokens another model counts for one of its:
`told` of the prompt, `said` of the answer."""
FRESH = "(t_input - t_read - t_write - t_write_1h - t_heard)"


def price_sql(price: Price) -> str:
    """Return what a row with the columns `TOKENS` costs by `price`, in its currency; null = unknown."""
    found = _rates(price.rates)
    for window in price.windows:
        begins, ends = _seconds(window.start), _seconds(window.end)
        joint = "OR" if ends < begins else "AND"
        when = f'("at" % 86400 >= {begins} {joint} "at" % 86400 < {ends})'
        found = f"CASE WHEN {when} THEN {_rates(window.rates)} ELSE {found} END"
    for tier in price.tiers:
        found = f"CASE WHEN t_input > {tier.above_input_tokens} THEN {_rates(tier.rates)} ELSE {found} END"
    return f"CASE WHEN {FRESH} >= 0 AND t_write >= 0 AND t_output >= 0 THEN {found} END"


def by_name(column: str, prices: Sequence[tuple[str, Price]]) -> str:
    """Return what a row costs by the price of whom `column` names; null where it names nobody of them."""
    cases = " ".join(f"WHEN {quoted(name)} THEN {price_sql(price)}" for name, price in prices)
    return f"CASE {column} {cases} END" if cases else "NULL::DOUBLE"


def quoted(text: str) -> str:
    """Return a text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _rates(rates: Rates) -> str:
    write = rates.input if rates.cache_write is None else rates.cache_write
    buckets = (
        (FRESH, rates.input),
        ("t_read", rates.input if rates.cache_read is None else rates.cache_read),
        ("t_write", write),
        ("t_write_1h", write if rates.cache_write_1h is None else rates.cache_write_1h),
        ("t_output", rates.output),
        ("t_heard", rates.input if rates.input_audio is None else rates.input_audio),
        ("t_spoken", rates.output if rates.output_audio is None else rates.output_audio),
    )
    terms = [
        f"CASE WHEN {tokens} = 0 THEN 0 END" if rate is None else f"{tokens} * {float(rate / MILLION)!r}"
        for tokens, rate in buckets
    ]
    return f"({' + '.join(terms)})"


def _seconds(moment: dt.time) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
