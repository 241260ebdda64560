"""What a history would have cost under other prices, models or choices, request by request.

What is taken from the past as it was: which requests came, the tokens they had (scaled where told), what each
of a decision's candidates was expected to score and to cost. What cannot be known again is counted by why.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from wye.core.errors import WyeError
from wye.core.money import STANDARD, Price
from wye.economics.history import History, conditions
from wye.economics.pricing import TOKENS, by_name, quoted
from wye.ledger.reader import Filter

_WORST = 1e300
_NOBODY = "NULL::STRUCT(deployment VARCHAR, expected_cost DOUBLE, output_tokens BIGINT)"


class ScenarioError(WyeError):
    """A scenario that this history cannot be replayed under; the message names what to change."""

    kind = "scenario"


class Choice(msgspec.Struct, frozen=True):
    """Another choice among a decision's candidates."""

    best: Literal["cheapest", "quality"] = "cheapest"
    quality: float | None = None
    """At least this expected score; where nobody has it, the highest."""
    route: str = ""
    """Of this route's requests only; empty = of all that had a choice."""


class Scenario(msgspec.Struct, frozen=True):
    """What is to be different. Names are deployments, or what is behind their last slash."""

    prices: tuple[tuple[str, Price], ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    """Who served -> who would have."""
    choice: Choice | None = None
    told: float = 1.0
    """Tokens of a prompt that another model counts for one that was counted."""
    said: float = 1.0
    """The same of answers: tokenizer and verbosity together."""


class Change(msgspec.Struct, frozen=True):
    """Requests that went alike, and would have gone alike."""

    served: str
    would: str
    requests: int
    was: float
    """USD; of requests that can be replayed."""
    would_be: float


class Replay(msgspec.Struct, frozen=True):
    """What a history cost, and would have."""

    requests: int
    replayed: int
    """Of them, those of which both costs are known; `was` and `would_be` are sums over these."""
    changed: int
    """Of those, the ones that the scenario touches."""
    was: float
    would_be: float
    changes: tuple[Change, ...]
    """Dearest first."""
    missing: dict[str, int]
    """Why requests cannot be replayed -> how many."""
    assumed: tuple[str, ...]


def replay(
    history: History, filter_: Filter, scenario: Scenario, price_of: Callable[[str], Price | None]
) -> Replay:
    """Replay what the filter lets through. `price_of` knows the price of a deployment; None = nobody does.

    Raises `ScenarioError` for a name that no request knows.
    """
    where, parameters = conditions(filter_)
    query = f"SELECT DISTINCT deployment FROM request WHERE {where}"  # noqa: S608  # our own names
    served = [row[0] for row in history.rows(query, parameters)]
    candidates = _candidates(history, where, parameters) if scenario.choice is not None else []
    known = sorted({*served, *candidates} - {""})
    if scenario.choice is not None and scenario.choice.route:
        _check_route(history, scenario.choice.route, where, parameters)
    swaps = {name: into for given, into in scenario.swaps for name in _meant(given, known, "--swap")}
    targets = {*swaps.values(), *candidates}
    repriced = {
        name: price
        for given, price in scenario.prices
        for name in _meant(given, sorted({*known, *targets}), "--price")
    }
    prices = dict(repriced)
    for name in targets - prices.keys():
        price = price_of(name)
        if price is not None and price.currency == "USD":
            prices[name] = price
    query = _query(scenario, swaps, prices, frozenset(repriced), where)
    rows = history.rows(query, parameters)
    return _summed(rows, scenario, swaps, prices)


def _meant(given: str, known: list[str], option: str) -> list[str]:
    found = [name for name in known if name == given] or [n for n in known if n.endswith(f"/{given}")]
    if not found:
        some = ", ".join(known[:8]) or "nobody"
        message = f"{option}: '{given}' served no request of this time; {some} did"
        raise ScenarioError(message)
    return found


def _candidates(history: History, where: str, parameters: list[object]) -> list[str]:
    query = f"""
        SELECT DISTINCT unnest(list_transform(candidates, lambda c: c.deployment))
        FROM request WHERE {where} AND len(candidates) > 1
    """  # noqa: S608  # our own names
    found = [row[0] for row in history.rows(query, parameters)]
    if not found:
        message = "no request of this time had a choice: only those that a route decided can be chosen anew"
        raise ScenarioError(message)
    return found


def _check_route(history: History, route: str, where: str, parameters: list[object]) -> None:
    query = f"SELECT DISTINCT route FROM request WHERE {where} AND len(candidates) > 1"  # noqa: S608  # our own names
    known = sorted(row[0] for row in history.rows(query, parameters))
    if route not in known:
        message = f"--route: '{route}' had no choice in this time; {', '.join(known[:8])} had"
        raise ScenarioError(message)


def _query(
    scenario: Scenario,
    swaps: dict[str, str],
    prices: dict[str, Price],
    repriced: frozenset[str],
    where: str,
) -> str:
    """Return (served, would, why not, touched, requests, was, would be) in SQL."""
    names = ", ".join(map(quoted, sorted(repriced))) or "''"
    standard = ", ".join(map(quoted, sorted(STANDARD)))
    told, said = repr(scenario.told), repr(scenario.said)
    pick = _pick(scenario.choice) if scenario.choice is not None else _NOBODY
    cases = " ".join(f"WHEN {quoted(name)} THEN {quoted(into)}" for name, into in swaps.items())
    swapped = f"CASE chosen {cases} ELSE chosen END" if cases else "chosen"
    return f"""
        WITH chooses AS (
            SELECT *, {pick} AS picked FROM request WHERE {where}
        ), routed AS (
            SELECT *, CASE WHEN picked IS NULL OR deployment = ''
                             OR picked.deployment = candidates[1].deployment
                           THEN deployment ELSE picked.deployment END AS chosen,
                   list_filter(candidates, lambda c: c.deployment = deployment)[1].output_tokens AS length
            FROM chooses
        ), aimed AS (
            SELECT *, {swapped} AS target FROM routed
        ), scaled AS (
            SELECT *, CASE WHEN target = deployment THEN 1.0 ELSE {told} END AS told,
                   CASE WHEN target = deployment THEN 1.0 ELSE {said} END
                   * CASE WHEN chosen <> deployment AND length > 0 AND picked.output_tokens > 0
                          THEN picked.output_tokens / length ELSE 1.0 END AS said,
                   coalesce(amount::DOUBLE, amount_text::DOUBLE, CASE WHEN attempts = 0 THEN 0.0 END) AS was,
                   deployment <> '' AND (target <> deployment OR deployment IN ({names})) AS touched
            FROM aimed
        ), counted AS (
            SELECT *, {TOKENS} FROM scaled
        ), priced AS (
            SELECT *, CASE WHEN NOT touched THEN was
                           WHEN counted AND coalesce(apart, '') = '' AND coalesce(images, 0) = 0
                                AND coalesce(service, '') IN ({standard})
                                AND coalesce(basis, '') NOT LIKE '%answers by%'
                           THEN coalesce({by_name("target", sorted(prices.items()))},
                                         CASE WHEN chosen = target AND chosen <> deployment
                                              THEN picked.expected_cost END) END AS would_be
            FROM counted
        ), reasoned AS (
            SELECT *, CASE WHEN currency NOT IN ('', 'USD') THEN 'paid in another currency'
                           WHEN was IS NULL THEN 'what it cost is not known'
                           WHEN would_be IS NOT NULL THEN ''
                           WHEN NOT counted THEN 'its tokens were not counted'
                           WHEN coalesce(apart, '') <> '' THEN 'what it used has a price of its own'
                           WHEN coalesce(images, 0) <> 0 THEN 'its pictures were paid by the piece'
                           WHEN coalesce(service, '') NOT IN ({standard})
                           THEN 'it was served in a service tier of its own'
                           WHEN basis LIKE '%answers by%' THEN 'several answers were paid for it'
                           ELSE 'no price is known of ' || target END AS why
            FROM priced
        )
        SELECT deployment, target, why, touched, count(*),
               coalesce(sum(was), 0), coalesce(sum(would_be), 0)
        FROM reasoned GROUP BY 1, 2, 3, 4
    """  # noqa: S608  # our own names, and quoted ones


def _pick(choice: Choice) -> str:
    """Return the candidate that another choice takes, in SQL; null = there was none to make."""
    misses = "false" if choice.quality is None else f"coalesce(c.quality, -1) < {choice.quality!r}"
    least = -1.0 if choice.quality is None else choice.quality
    cost, score = f"coalesce(c.expected_cost, {_WORST!r})", "-coalesce(c.quality, -1)"
    nobody = f"len(list_filter(candidates, lambda c: coalesce(c.quality, 0) >= {least!r})) = 0"
    by = score if choice.best == "quality" else f"CASE WHEN {nobody} THEN {score} ELSE {cost} END"
    ranks = f"list_transform(candidates, lambda c, i: {{'miss': {misses}, 'by': {by}, 'i': i}})"
    of = f"route = {quoted(choice.route)}" if choice.route else "true"
    return f"CASE WHEN len(candidates) > 1 AND {of} THEN candidates[list_min({ranks}).i] END"


def _summed(
    rows: list[tuple[str, str, str, bool, int, float, float]],
    scenario: Scenario,
    swaps: dict[str, str],
    prices: dict[str, Price],
) -> Replay:
    missing: dict[str, int] = {}
    changes = []
    for served, target, why, touched, count, was, would in rows:
        if why:
            missing[why] = missing.get(why, 0) + count
        elif touched:
            changes.append(Change(served, target, count, was, would))
    good = [row for row in rows if not row[2]]
    return Replay(
        requests=sum(row[4] for row in rows),
        replayed=sum(row[4] for row in good),
        changed=sum(change.requests for change in changes),
        was=sum(row[5] for row in good),
        would_be=sum(row[6] for row in good),
        changes=tuple(sorted(changes, key=lambda change: -change.was)),
        missing=dict(sorted(missing.items(), key=lambda item: -item[1])),
        assumed=tuple(_assumed(scenario, swaps, prices)),
    )


def _assumed(scenario: Scenario, swaps: dict[str, str], prices: dict[str, Price]) -> list[str]:
    said = []
    if swaps or scenario.choice is not None:
        if scenario.told == scenario.said == 1:
            said.append("another model counts and says as many tokens as the one that served")
        else:
            said.append(
                f"another model counts {scenario.told:g} tokens for one of a prompt, "
                f"says {scenario.said:g} for one of an answer"
            )
        said.append("prompt caches serve the same share of input there")
    if swaps:
        said.append("its answers would have done: what they are worth is not part of this")
    if scenario.choice is not None:
        said.append(
            "expected scores, costs and lengths are those on record from when each request was decided"
        )
        said.append("whoever has no price a token is reckoned at the expected cost on record")
    said += [
        f"{name}: {price.rates.input}/{price.rates.output} {price.currency} a million tokens "
        f"({price.source}, {price.as_of})"
        for name, price in sorted(prices.items())
    ]
    return said
