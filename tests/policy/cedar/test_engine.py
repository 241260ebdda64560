from datetime import UTC, date, datetime

import pytest

from wye.config.governance import RoleSettings
from wye.policy.cedar.asking import NOBODY, Action, Asking
from wye.policy.cedar.engine import Engine, Refusal
from wye.policy.cedar.facts import Facts
from wye.policy.cedar.statements import split

KNOWN = {
    "here": Facts("own", "embedded", "m"),
    "there": Facts("closed", "acme", "m", baa_until=date(2026, 12, 1)),
}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()


def rule(effect: str, when: str = "true", head: str = "principal, action, resource") -> str:
    return f"{effect} ({head}) when {{ {when} }};"


ALL = rule("permit")


def engine(text: str, at: float = NOON) -> Engine:
    roles = {"auditor": RoleSettings(teams=("compliance",), keys=("k1",))}
    return Engine(tuple(split(text, "f")), KNOWN, roles, clock=lambda: at)


def ask(
    text: str, *labels: str, action: Action = Action.INFER, asking: Asking = NOBODY, at: float = NOON
) -> set[str]:
    """Return who is permitted."""
    asked = engine(text, at)
    answers = asked.ask(asked.key(frozenset(labels), action, asking))
    return {id_ for id_, refusal in answers.items() if refusal is None}


def test_nothing_is_permitted_unless_a_statement_permits_it() -> None:
    assert ask("") == set()
    assert ask(ALL) == {"here", "there"}


def test_a_statement_that_forbids_overrides_all_that_permit() -> None:
    assert ask(ALL + ALL + rule("forbid", 'resource.lane == "closed"')) == {"here"}


def test_a_statement_that_cannot_be_evaluated_refuses() -> None:
    text = ALL + rule("forbid", "resource.baa_until < context.now && false")
    assert ask(text) == {"there"}
    asked = engine(text)
    refused = asked.ask(asked.key(frozenset(), Action.INFER, NOBODY))["here"]
    assert refused is not None
    assert refused.reason.startswith("a rule could not be evaluated: ")


def test_keys_have_roles_by_team_and_by_id() -> None:
    text = rule("permit", head='principal in Role::"auditor", action, resource')
    assert ask(text, asking=Asking("k1")) == ask(text, asking=Asking("k2", "compliance")) == set(KNOWN)
    assert ask(text, asking=Asking("k2", "sales")) == ask(text) == set()
    team = rule("permit", head='principal in Team::"sales", action, resource')
    assert ask(team, asking=Asking("k", "sales")) == set(KNOWN)
    only = rule("permit", head='principal == Key::"k1", action, resource')
    assert ask(only, asking=Asking("k1")) == set(KNOWN)
    assert ask(only, asking=Asking("k2")) == set()


def test_time_counts_to_the_minute() -> None:
    text = ALL + rule("forbid", "!(resource has baa_until && context.now < resource.baa_until)")
    midnight = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert ask(text, at=midnight - 1) == {"there"}
    assert ask(text, at=midnight) == set()


def test_purpose_size_and_action() -> None:
    care = 'context has purpose && context.purpose == "care"'
    assert ask(rule("permit", care)) == set()
    text = rule("permit", f"{care} && context.size < 10", 'principal, action == Action::"infer", resource')
    assert ask(text, asking=Asking(purpose="care", size=9)) == set(KNOWN)
    assert ask(text, asking=Asking(purpose="care", size=10)) == set()
    assert ask(text, action=Action.SHADOW, asking=Asking(purpose="care")) == set()


def test_a_refusal_names_the_statements_that_decided() -> None:
    reason = '@id("a") @reason("not {processor} in {region}, a {lane} one") '
    asked = engine(ALL + reason + rule("forbid") + rule("forbid"))
    refusal = asked.ask(asked.key(frozenset(), Action.INFER, NOBODY))["there"]
    reasons = ("not acme in not stated, a closed one", "`f:1` forbids it")
    assert refusal == Refusal(reasons, ("a", "f:1"))
    assert refusal.reason == "not acme in not stated, a closed one; `f:1` forbids it"


def test_questions_that_are_the_same_to_every_statement_have_one_key() -> None:
    asked = engine(ALL + rule("forbid", 'context.labels.contains("a")'))
    plain = asked.key(frozenset({"x"}), Action.INFER, NOBODY)
    assert asked.key(frozenset({"y", "z"}), Action.SHADOW, Asking("k", "t", "p", 9)) == plain
    assert asked.key(frozenset({"a", "y"}), Action.INFER, NOBODY) != plain
    exact = engine(rule("permit", "context.labels.contains(resource.model)"))
    other = exact.key(frozenset({"y"}), Action.INFER, NOBODY)
    assert exact.key(frozenset({"x"}), Action.INFER, NOBODY) != other


def test_others_than_the_known_may_be_asked_about() -> None:
    asked = engine(ALL)
    key = asked.key(frozenset(), Action.INFER, NOBODY)
    assert asked.ask(key, {"late": Facts("hosted", "x", "y")}) == {"late": None}
    assert asked.ask(key, {}) == {}


@pytest.mark.parametrize("order", ["<", "<=", ">", ">=", "==", "!="])
def test_answers_between_two_dates_are_those_of_every_minute_there(order: str) -> None:
    days = (date(2026, 12, 30), date(2027, 1, 1))
    known = {str(day): Facts(lane="closed", processor="p", model="m", baa_until=day) for day in days}
    text = ALL + rule("forbid", f"resource has baa_until && context.now {order} resource.baa_until")
    statements = tuple(split(text, "f"))
    for day in days:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        for step in (-1e6, -61, -60, -1, 0, 59, 60, 61, 1e6):
            at = midnight + step
            each = Engine(statements, known, clock=lambda: at)  # noqa: B023  # asked in this very turn
            spans = Engine(statements, known, clock=lambda: at, dates=days)  # noqa: B023  # as above
            begun, ends = spans.span()
            assert begun <= at < ends
            key = spans.key(frozenset(), Action.INFER, NOBODY)
            told = each.ask(each.key(frozenset(), Action.INFER, NOBODY))
            assert spans.ask(key) == told
