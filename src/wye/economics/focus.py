"""The history as FOCUS 1.4 Cost and Usage rows (FinOps Open Cost and Usage Specification).

One row a day, key, team, deployment, route, task, currency and kind of price (a service tier's or not).
FOCUS knows no token columns: what was metered is a SKU's meter, tokens are the consumed unit, and
what else is known stands in `x_` columns (attribute Custom Columns). Costs must not be null, so
requests whose cost is not known make no cost: they are counted in `x_UnknownRequests` of their row,
and a group of which nothing is known has no row at all.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from wye.core.errors import LedgerError
from wye.core.money import STANDARD
from wye.economics.columns import MONEY, PLACES, holds
from wye.economics.history import History, conditions
from wye.economics.pricing import quoted
from wye.economics.rolled import on_disk, private_files
from wye.economics.showback import exact
from wye.ledger.reader import Filter

VERSION = "1.4"
METHOD = "slot-time"
"""How an own machine's hour is divided: by the time that requests held its slots."""
_DAY = "strftime({}, '%Y-%m-%dT00:00:00Z')"
_MACHINE = "lane = 'own'"
_HELD = """
    SELECT sum(one.duration_ms) FROM (SELECT unnest(tried) AS one)
    WHERE one.deployment = request.deployment AND (one.status BETWEEN 200 AND 299 OR one.status = 0)
      AND one.cause <> 'skip' AND one.duration_ms > 0
"""
"""Milliseconds of slots that a request held where it was served, as `slots.hours` reckons."""
COLUMNS: Mapping[str, str] = {
    "AllocatedMethodId": f"CASE WHEN {_MACHINE} THEN '{METHOD}' END",
    "AllocatedResourceId": f"CASE WHEN {_MACHINE} THEN nullif(key, '') END",
    "AllocatedResourceName": f"CASE WHEN {_MACHINE} THEN name END",
    "AllocatedTags": f"CASE WHEN {_MACHINE} AND key <> '' THEN tags END",
    "BilledCost": "cost",
    "BillingAccountId": "account",
    "BillingAccountName": "account",
    "BillingCurrency": "currency",
    "BillingPeriodEnd": _DAY.format("date_trunc('month', day) + INTERVAL 1 MONTH"),
    "BillingPeriodStart": _DAY.format("date_trunc('month', day)"),
    "ChargeCategory": "'Usage'",
    "ChargeClass": "NULL::VARCHAR",
    "ChargeDescription": "requests || ' requests to ' || deployment",
    "ChargeFrequency": "'Usage-Based'",
    "ChargePeriodEnd": _DAY.format("day + INTERVAL 1 DAY"),
    "ChargePeriodStart": _DAY.format("day"),
    "ConsumedQuantity": f"CASE WHEN {_MACHINE} THEN seconds ELSE tokens END::DECIMAL(38,6)",
    "ConsumedUnit": f"CASE WHEN {_MACHINE} THEN 'Seconds' ELSE 'Tokens' END",
    "ContractedCost": "cost",
    "EffectiveCost": "cost",
    "HostProviderName": "provider",
    "InvoiceIssuerName": "provider",
    "ListCost": "cost",
    "ListUnitPrice": "NULL::DECIMAL(38,18)",
    "PricingCategory": "CASE WHEN tiered THEN 'Other' ELSE 'Standard' END",
    "PricingQuantity": (
        f"(CASE WHEN {_MACHINE} THEN seconds / 3600 ELSE tokens / 1000000 END)::DECIMAL(38,12)"
    ),
    "PricingUnit": f"CASE WHEN {_MACHINE} THEN 'Hours' ELSE '1000000 Tokens' END",
    "ResourceId": "deployment",
    "ResourceName": "deployment",
    "ResourceType": "'Model Deployment'",
    "ServiceCategory": "'AI and Machine Learning'",
    "ServiceName": "deployment",
    "ServiceProviderName": "provider",
    "ServiceSubcategory": "'Generative AI'",
    "SkuId": "deployment",
    "SkuMeter": f"CASE WHEN {_MACHINE} THEN 'Machine Time' ELSE 'Model Tokens' END",
    "SkuPriceDetails": "NULL::VARCHAR",
    "SkuPriceId": "deployment",
    "SubAccountId": "nullif(team, '')",
    "SubAccountName": "nullif(team, '')",
    "Tags": f"CASE WHEN {_MACHINE} AND key <> '' THEN NULL ELSE tags END",
    "x_CachedTokens": "cached",
    "x_InputTokens": "told",
    "x_Lane": "lane",
    "x_OutputTokens": "said",
    "x_ReasoningTokens": "thought",
    "x_Requests": "requests",
    "x_Route": "nullif(route, '')",
    "x_Task": "task",
    "x_UnknownRequests": "unknown",
}
"""FOCUS's column → how it is made, in SQL. In alphabetical order, as the specification lists them."""


class Owner(msgspec.Struct, frozen=True):
    """Who a key belongs to."""

    name: str
    project: str = ""


class Exported(msgspec.Struct, frozen=True):
    """What was written."""

    rows: int
    requests: int
    """In these rows, those of unknown cost among them."""
    left_out: int
    """Requests in no row: nothing is known of what their group cost."""


def export(  # noqa: PLR0913  # what names stand for comes from elsewhere
    history: History,
    filter_: Filter,
    path: Path,
    kind: Literal["csv", "parquet"],
    *,
    owners: Mapping[str, Owner],
    provider_of: Callable[[str], str],
    account: str = "wye",
) -> Exported:
    """Write the rows to a file that only this user can read, all at once.

    Raises `LedgerError` for a cost that the file's columns cannot hold exactly, and for a full disk.
    """
    where, parameters = conditions(filter_)
    _own(history, owners, provider_of, where, parameters)
    history.rows(f"CREATE OR REPLACE TABLE focus AS {_grouped(where, account)}", parameters)
    _completed(history)
    new = path.with_name(path.name + ".new")
    form = "FORMAT parquet, COMPRESSION zstd" if kind == "parquet" else "FORMAT csv, HEADER"
    shown = ", ".join(f'{made} AS "{name}"' for name, made in COLUMNS.items())
    rows = f"SELECT {shown} FROM focus WHERE cost IS NOT NULL ORDER BY ALL"  # noqa: S608  # our own names
    try:
        with on_disk(path), private_files():
            history.connection.execute(f"COPY ({rows}) TO {quoted(str(new))} ({form})")
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    [(count, requests, left)] = history.rows(
        "SELECT count(*) FILTER (cost IS NOT NULL), coalesce(sum(requests) FILTER (cost IS NOT NULL), 0), "
        "coalesce(sum(requests) FILTER (cost IS NULL), 0) FROM focus"
    )
    return Exported(count, int(requests), int(left))


def _own(
    history: History,
    owners: Mapping[str, Owner],
    provider_of: Callable[[str], str],
    where: str,
    parameters: list[Any],
) -> None:
    """Make the tables that say whose a key is, and who provides a deployment."""
    run = history.connection
    run.execute("CREATE OR REPLACE TABLE owner(id VARCHAR, name VARCHAR, project VARCHAR)")
    run.execute("CREATE OR REPLACE TABLE supplier(served VARCHAR, provider VARCHAR)")
    query = f"SELECT DISTINCT deployment FROM request WHERE {where} AND deployment <> ''"  # noqa: S608  # our own names
    served = [row[0] for row in history.rows(query, parameters)]
    if owners:
        rows = [[key, owner.name, owner.project] for key, owner in owners.items()]
        run.executemany("INSERT INTO owner VALUES (?, ?, ?)", rows)
    if served:
        run.executemany("INSERT INTO supplier VALUES (?, ?)", [[name, provider_of(name)] for name in served])


def _completed(history: History) -> None:
    """Add what the ledger's column could not hold, as `showback` does: it may fit in a group's sum."""
    query = "SELECT rowid, day, deployment, cost, texts FROM focus WHERE texts IS NOT NULL"
    for number, day, deployment, cost, texts in history.rows(query):
        total = exact(cost, texts)
        if not holds(total):
            message = (
                f"{deployment} on {day} costs {total:f}: FOCUS's columns hold 20 digits before the point"
            )
            message += f" and {PLACES} after it. Leave the day out by --since and --until"
            raise LedgerError(message)
        history.connection.execute(
            f"UPDATE focus SET cost = CAST(? AS {MONEY}) WHERE rowid = ?",  # noqa: S608  # our own type
            [str(total), number],
        )


def _grouped(where: str, account: str) -> str:
    """Return the groups that become rows, in SQL. What nobody served costs nothing and is in none."""
    standard = ", ".join(map(quoted, sorted(STANDARD)))
    return f"""
        SELECT *, {quoted(account)} AS account,
               json_object('key', key, 'team', team, 'project', coalesce(project, ''))::VARCHAR AS tags
        FROM (
            SELECT day, key, team, deployment, any_value(lane) AS lane, route, task, currency,
                   coalesce(service, '') NOT IN ({standard}) AS tiered,
                   sum(amount) AS cost, list(amount_text) FILTER (amount_text IS NOT NULL) AS texts,
                   count(*) AS requests, count(*) FILTER (unknown) AS unknown,
                   coalesce(sum(input_tokens), 0)::BIGINT AS told,
                   coalesce(sum(output_tokens), 0)::BIGINT AS said,
                   coalesce(sum(cached_tokens), 0)::BIGINT AS cached,
                   coalesce(sum(reasoning_tokens), 0)::BIGINT AS thought,
                   told + said AS tokens, coalesce(sum(({_HELD})), 0) / 1000 AS seconds
            FROM request WHERE {where} AND deployment <> '' GROUP BY ALL
        ) LEFT JOIN owner ON owner.id = key LEFT JOIN supplier ON supplier.served = deployment
    """  # noqa: S608  # our own names, and quoted ones
