"""Records for tests: one like the gateway's, and Hypothesis's idea of any."""

import datetime as dt
from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from wye.core.decision import Candidate, Decision
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.core.usage import Usage

START = 1_760_000_000.0
"""2025-10-09 08:53:20 UTC."""


def record(number: int, **changes: object) -> Record:
    """Return a typical record; `changes` replace fields."""
    made = Record(
        id=f"r{number:06d}",
        at=START + number,
        request_id=f"q{number}",
        protocol="openai_chat",
        operation="chat",
        asked="auto",
        outcome=Outcome.OK,
        status=200,
        duration_ms=120.5,
        key="key_1",
        team="search",
        labels=("internal",),
        request_bytes=2048,
        response_bytes=900,
        policy_revision="p1",
        permitted=frozenset({"embedded", "together/llama"}),
        decision=Decision(
            "auto",
            (
                Candidate("embedded", Lane.OWN, "first by rule", Decimal(0)),
                Candidate("together/llama", Lane.HOSTED),
            ),
            (Candidate("gpt", Lane.CLOSED, "label internal forbids the lane closed"),),
            ("rule 1: own first",),
            "r1",
        ),
        attempts=(Attempt("embedded", "first", 0.4, 119.0, 200, "", 2100, 900),),
        deployment="embedded",
        lane=Lane.OWN,
        usage=Usage(500, 40, 100, 0, 8),
        ttft_ms=31.25,
        cost=Cost(Decimal("0.000125"), "USD", "price list", dt.date(2025, 10, 1), "wye.yaml"),
    )
    return msgspec.structs.replace(made, **changes)


text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
"""What every database can store."""
number = st.floats(0, 1e9)
money = st.decimals("0", "1e9", allow_nan=False, allow_infinity=False)
lane = st.none() | st.sampled_from(Lane)
count = st.integers(0, 2**62)
candidates = st.lists(st.builds(Candidate, text, lane, text, st.none() | money), max_size=3).map(tuple)

records = st.builds(
    Record,
    id=st.uuids().map(str),
    at=st.floats(0, 4e9),
    request_id=text,
    protocol=text,
    operation=text,
    asked=text,
    outcome=st.sampled_from(Outcome),
    status=st.integers(0, 599),
    duration_ms=number,
    key=text,
    team=text,
    labels=st.lists(text, max_size=3).map(tuple),
    stream=st.booleans(),
    permitted=st.frozensets(text, max_size=3),
    decision=st.none()
    | st.builds(Decision, text, candidates, candidates, st.lists(text, max_size=2).map(tuple), text),
    attempts=st.lists(st.builds(Attempt, text, text, number, number, count, text), max_size=3).map(tuple),
    deployment=text,
    lane=lane,
    usage=st.none() | st.builds(Usage, count, count, count, count, count),
    ttft_ms=st.none() | number,
    cost=st.none()
    | st.builds(Cost, st.none() | money, st.sampled_from(["USD", "EUR"]), text, st.none() | st.dates()),
    charged=st.none() | money,
    error=text,
    content=text,
)
