"""A second evaluator of policies, written another way and sharing nothing with the first.

It knows no Cedar: a rule is a few plain fields, which are both spelled as Cedar (for the engine) and
decided here.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

LABELS = ("phi", "personal", "internal", "a", "b")
LANES = ("own", "hosted", "closed")
ACTIONS = ("infer", "shadow", "judge", "cache", "store", "export")
PURPOSES = ("", "care", "support")
TEAMS = ("", "ward", "sales")
KEYS = ("", "k1", "k2")
ROLES = {"clinician": ({"ward"}, {"k2"}), "auditor": ({"sales"}, set())}
"""Role -> its teams and keys."""
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTIL = (DAY, DAY + timedelta(1), DAY + timedelta(300))
AROUND = (-86_400, -61, -60, -1, 0, 1, 59, 60, 61, 3_600)
"""Seconds from when something changes: the engine has the time to the minute."""


@dataclass(frozen=True)
class Place:
    """A deployment's facts."""

    lane: str
    processor: str
    region: str | None
    baa: date | None
    zero: date | None
    trains: bool | None


@dataclass(frozen=True)
class Question:
    labels: frozenset[str]
    action: str
    purpose: str
    size: int
    key: str
    team: str
    at: datetime


@dataclass(frozen=True)
class Rule:
    """Forbids or permits where every part that is set holds."""

    permits: bool
    any_of: frozenset[str] = frozenset()
    not_in_lane: str = ""
    actions: frozenset[str] = frozenset()
    processors: frozenset[str] = frozenset()
    unless_region: str = ""
    unless_agreed: str = ""
    """`baa` or `zero`: an agreement that is in force, until the day begins that is given."""
    last_minute: bool = False
    """It is in force in that day's first minute, too."""
    from_noon: bool = False
    """From a moment on that no agreement names."""
    unless_not_trained: bool = False
    purpose: str = ""
    larger_than: int = 0
    role: str = ""

    def cedar(self) -> str:  # noqa: C901  # a line a field
        """Spell it."""
        when = ["true"]
        if self.any_of:
            when.append(f"{_list(self.any_of)}.containsAny(context.labels)")
        if self.not_in_lane:
            when.append(f'resource.lane != "{self.not_in_lane}"')
        if self.processors:
            when.append(f"{_list(self.processors)}.contains(resource.processor)")
        if self.purpose:
            when.append(f'context has purpose && context.purpose == "{self.purpose}"')
        if self.larger_than:
            when.append(f"context.size > {self.larger_than}")
        unless = []
        if self.unless_region:
            unless.append(f'resource has region && resource.region == "{self.unless_region}"')
        if self.unless_agreed:
            name = {"baa": "baa_until", "zero": "zero_retention_until"}[self.unless_agreed]
            unless.append(
                f"resource has {name} && context.now {'<=' if self.last_minute else '<'} resource.{name}"
            )
        if self.from_noon:
            when.append(f'datetime("{NOON:%Y-%m-%dT%H:%M:%SZ}") <= context.now')
        if self.unless_not_trained:
            unless.append("resource has trains_on_data && !resource.trains_on_data")
        named = ", ".join(f'Action::"{action}"' for action in sorted(self.actions))
        action = f"action in [{named}]" if named else "action"
        who = f'principal in Role::"{self.role}"' if self.role else "principal"
        effect = "permit" if self.permits else "forbid"
        text = f"{effect} ({who}, {action}, resource)\nwhen {{ {' && '.join(when)} }}"
        for condition in unless:
            text += f"\nunless {{ {condition} }}"
        return text + ";"

    def holds(self, asked: Question, place: Place) -> bool:  # noqa: C901, PLR0911  # a table
        """Decide whether it says anything here."""
        if self.any_of and self.any_of.isdisjoint(asked.labels):
            return False
        if self.not_in_lane and place.lane == self.not_in_lane:
            return False
        if self.actions and asked.action not in self.actions:
            return False
        if self.processors and place.processor not in self.processors:
            return False
        if self.purpose and asked.purpose != self.purpose:
            return False
        if self.larger_than and asked.size <= self.larger_than:
            return False
        if self.role:
            teams, keys = ROLES[self.role]
            if asked.team not in teams and asked.key not in keys:
                return False
        if self.unless_region and place.region == self.unless_region:
            return False
        if self.from_noon and asked.at < NOON:
            return False
        until = place.baa if self.unless_agreed == "baa" else place.zero
        if self.unless_agreed and until is not None:
            ends = datetime.combine(until, time(0, 1 if self.last_minute else 0), UTC)
            if asked.at < ends:
                return False
        return not (self.unless_not_trained and place.trains is False)


def _list(values: frozenset[str]) -> str:
    spelled = ", ".join(f'"{value}"' for value in sorted(values))
    return f"[{spelled}]"


@dataclass(frozen=True)
class World:
    """A policy and what it is asked about."""

    rules: tuple[Rule, ...]
    places: dict[str, Place] = field(default_factory=dict)

    def permits(self, asked: Question, name: str) -> bool:
        """Decide: somebody permits it, and nobody forbids it."""
        said = {rule.permits for rule in self.rules if rule.holds(asked, self.places[name])}
        return said == {True}


def world(chance: random.Random) -> World:
    """Make one up."""
    rules = tuple(_rule(chance) for _ in range(chance.randint(1, 8)))
    return World(rules, {f"d{i}": _place(chance) for i in range(8)})


def question(chance: random.Random) -> Question:
    """Make one up."""
    return Question(
        frozenset(chance.sample((*LABELS, "unheard", "of"), chance.randint(0, 3))),
        chance.choice(ACTIONS),
        chance.choice(PURPOSES),
        chance.choice((0, 10, 11, 500)),
        chance.choice(KEYS),
        chance.choice(TEAMS),
        _moment(chance),
    )


def _moment(chance: random.Random) -> datetime:
    """Return a moment: mostly one at which something is about to change, or just has."""
    begins = [datetime.combine(day, time(0), UTC) for day in (*UNTIL, DAY + timedelta(400))]
    return chance.choice([*begins, NOON]) + timedelta(seconds=chance.choice(AROUND))


def _place(chance: random.Random) -> Place:
    return Place(
        chance.choice(LANES),
        chance.choice(("acme", "azure", "own")),
        chance.choice((None, "eu", "us")),
        chance.choice((None, *UNTIL)),
        chance.choice((None, *UNTIL)),
        chance.choice((None, True, False)),
    )


def _some(chance: random.Random, values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(chance.sample(values, chance.randint(1, 2))) if chance.random() < 0.5 else frozenset()


def _rule(chance: random.Random) -> Rule:
    return Rule(
        permits=chance.random() < 0.5,
        any_of=_some(chance, LABELS),
        not_in_lane=chance.choice(("", "", "own", "closed")),
        actions=_some(chance, ACTIONS),
        processors=_some(chance, ("acme", "azure")),
        unless_region=chance.choice(("", "", "eu")),
        unless_agreed=chance.choice(("", "", "", "baa", "zero")),
        last_minute=chance.random() < 0.2,
        from_noon=chance.random() < 0.1,
        unless_not_trained=chance.random() < 0.2,
        purpose=chance.choice(("", "", "", "care")),
        larger_than=chance.choice((0, 0, 0, 10)),
        role=chance.choice(("", "", "", "clinician", "auditor")),
    )
