"""A study as one HTML file: charts, tables, and the source and date of every figure.

It asks for nothing from elsewhere, runs nothing, and all that is not our own text is escaped.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape

from wye.catalog.figure import Figure
from wye.core.money import Rates
from wye.economics.breakeven import Sum
from wye.economics.lines import lines
from wye.economics.pictures import inline
from wye.economics.pictures.colours import COLOURS, ON_DARK
from wye.economics.study import Study
from wye.economics.verdict import remarks, sentence
from wye.economics.wording import dollars, number, percent, volume

_POINTS = 240
_STYLE = f"""
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table, .chart {{ display: block; overflow-x: auto; margin: .5rem 0 1.5rem; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: .2rem .7rem; border-bottom: 1px solid #8884; text-align: right; vertical-align: top; }}
td {{ white-space: nowrap; }}
td:first-child, th:first-child, .word, .text {{ text-align: left; }}
td:first-child, .text {{ white-space: normal; min-width: 8rem; }}
.text {{ min-width: 10rem; }}
svg {{ width: 100%; min-width: 42rem; height: auto; font: 12px system-ui, sans-serif; }}
text {{ fill: currentColor; stroke: Canvas; stroke-width: 4px; paint-order: stroke; }}
polyline {{ fill: none; stroke: currentColor; stroke-width: 2; }}
rect {{ fill: currentColor; fill-opacity: .6; }} circle {{ fill: currentColor; }}
.grid {{ stroke: #8883; }} .mark {{ stroke: currentColor; stroke-dasharray: 4 3; }}
.legend span {{ display: inline-block; margin-right: 1.5rem; }}
.verdict {{ font-size: 1.2rem; }}
{"".join(f".{lane} {{ color: {colour}; }} " for lane, colour in COLOURS.items())}
@media (prefers-color-scheme: dark) {{
{"".join(f".{lane} {{ color: {colour}; }} " for lane, colour in ON_DARK.items())}
}}
@media print {{
:root {{ color-scheme: only light; }}
body {{ font-size: 11px; max-width: none; margin: 0; }}
table {{ display: table; }}
td, th {{ padding: .1rem .4rem; }}
td:first-child, .text {{ min-width: 0; }}
svg {{ min-width: 0; }}
h2 {{ break-after: avoid; }}
svg, tr {{ break-inside: avoid; }}
}}
"""
_KINDS = {"lane": "word", "unit": "word", "kind": "word", "what": "text", "source": "text"}
"""Columns of text, by their heads; any other is aligned to the right."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(study: Study) -> str:
    """Return the file's text. The same study gives the same text."""
    body = "\n".join(_body(study))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>Break-even</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(study: Study) -> Iterable[str]:
    demand, now = study.question.demand, study.assumed
    yield "<h1>Closed, hosted or own?</h1>"
    yield f'<p class="verdict">{escape(sentence(study))}</p>'
    yield "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in remarks(study)) + "</ul>"
    yield "<h2>USD a month over tokens a month</h2>"
    drawn = lines(study, _POINTS)
    yield _chart(inline.costs(drawn, demand.tokens))
    lanes = (f'<span class="{lane}">━ {lane}: {escape(name)}</span>' for lane, name in drawn.names.items())
    yield f'<p class="legend">{"".join(lanes)}</p>'
    yield f"<h2>A month of {escape(volume(demand.tokens))} tokens</h2>"
    told = (
        f"{volume(demand.input_tokens)} in, {percent(now.demand.cached)} of it cached, and "
        f"{volume(demand.output_tokens)} out; the busiest hour is {number(now.demand.peak)} mean ones; "
        f"{percent(now.share.moved)} may move."
    )
    yield f"<p>{escape(told)}</p>"
    yield _table(("", "lane", "moved", "rest", "aside", "total", "machines"), _costs(study))
    told = (
        f"USD. Moved: what the open model takes; rest: what {study.closed[0].baseline.name} gets for what "
        "does not move; aside: gates, shadows and judges; machines: those that serve, and spare ones."
    )
    yield f"<p>{escape(told)}</p>"
    yield "<h2>From how many tokens a month own machines stay cheaper, at today's prices</h2>"
    everyone = (*study.closed, *study.hosted)
    yield _table(
        ("than", *(pair.title for pair in everyone[0].pairs)),
        [
            (
                one.baseline.name,
                *(volume(None if pair.volumes is None else pair.volumes.stays) for pair in one.pairs),
            )
            for one in everyone
        ],
    )
    yield from _doubt(study)
    yield "<h2>Inputs</h2>"
    yield _table(
        ("input", "P10", "middle", "P90", "what", "source", "as of"),
        [
            (
                name,
                *(number(part) for part in (one.low, one.middle, one.high)),
                one.what,
                one.source,
                str(one.as_of),
            )
            for name, one in study.ranges.items()
        ],
    )
    yield from _sources(study)


def _costs(study: Study) -> list[tuple[str, ...]]:
    rows = [_row(one.baseline.name, "closed", one.stay) for one in study.closed if one.stay is not None]
    rows += [_row(name, "hosted", total) for name, total in study.closed[0].hosted]
    rows += [_row(pair.title, "own", pair.sum) for pair in study.closed[0].pairs if pair.sum is not None]
    return rows


def _row(name: str, lane: str, total: Sum) -> tuple[str, ...]:
    parts = ("", "", "") if lane == "closed" else (total.moved, total.stays, total.aside)
    told = (one if isinstance(one, str) else dollars(one) for one in parts)
    return name, lane, *told, dollars(total.total), f"{total.machines}+{total.spare}" if lane == "own" else ""


def _doubt(study: Study) -> Iterable[str]:
    question = study.question
    pairs = [pair for pair in study.closed[0].pairs if pair.result is not None]
    if not pairs:
        return
    yield f"<h2>In doubt, beside {escape(study.closed[0].baseline.name)}</h2>"
    yield (
        f"<p>{question.draws:,} draws (seed {question.seed}) of every input, independent of each other; "
        f"prices fall over {question.months} months. From how many tokens a month own machines stay cheaper "
        "(P10 to P90, a dot at P50), and what they save a month at "
        f"{escape(volume(question.demand.tokens))}:</p>"
    )
    yield _chart(
        inline.spreads(
            [(pair.title, pair.result.breakeven) for pair in pairs if pair.result is not None],
            question.demand.tokens,
        )
    )
    yield _table(
        ("own machines", "P10", "P50", "P90", "never", "saves P10", "saves P50", "saves P90", "pays here"),
        [
            (
                pair.title,
                *(volume(at) for at in (found.breakeven.p10, found.breakeven.p50, found.breakeven.p90)),
                percent(found.never),
                *(dollars(at) for at in (found.own_saves.p10, found.own_saves.p50, found.own_saves.p90)),
                percent(found.own_pays),
            )
            for pair in pairs
            if (found := pair.result) is not None
        ],
    )
    if study.tornado is not None:
        yield f"<h2>What matters most for {escape(study.first)}</h2>"
        yield "<p>From how many tokens a month it stays cheaper, with one input at its P10 and its P90:</p>"
        yield _chart(inline.bars(study.tornado))


def _sources(study: Study) -> Iterable[str]:
    yield "<h2>Prices, USD a million tokens</h2>"
    models = (*(one.baseline for one in study.closed), *study.question.hosted)
    rows = []
    for api in models:
        if api.price is None:
            rows.append((api.name, str(api.lane), *["unknown"] * 3, "", ""))
            continue
        told = (_money(api.price.rates, field) for field in ("input", "output", "cache_read"))
        rows.append((api.name, str(api.lane), *told, api.price.source, str(api.price.as_of)))
    head = ("model", "lane", "input", "output", "cache read", "source", "as of")
    yield _table(head, rows)
    yield "<h2>Machines</h2>"
    figures: dict[str, Figure] = {}
    for choice in study.question.choices:
        figures |= choice.figures
    yield _table(
        ("figure", "value", "unit", "P10 to P90", "kind", "source", "as of", "licence"),
        [
            (
                name,
                number(float(one.value)),
                one.unit,
                f"{number(float(one.low))} to {number(float(one.high))}" if one.low and one.high else "",
                "estimate" if one.estimate else "",
                one.source,
                str(one.as_of),
                one.licence,
            )
            for name, one in figures.items()
        ],
    )


def _money(rates: Rates, field: str) -> str:
    amount: Decimal | None = getattr(rates, field)
    return "" if amount is None else f"{amount.normalize():f}"


def _chart(drawn: str) -> str:
    return f'<div class="chart">\n{drawn}\n</div>' if drawn else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    kinds = [f' class="{_KINDS[cell]}"' if cell in _KINDS else "" for cell in head]
    above = "".join(f"<th{kind}>{escape(cell)}</th>" for cell, kind in zip(head, kinds, strict=True))
    below = "\n".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{above}</tr></thead>\n<tbody>\n{below}\n</tbody>\n</table>"
