"""An export against FOCUS's own rules (specification, Cost and Usage dataset), by a validator of ours.

Rules used, by section: *Cost and Usage: Columns* (which are mandatory, which allow nulls, types),
*Requirements* (conditional columns: split cost allocation, usage measurement, unit pricing, sub accounts,
tags); *Charge Category* and *Charge Frequency* (allowed values), *Service Category* and *Service
Subcategory* (a pair of the table), *Pricing Category* (allowed values), *Pricing Quantity*, *Pricing Unit*,
*Consumed Unit*, *SKU Price ID* and *SKU Meter* (null together; not null for usage), *List Cost* (equals
billed cost without a list unit price), *Allocated Method ID/Tags* (null unless the charge is allocated),
*Billing Period* and *Charge Period* (half-open, the charge inside its period); attributes *Date/Time
Format* (ISO 8601, UTC, Z), *Currency Format* (ISO 4217), *Numeric Format*, *Key-Value Format*, *Unit
Format*, *Column Naming and Ordering* (custom columns begin with x_).
"""

import csv
import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ledger.records import START, record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Record
from wye.core.usage import Usage
from wye.economics.focus import Exported, Owner, export
from wye.economics.history import History
from wye.ledger import Ledger
from wye.ledger.reader import Filter

Row = dict[str, str]

MANDATORY = {
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "HostProviderName", "InvoiceIssuerName"),
    *("ListCost", "PricingQuantity", "PricingUnit", "ServiceCategory", "ServiceName", "ServiceProviderName"),
}
CONDITIONAL = {
    *("AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags"),
    *("ConsumedQuantity", "ConsumedUnit", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId"),
    *("SubAccountId", "SubAccountName", "Tags"),
}
NOT_NULL = MANDATORY - {"BillingAccountName", "ChargeClass", "ChargeDescription"} | {"SkuPriceId", "SkuId"}
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
MOMENTS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"Standard", "Dynamic", "Committed", "Other", ""},
    "ServiceCategory": {"AI and Machine Learning"},
    "ServiceSubcategory": {"Generative AI"},
}


def moment(text: str) -> dt.datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), text
    return dt.datetime.fromisoformat(text)


def check(rows: list[Row]) -> None:
    """Raise `AssertionError` where a row breaks a rule of the specification."""
    names = list(rows[0])
    known = [name for name in names if not name.startswith("x_")]
    assert set(names) >= MANDATORY | CONDITIONAL
    assert known == sorted(known)
    assert all(re.fullmatch(r"(x_)?[A-Z][A-Za-z]*", name) for name in names)
    for row in rows:
        assert {name for name in NOT_NULL if not row[name]} == set()
        for name, allowed in ALLOWED.items():
            assert row[name] in allowed, name
        assert re.fullmatch("[A-Z]{3}", row["BillingCurrency"])
        for name in (*COSTS, "PricingQuantity", "ConsumedQuantity"):
            assert re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d+)?", row[name]), (name, row[name])
        assert not row["ListUnitPrice"]
        assert Decimal(row["ListCost"]) == Decimal(row["BilledCost"])
        begins, ends, first, last = (moment(row[name]) for name in MOMENTS)
        assert begins <= first < last <= ends
        assert begins.day == ends.day == 1
        assert bool(row["ConsumedUnit"]) == bool(row["ConsumedQuantity"])
        assert re.fullmatch(r"(\d+ )?[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)?", row["PricingUnit"])
        assert row["SkuMeter"]
        allocated = row["AllocatedMethodId"]
        assert bool(allocated) == bool(row["AllocatedResourceId"]) or not allocated
        if not allocated:
            assert not row["AllocatedTags"] + row["AllocatedResourceName"]
        assert not (row["AllocatedTags"] and row["Tags"])  # no tag in both
        for name in ("Tags", "AllocatedTags"):
            if row[name]:
                tags = json.loads(row[name])
                assert all(isinstance(value, str | bool) for value in tags.values())


@pytest.fixture
def history(tmp_path: Path) -> History:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for number in range(40):
        own = number % 2 == 0
        ledger.append(
            record(
                number,
                at=START + number * 86_400,
                key=("key_1", "key_2")[number % 3 % 2],
                deployment="mine" if own else "openai/gpt-5.5",
                lane=Lane.OWN if own else Lane.CLOSED,
                cost=Cost(Decimal("0.0001234")) if number % 5 else Cost(None),
            )
        )
    ledger.append(record(90, cost=Cost(Decimal(2), "EUR"), deployment="openai/gpt-5.5", lane=Lane.CLOSED))
    ledger.append(record(91, deployment="", attempts=(), cost=None, lane=None))
    ledger.append(record(92, cost=Cost(None)))
    ledger.close()
    return History.open(LedgerSettings(), tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_exported_keeps_the_specification(history: History, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"costs.{kind}"
    owners = {"key_1": Owner("app", "chat")}
    with history:
        done = export(
            history, Filter(), path, kind, owners=owners, provider_of=lambda name: name.split("/")[0]
        )  # type: ignore[arg-type]
    assert path.stat().st_mode & 0o777 == 0o600
    assert done == Exported(33, 33, 9)
    if kind == "parquet":
        lines, path = path, tmp_path / "again.csv"
        duckdb.sql(f"COPY (SELECT * FROM '{lines}') TO '{path}' (FORMAT csv, HEADER)")  # noqa: S608  # made here
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check(rows)
    total = sum(Decimal(row["BilledCost"]) for row in rows if row["BillingCurrency"] == "USD")
    assert total == Decimal("0.0001234") * 32
    app = next(row for row in rows if "key_1" in row["Tags"])
    assert json.loads(app["Tags"]) == {"key": "key_1", "team": "search", "project": "chat"}
    own = next(row for row in rows if row["ServiceName"] == "mine")
    assert (own["AllocatedMethodId"], own["SkuMeter"], own["ConsumedUnit"]) == (
        "slot-time",
        "Machine Time",
        "Seconds",
    )
    closed = next(row for row in rows if row["ServiceProviderName"] == "openai")
    assert (closed["ConsumedUnit"], closed["PricingUnit"], closed["x_InputTokens"]) == (
        "Tokens",
        "1000000 Tokens",
        "500",
    )


def test_what_cannot_be_written_leaves_nothing(history: History, tmp_path: Path) -> None:
    with history, pytest.raises(LedgerError, match="cannot be read or written"):
        export(history, Filter(), tmp_path / "none" / "x.csv", "csv", owners={}, provider_of=str)
    assert list(tmp_path.glob("**/*.new")) == []


def rows_of(tmp_path: Path, *records: Record) -> list[Row]:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for one in records:
        ledger.append(one)
    ledger.close()
    path = tmp_path / "costs.csv"
    with History.open(LedgerSettings(), tmp_path) as history:
        export(history, Filter(), path, "csv", owners={}, provider_of=str)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_sums_are_exact_or_refused(tmp_path: Path) -> None:
    half = Cost(Decimal("0.00000000000000000005"))
    [row] = rows_of(tmp_path / "a", *(record(number, cost=half) for number in range(20)))
    assert Decimal(row["BilledCost"]) == Decimal("1E-18")
    for name, amount in (("b", "1E-19"), ("c", "1E+30")):
        with pytest.raises(LedgerError, match="embedded on 2025-10-09 costs"):
            rows_of(tmp_path / name, record(0, cost=Cost(Decimal(amount))))


def test_machine_time_is_that_of_slots_held_there(tmp_path: Path) -> None:
    tried = (
        Attempt("embedded", "first", 0.0, 1_000.0, 503),
        Attempt("other", "retry", 0.0, 2_000.0, 200),
        Attempt("embedded", "retry", 0.0, 4_000.0, 200),
    )
    [row] = rows_of(tmp_path, record(0, attempts=tried, duration_ms=9_000.0))
    assert Decimal(row["ConsumedQuantity"]) == 4


def test_a_service_tier_is_no_standard_price(tmp_path: Path) -> None:
    tiers = ("", "default", "batch", "priority")
    rows = rows_of(
        tmp_path, *(record(number, usage=Usage(10, 1, service=tier)) for number, tier in enumerate(tiers))
    )
    assert [(row["PricingCategory"], row["x_Requests"]) for row in rows] == [
        ("Other", "2"),
        ("Standard", "2"),
    ]
