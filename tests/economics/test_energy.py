"""Energy in ranges: machines by time, closed models by tokens, and what is unknown counted."""

from decimal import Decimal
from pathlib import Path

import pytest

from ledger.records import record
from wye.catalog.energy import footprints
from wye.config.economy import MachineSettings, PowerSettings
from wye.config.settings import LedgerSettings, Settings
from wye.config.upstreams import DeploymentSettings
from wye.core.lane import Lane
from wye.core.record import Attempt
from wye.core.usage import Usage
from wye.economics.energy import drawn, rate_of
from wye.economics.history import History
from wye.ledger import Ledger
from wye.ledger.reader import Filter


def settings(**power: Decimal) -> Settings:
    machine = MachineSettings(
        count=2, rent_hour=Decimal(1), power=PowerSettings(kw=Decimal(1), pue=Decimal("1.5"), **power)
    )
    own = DeploymentSettings(
        model="gemma", base_url="http://127.0.0.1:1/v1", lane=Lane.OWN, machines="box", slots=4
    )
    return Settings(
        machines={"box": machine, "dark": MachineSettings(rent_hour=Decimal(1))},
        deployments={
            "mine": own,
            "bare": DeploymentSettings(
                model="x", base_url="http://127.0.0.1:2/v1", lane=Lane.OWN, machines="dark"
            ),
            "gpt": DeploymentSettings(model="gpt-5.5", provider="openai"),
        },
    )


def test_groups_add_up_what_their_deployments_drew(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for made in (
        record(1, deployment="mine", attempts=(Attempt("mine", "first", 0, 7_200_000, 200),)),
        record(2, deployment="gpt", usage=Usage(100, 1_000)),
        record(3, deployment="openai/gpt-5.5", usage=Usage(100, 500)),
        record(4, deployment="gpt", usage=None, team="ads"),
        record(5, deployment="bare", team="ads"),
        record(6, deployment="", attempts=(), team="ads"),
    ):
        ledger.append(made)
    ledger.close()
    with History.open(LedgerSettings(), tmp_path) as history:
        ads, search = drawn(history, "team", Filter(), settings(kg_co2_kwh=Decimal("0.4")))
        [dark, _] = drawn(history, "team", Filter(), settings())
        projects = drawn(history, "project", Filter(), settings(), {"key_1": "chat"})
    assert (ads.group, ads.requests, ads.kwh, ads.kg_co2, ads.unknown) == ("ads", 2, None, None, 2)
    known = footprints().models["openai/gpt-5.5"]
    # two machines of 1 kW, four slots, a slot for two hours, the building's half besides
    machine = (2 * 0.7 * 1.5 * 2 / 4, 2 * 1.0 * 1.5 * 2 / 4)
    assert search.kwh == pytest.approx(
        tuple(2 * known.kwh_request[i] + 1_500 * known.kwh_token[i] + machine[i] for i in (0, 1))
    )
    assert search.kg_co2 == pytest.approx(
        tuple(2 * known.kg_co2_request[i] + 1_500 * known.kg_co2_token[i] + 0.4 * machine[i] for i in (0, 1))
    )
    assert (search.requests, search.unknown, search.unknown_carbon) == (3, 0, 0)
    assert dark == ads
    [one] = projects
    assert (one.group, one.requests, one.unknown, one.unknown_carbon) == ("chat", 5, 2, 3)


def test_open_models_at_a_processor_go_by_what_was_measured() -> None:
    found = rate_of("deepinfra/meta-llama/Llama-3.1-8B-Instruct", Settings())
    assert found is not None
    assert 0 < found.kwh_token[0] < found.kwh_token[1] < 1e-5
    assert found.kg_token[0] < found.kg_token[1]
    assert rate_of("deepinfra/unheard-of", Settings()) is None
