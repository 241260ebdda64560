import pytest

from wye.config.labels import LabelRule
from wye.policy.cases import read_cases, run
from wye.policy.cedar.compiled import compiled
from wye.policy.cedar.sources import set_cases, set_text, sets
from wye.policy.cedar.statements import PolicyTextError, split

EVERYTHING = compiled({})[:1]


@pytest.mark.parametrize("name", sets())
def test_every_set_does_what_its_cases_say(name: str) -> None:
    cases = read_cases(set_cases(name), name)
    outcomes = list(run(cases, (*EVERYTHING, *split(set_text(name), name)), {}))
    assert [outcome for outcome in outcomes if outcome.wrong] == []
    assert {case.expect for case in cases} == {"permit", "forbid"}


@pytest.mark.parametrize("name", sets())
def test_every_statement_of_a_set_decides_some_case(name: str) -> None:
    decided = {case.by for case in read_cases(set_cases(name), name)}
    assert {statement.name for statement in split(set_text(name), name)} <= decided


def test_what_differs_is_told() -> None:
    text = """
    - {name: one, labels: [x], deployment: {lane: own}, expect: forbid}
    - {name: two, deployment: {lane: closed}, expect: permit}
    - {name: three, deployment: {lane: closed}, expect: forbid, by: other}
    - {name: four, deployment: {lane: closed}, expect: forbid, by: air-gapped/own}
    """
    statements = (*EVERYTHING, *split(set_text("air-gapped"), "air-gapped"))
    assert [outcome.wrong for outcome in run(read_cases(text, "f"), statements, {})] == [
        "expected forbid, got permit",
        "expected permit, got forbid (nothing leaves your own machines, this is closed)",
        "expected other to forbid it, air-gapped/own did",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: x", "f:1:11: not valid YAML: while parsing a flow mapping, expected"),
        ("a: b\nc", "f:2:2: not valid YAML: while scanning a simple key, could not find expected ':'$"),
        ("\x07", "f: not valid YAML: "),
        ("- {name: x, day: 2026-13-45}", "f: month must be in 1..12. A file is a list of cases"),
        ("- {name: x}", "f: Object missing required field"),
        ("hello", "Expected `array`, got `str`. A file is a list of cases: `- {name: ..., labels:"),
        ("- {name: x, expect: maybe, deployment: {lane: own}}", "f: Invalid enum value 'maybe'"),
    ],
)
def test_what_is_no_case_is_told(text: str, message: str) -> None:
    with pytest.raises(PolicyTextError, match=message):
        read_cases(text, "f")


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        ("{lane: own, colour: red}", "case 'x': a deployment has no `colour`. There is: baa_until, lane, "),
        ("{lane: own, zero_retention: 2099-01-01}", "Did you mean 'zero_retention_until'?"),
        ("{lane: closd}", "case 'x': there is no lane 'closd'. Did you mean 'closed'?"),
        ("{lane: own, baa_until: soon}", "case 'x': deployment: Invalid"),
        ("{}", "case 'x': deployment: Object missing required field `lane`"),
    ],
)
def test_facts_that_there_are_not_are_told(deployment: str, message: str) -> None:
    cases = read_cases(f"- {{name: x, expect: permit, deployment: {deployment}}}", "f")
    with pytest.raises(PolicyTextError, match=message):
        list(run(cases, EVERYTHING, {}))


def test_a_label_nobody_defined_is_named_in_the_reason() -> None:
    cases = read_cases("- {name: x, labels: [phj], expect: permit, deployment: {lane: closed}}", "f")
    (outcome,) = run(cases, compiled({}), {})
    assert "unknown label 'phj' permits own" in outcome.wrong


def test_what_is_permitted_is_forbidden_by_nobody() -> None:
    cases = read_cases("- {name: x, expect: permit, by: some/rule, deployment: {lane: own}}", "f")
    with pytest.raises(PolicyTextError, match="case 'x': `by` says who forbids it"):
        list(run(cases, EVERYTHING, {}))


def test_a_request_without_labels_has_the_default_ones() -> None:
    cases = read_cases("- {name: x, expect: permit, deployment: {lane: closed}}", "f")
    rules = compiled({"phi": LabelRule()})
    assert [outcome.wrong for outcome in run(cases, rules, {})] == [""]
    assert [bool(outcome.wrong) for outcome in run(cases, rules, {}, frozenset({"phi"}))] == [True]
