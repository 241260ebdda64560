"""A statement does not hang on how a caller spells a name, nor on a name that nothing has."""

import pytest

from wye.config.governance import PolicySettings, RoleSettings
from wye.policy.cedar.asking import NOBODY, Action
from wye.policy.cedar.engine import Engine
from wye.policy.cedar.facts import Facts
from wye.policy.cedar.sources import set_text, sets, unfit
from wye.policy.cedar.statements import split

SETTINGS = PolicySettings(roles={"clinician": RoleSettings(teams=("ward",))})
LOW = "`resource.model` is in lower case, however a caller spells it; write"


def told(when: str, scope: str = "principal, action, resource") -> list[str]:
    found = unfit(split(f"forbid ({scope}) when {{ {when} }};", "f"), SETTINGS)
    return [line.removeprefix("f:1: ") for line in found]


@pytest.mark.parametrize("spelled", ["gpt-5.5", "GPT-5.5", "Gpt-5.5"])
@pytest.mark.parametrize(
    "when",
    ['resource.model == "gpt-5.5"', '["gpt-5.5"].contains(resource.model)', 'resource.model like "gpt-*"'],
)
def test_no_spelling_of_a_model_gets_round_a_statement(when: str, spelled: str) -> None:
    text = f"permit (principal, action, resource);\nforbid (principal, action, resource) when {{ {when} }};"
    engine = Engine(tuple(split(text, "f")), {"x": Facts("closed", "openai", spelled)})
    assert engine.ask(engine.key(frozenset(), Action.INFER, NOBODY))["x"] is not None
    assert told(when) == []


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ('resource.model == "GPT-5.5"', f"`GPT-5.5`: {LOW} `gpt-5.5`"),
        ('"GPT-5.5" != resource["model"]', f"`GPT-5.5`: {LOW} `gpt-5.5`"),
        ('!(resource.lane == "own" || ["A"].contains(resource.model))', f"`A`: {LOW} `a`"),
        ('if resource.model like "GPT-*" then true else false', f"`GPT-*`: {LOW} `gpt-*`"),
        ('resource.lane == "Own"', "`Own`: there is no such lane; lanes are closed, hosted, own"),
        ('context.labels.contains("PHI")', "`PHI`: labels are in lower case, and one each"),
        ('["phi", "a b"].containsAny(context.labels)', "`a b`: 'a b' is not a label."),
        (
            'principal in Role::"clinicans"',
            "`policy.roles` gives this role to nobody. Did you mean 'clinician'?",
        ),
        ('resource == Deployment::"x"', '`Deployment::"x"`: its model can be reached by other names'),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(when: str, message: str) -> None:
    [line] = told(when)
    assert message in line


def test_names_in_the_scope_count_as_well() -> None:
    [line] = told("true", 'principal in Role::"nurse", action, resource == Deployment::"x"')[:1]
    assert line.startswith('`Deployment::"x"`')
    assert '`Role::"nurse"`' in told("true", 'principal in Role::"nurse", action, resource')[0]


@pytest.mark.parametrize(
    "when",
    [
        'principal in Role::"clinician" && principal in Team::"Anybody"',
        'context.labels.contains("of-ours") && resource.processor == "ACME" && resource.lane != "own"',
        'context has purpose && context.purpose == "Care"',
    ],
)
def test_what_may_be_meant_is_let_be(when: str) -> None:
    assert told(when) == []


def test_the_sets_that_come_with_wye_name_nothing_else() -> None:
    assert [unfit(split(set_text(name), name), PolicySettings()) for name in sets()] == [[]] * len(sets())
