from datetime import date

import msgspec

from wye.catalog.deployments import Deployment, Endpoint
from wye.config.governance import ComplianceSettings
from wye.core.lane import Lane
from wye.policy.cedar.facts import facts

GPT = Deployment(
    id="azure/gpt",
    model="gpt-5.5",
    provider="azure",
    lane=Lane.CLOSED,
    endpoint=Endpoint("https", "eu.example.com", 443),
    found_by="a test",
    region="eu",
)
SOON, LATER = date(2026, 12, 1), date(2027, 12, 1)


def row(**said: object) -> ComplianceSettings:
    return ComplianceSettings(**{"provider": "azure", **said})  # type: ignore[arg-type]


def test_nothing_is_known_of_whom_no_row_matches() -> None:
    rows = [
        row(provider="openai", baa_until=SOON),
        row(endpoint="us.example.com", baa_until=SOON),
        row(models=("gpt-4*",), baa_until=SOON),
    ]
    assert facts(GPT, rows).entity("x")["attrs"] == {
        "lane": "closed",
        "processor": "azure",
        "model": "gpt-5.5",
        "region": "eu",
    }


def test_of_several_rows_the_strictest_holds() -> None:
    rows = [
        row(baa_until=LATER, trains_on_data=False, licence="mit"),
        row(endpoint="eu.example.com", models=("gpt-*",), baa_until=SOON, trains_on_data=True),
        row(zero_retention_until=LATER, licence="apache-2.0"),
    ]
    found = facts(GPT, rows)
    assert (found.baa_until, found.zero_retention_until, found.trains_on_data) == (SOON, LATER, True)
    assert found.licence is None


def test_dates_are_moments_of_cedar() -> None:
    entity = facts(GPT, [row(baa_until=SOON)]).entity("azure/gpt")
    assert entity["uid"] == {"type": "Deployment", "id": "azure/gpt"}
    assert entity["attrs"]["baa_until"] == {"__extn": {"fn": "datetime", "arg": "2026-12-01"}}


def test_no_spelling_of_a_model_or_a_host_gets_round_a_strict_row() -> None:
    spelled = msgspec.structs.replace(GPT, model="GPT-5.5")
    rows = [
        row(baa_until=LATER, trains_on_data=False),
        row(models=("gpt-5.5",), trains_on_data=True),
        row(endpoint="EU.example.com", baa_until=SOON),
    ]
    found = facts(spelled, rows)
    assert (found.baa_until, found.trains_on_data) == (SOON, True)
