"""Cases: what a policy must say, written beside it and held against it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import msgspec
import yaml

from wye.config.governance import RoleSettings
from wye.config.problems import suggestion
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.policy.cedar.asking import Action, Asking
from wye.policy.cedar.compiled import UNKNOWN
from wye.policy.cedar.engine import Engine, Refusal
from wye.policy.cedar.facts import Facts
from wye.policy.cedar.spelling import labels_in
from wye.policy.cedar.statements import PolicyTextError, Statement

_ONE = "case"
_SHAPE = "A file is a list of cases: `- {name: ..., labels: [phi], deployment: {lane: own}, expect: permit}`"


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with its answer."""

    name: str
    expect: Literal["permit", "forbid"]
    deployment: dict[str, Any]
    """Its facts: `lane`, and whatever else is known of it."""
    labels: Labels = frozenset()
    """None = a request that brings none."""
    action: Action = Action.INFER
    purpose: str = ""
    size: int = 0
    key: str = ""
    team: str = ""
    day: date | None = None
    """When it is asked, at noon UTC; None = today."""
    by: str = ""
    """The `@id` of a statement that must be among those that forbid it."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a case."""

    case: Case
    wrong: str = ""
    """How it differs; empty = it does not."""


def read_cases(text: str, source: str) -> list[Case]:
    """Read a YAML list of cases. Raises `PolicyTextError`."""
    try:
        cases = msgspec.convert(yaml.safe_load(text), type=list[Case])
    except yaml.YAMLError as error:
        message = f"{source}{_place(error)}"
        raise PolicyTextError(message) from None
    except (ValueError, RecursionError) as error:  # a day that there is not, among others; nested too deep
        message = f"{source}: {error}. {_SHAPE}"
        raise PolicyTextError(message) from None
    if not cases:  # or a test of nothing would pass
        message = f"{source} holds no cases. {_SHAPE}"
        raise PolicyTextError(message)
    return cases


def _place(error: yaml.YAMLError) -> str:
    """Return where it is no YAML, and why, as wye says it of wye.yaml."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": not valid YAML: {' '.join(str(error).split())}"
    mark = error.problem_mark
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return f":{mark.line + 1}:{mark.column + 1}: not valid YAML: {what}"


def run(
    cases: Iterable[Case],
    statements: tuple[Statement, ...],
    roles: Mapping[str, RoleSettings],
    default: Labels = frozenset(),
) -> Iterator[Outcome]:
    """Hold each case against `statements`; `default` = the labels of a request that brings none.

    Raises `PolicyTextError` for facts that there are not.
    """
    known: Labels = frozenset[str]().union(*map(labels_in, statements))
    for case in cases:
        yield Outcome(case, _wrong(case, _answer(case, statements, roles, default), known))


def _answer(
    case: Case, statements: tuple[Statement, ...], roles: Mapping[str, RoleSettings], default: Labels
) -> Refusal | None:
    _fits(case)
    try:
        facts = msgspec.convert({"processor": "acme", "model": "m", **case.deployment}, type=Facts)
    except msgspec.ValidationError as error:
        message = f"case '{case.name}': deployment: {error}"
        raise PolicyTextError(message) from None
    day = case.day or datetime.now(UTC).date()
    noon = datetime.combine(day, time(12), UTC).timestamp()
    engine = Engine(statements, {_ONE: facts}, roles, clock=lambda: noon)
    asking = Asking(case.key, case.team, case.purpose, case.size)
    return engine.ask(engine.key(case.labels or default, case.action, asking))[_ONE]


def _fits(case: Case) -> None:
    """Raise `PolicyTextError` for what can never be: a case with it shows nothing."""
    if case.by and case.expect == "permit":
        message = f"case '{case.name}': `by` says who forbids it, and it is expected to be permitted"
        raise PolicyTextError(message)
    fields, lanes = Facts.__struct_fields__, [lane.value for lane in Lane]
    for name, value in case.deployment.items():
        if name not in fields:
            message = f"case '{case.name}': a deployment has no `{name}`. {suggestion(name, fields)}"
            raise PolicyTextError(message)
        if name == "lane" and value not in lanes:
            message = f"case '{case.name}': there is no lane '{value}'. {suggestion(str(value), lanes)}"
            raise PolicyTextError(message)


def _wrong(case: Case, refusal: Refusal | None, known: Labels) -> str:
    said = "permit" if refusal is None else "forbid"
    if said != case.expect:
        unknown = ", ".join(f"'{label}'" for label in sorted(case.labels - known))
        why = f" ({refusal.reason.replace(UNKNOWN, unknown)})" if refusal else ""
        return f"expected {case.expect}, got {said}{why}"
    if case.by and refusal is not None and case.by not in refusal.statements:
        return f"expected {case.by} to forbid it, {', '.join(refusal.statements) or 'nothing'} did"
    return ""
