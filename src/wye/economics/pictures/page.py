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
from wye.economics.study import Study
from wye.economics.verdict import remarks, sentence
from wye.economics.wording import dollars, number, percent, volume

_POINTS = 240
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto; }
td, th { padding: .2rem .7rem; border-bottom: 1px solid #8884; text-align: right; }
td:first-child, th:first-child, .text td { text-align: left; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.grid { stroke: #8883; } .mark { stroke: currentColor; stroke-dasharray: 4 3; } circle { fill: currentColor; }
.verdict { font-size: 1.2rem; }
"""
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
    yield inline.costs(lines(study, _POINTS), demand.tokens)
    yield f"<h2>A month of {escape(volume(demand.tokens))} tokens</h2>"
    told = (
        f"{volume(demand.input_tokens)} in, {percent(now.demand.cached)} of it cached, and "
        f"{volume(demand.output_tokens)} out; the busiest hour is {number(now.demand.peak)} mean ones; "
        f"{percent(now.share.moved)} may move."
    )
    yield f"<p>{escape(told)}</p>"
    yield _table(("", "lane", "moved", "rest", "aside", "total", "machines"), _costs(study))
    yield "<h2>From which volume own machines stay cheaper, at today's prices</h2>"
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
        f"prices fall over {question.months} months.</p>"
    )
    yield inline.spreads(
        [(pair.title, pair.result.breakeven) for pair in pairs if pair.result is not None],
        question.demand.tokens,
    )
    yield _table(
        ("own machines", "P10", "P50", "P90", "never", "saves, P10", "P50", "P90", "pays at this volume"),
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
        yield inline.bars(study.tornado)


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
    yield _table(("model", "lane", "input", "output", "cache read", "source", "as of"), rows)
    yield "<h2>Machines</h2>"
    figures: dict[str, Figure] = {}
    for choice in study.question.choices:
        figures |= choice.figures
    yield _table(
        ("figure", "value", "unit", "P10 to P90", "source", "as of", "licence", ""),
        [
            (
                name,
                number(float(one.value)),
                one.unit,
                f"{number(float(one.low))} to {number(float(one.high))}" if one.low and one.high else "",
                one.source,
                str(one.as_of),
                one.licence,
                "estimate" if one.estimate else "",
            )
            for name, one in figures.items()
        ],
    )


def _money(rates: Rates, field: str) -> str:
    amount: Decimal | None = getattr(rates, field)
    return "" if amount is None else f"{amount.normalize():f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    above = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    below = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{above}</tr></thead>\n<tbody>\n{below}\n</tbody>\n</table>"
