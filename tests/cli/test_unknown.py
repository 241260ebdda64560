"""What nothing knows is told, and what something knows is not."""

from collections.abc import Iterable

import pytest

from wye.cli import unknown
from wye.config.governance import PolicySettings, RoleSettings
from wye.config.labels import LabelRule
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.config.upstreams import DeploymentSettings, ProviderSettings
from wye.core.lane import Lane

SETTINGS = Settings(
    labels={"ward": LabelRule()},
    policy=PolicySettings(sets=("gdpr",), roles={"doctor": RoleSettings(teams=("surgery",), keys=("k_1",))}),
    providers={"house": ProviderSettings(base_url="http://127.0.0.1:9/v1", models=("mine",), lane=Lane.OWN)},
    deployments={"local": DeploymentSettings(model="llama-3", provider="house")},
    aliases={"small": "local"},
    routes={"support": RouteSettings()},
)


def told(lines: Iterable[str]) -> str:
    return "\n".join(lines)


NAMED = """
local llama-* small support auto auto/own mine house/* openai/anything o*/x
gpt-* claude-* embedded/* smollm2-135m * together/* ollama/llama3:8b
"""


@pytest.mark.parametrize("glob", NAMED.split())
def test_models_that_may_be_meant(glob: str) -> None:
    assert told(unknown.models((glob,), SETTINGS)) == ""


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("suport", "Did you mean 'support'?"),
        ("opnai/gpt-5", ""),
        ("zzz*", "There is: auto, auto/closed, auto/hosted, auto/own, "),
    ],
)
def test_models_that_nothing_is_named_like(glob: str, hint: str) -> None:
    line = told(unknown.models(("gpt-*", glob), SETTINGS))
    assert line.startswith(f"no model that wye.yaml or the catalogue knows is named like '{glob}'. {hint}")


def test_labels_that_are_not_defined() -> None:
    assert told(unknown.labels(("phi", "ward", "special"), SETTINGS)) == ""
    assert told(unknown.labels(("phi", "wrad"), SETTINGS)) == (
        "label 'wrad' is not defined: requests with it stay on your own machines. Did you mean 'ward'?"
    )
    broken = Settings(policy=PolicySettings(sets=("none",)))
    assert "Did you mean 'phi'?" in told(unknown.labels(("phii",), broken))


def test_whom_no_rule_names() -> None:
    assert told(unknown.asking("surgery", "k_1", SETTINGS)) == told(unknown.asking("", "", SETTINGS)) == ""
    assert told(unknown.asking("surgry", "k_2", SETTINGS)).splitlines() == [
        "no rule and no role names team 'surgry', so it is judged as any other. Did you mean 'surgery'?",
        "no rule and no role names key 'k_2', so it is judged as any other. Did you mean 'k_1'?",
    ]
    assert told(unknown.asking("any", "", Settings())).endswith("as any other.")
