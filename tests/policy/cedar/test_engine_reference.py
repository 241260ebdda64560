"""The engine against a second evaluator: generated policies, places and questions, no disagreement."""

import random
from datetime import date

import pytest

from policy.reference import ROLES, UNTIL, World, question, world
from wye.config.governance import RoleSettings
from wye.policy.cedar.asking import Action, Asking
from wye.policy.cedar.engine import Engine
from wye.policy.cedar.facts import Facts
from wye.policy.cedar.statements import split

QUESTIONS = 25
"""Of a world, each asked about all of its eight places."""


def disagreements(seed: int, worlds: int) -> tuple[int, list[str]]:
    """Return how many cases were compared, and what differed; answers go through the engine's key."""
    chance = random.Random(seed)  # noqa: S311  # it has to come again
    cases, wrong = 0, []
    roles = {
        name: RoleSettings(teams=tuple(teams), keys=tuple(keys)) for name, (teams, keys) in ROLES.items()
    }
    for number in range(worlds):
        made = world(chance)
        now = [0.0]
        engine = _engine(made, roles, now, UNTIL if number % 4 else None)
        kept: dict[object, dict[str, bool]] = {}
        for _ in range(QUESTIONS):
            asked = question(chance)
            now[0] = asked.at.timestamp()
            asking = Asking(asked.key, asked.team, asked.purpose, asked.size)
            key = engine.key(asked.labels, Action(asked.action), asking)
            if key not in kept:
                kept[key] = {name: refusal is None for name, refusal in engine.ask(key).items()}
            for name, permitted in kept[key].items():
                cases += 1
                if permitted != made.permits(asked, name):
                    wrong.append(f"seed {seed}, world {number}: {asked} of {made.places[name]}")
    return cases, wrong


def _engine(
    made: World, roles: dict[str, RoleSettings], now: list[float], dates: tuple[date, ...] | None
) -> Engine:
    known = {
        name: Facts(
            place.lane,
            place.processor,
            "m",
            region=place.region,
            baa_until=place.baa,
            zero_retention_until=place.zero,
            trains_on_data=place.trains,
        )
        for name, place in made.places.items()
    }
    text = "\n".join(rule.cedar() for rule in made.rules)
    return Engine(tuple(split(text, "generated")), known, roles, clock=lambda: now[0], dates=dates)


def test_a_few_thousand_cases() -> None:
    cases, wrong = disagreements(5, 15)
    assert cases == 15 * QUESTIONS * 8
    assert wrong == []


def test_the_second_evaluator_permits_some_and_refuses_some() -> None:
    chance = random.Random(2)  # noqa: S311  # it has to come again
    answers = {made.permits(question(chance), "d0") for made in (world(chance) for _ in range(50))}
    assert answers == {True, False}


@pytest.mark.deep
def test_a_million_cases(capsys: pytest.CaptureFixture[str]) -> None:
    cases, wrong = disagreements(random.SystemRandom().getrandbits(32), 5_000)
    with capsys.disabled():
        print(f"\n{cases:,} cases, {len(wrong)} disagreements")  # noqa: T201  # the figure is what the run is for
    assert cases == 1_000_000
    assert wrong == []
