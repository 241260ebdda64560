"""Prometheus metrics. Records are kept until there are enough to be worth counting, or someone asks.

Counted by the hundred, most of the work is done in C: 1 µs a request instead of 4.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import chain
from operator import attrgetter

from wye.core.record import Record

OTHER = "other"
"""Where deployments count that are in no configuration: callers can name any model of an open provider."""

MOST_TEAMS = 100
"""With figures of their own; all others count as one."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_TTFT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ENOUGH = 100
"""Records: counted in about 0.1 ms, which a request then waits."""
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

Reading = tuple[str, str, dict[str, str], float]
"""Name, help, labels, value of a figure that is read when someone asks. `_total` = it only grows."""


_ENDED = attrgetter("outcome", "status")
_ATTEMPTS = attrgetter("attempts")
_ATTEMPTED = attrgetter("deployment", "cause", "status")
_DURATION = attrgetter("duration_ms")
_TTFT = attrgetter("ttft_ms")
_USAGE = attrgetter("usage")
_COST = attrgetter("cost")
_INPUT = attrgetter("input_tokens")
_OUTPUT = attrgetter("output_tokens")


class _Histogram:
    """Counts by upper bound, in seconds."""

    __slots__ = ("below", "bounds", "count", "sum", "template")

    def __init__(self, name: str, label: str, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.below = [0] * len(bounds)
        self.count = 0
        self.sum = 0.0
        label = label.replace("%", "%%")
        buckets = "".join(f'{name}_bucket{{{label},le="{bound}"}} %d\n' for bound in (*bounds, "+Inf"))
        self.template = f"{buckets}{name}_count{{{label}}} %d\n{name}_sum{{{label}}} %r\n"

    def add(self, milliseconds: list[float]) -> None:
        milliseconds.sort()
        for i, bound in enumerate(self.bounds):
            self.below[i] += bisect_right(milliseconds, bound * 1000)
        self.count += len(milliseconds)
        self.sum += sum(milliseconds) / 1000

    def text(self) -> str:
        return self.template % (*self.below, self.count, self.count, self.sum)


class _Served:
    """What one deployment has done. The empty name stands for requests that nobody served."""

    __slots__ = (
        "attempts",
        "cost",
        "ended",
        "label",
        "lane",
        "seconds",
        "tokens_in",
        "tokens_out",
        "ttft",
        "unknown_costs",
    )

    def __init__(self, name: str) -> None:
        self.label = f'deployment="{name.translate(_ESCAPES)}"'
        self.lane = ""
        self.ended: Counter[tuple[str, int]] = Counter()
        self.attempts: Counter[tuple[str, int]] = Counter()
        self.seconds = _Histogram("wye_request_seconds", self.label, _SECONDS)
        self.ttft = _Histogram("wye_ttft_seconds", self.label, _TTFT_SECONDS)
        self.tokens_in = self.tokens_out = self.unknown_costs = 0
        self.cost: defaultdict[str, Decimal] = defaultdict(Decimal)

    def add(self, records: list[Record]) -> None:
        self.ended.update(map(_ENDED, records))
        self.seconds.add(list(map(_DURATION, records)))
        self.ttft.add([ms for ms in map(_TTFT, records) if ms is not None])
        usages = [usage for usage in map(_USAGE, records) if usage is not None]
        self.tokens_in += sum(map(_INPUT, usages))
        self.tokens_out += sum(map(_OUTPUT, usages))
        for cost in map(_COST, records):
            if cost is None:
                continue
            if cost.amount is None:
                self.unknown_costs += 1
            else:
                self.cost[cost.currency] += cost.amount


class Metrics:
    """What `/metrics` shows. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._waiting: list[Record] = []
        self._known: frozenset[str] | None = None
        self._served: dict[str, _Served] = {}
        self._turned_away: Counter[int] = Counter()
        self._teams: set[str] = set()
        self._team_cost: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        """By team, lane and currency."""
        self._read: Callable[[], Iterable[Reading]] = lambda: ()

    def known(self, ids: Iterable[str]) -> None:
        """Give these deployments figures of their own; any other counts under `other` from now on.

        Who had some keeps them. Until this is called, every deployment is known.
        """
        self._count()
        self._known = frozenset(ids) | {""}

    def readings(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Have `read` asked at every scrape."""
        self._read = read

    def observe(self, record: Record) -> None:
        """Count a finished request, now or later."""
        self._waiting.append(record)
        if len(self._waiting) >= _ENOUGH:
            self._count()

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        by: defaultdict[str, list[Record]] = defaultdict(list)
        for record in waiting:
            by[record.deployment].append(record)
        for name, records in by.items():
            served = self._of(name)
            lane = records[0].lane
            if lane is not None and not served.lane and served is not self._served.get(OTHER):
                served.lane = lane._value_
            served.add(records)
        for record in waiting:
            if record.team and record.cost is not None and record.cost.amount is not None:
                lane = record.lane
                team = self._team(record.team), lane._value_ if lane is not None else "", record.cost.currency
                self._team_cost[team] += record.cost.amount
        attempted = Counter(map(_ATTEMPTED, chain.from_iterable(map(_ATTEMPTS, waiting))))
        for (name, cause, status), count in attempted.items():
            self._of(name).attempts[cause, status] += count

    def turned_away(self, status: int) -> None:
        """Count a request that was refused before it was let in."""
        self._turned_away[status] += 1

    def render(self) -> bytes:
        """Return the text exposition format, version 0.0.4.

        It is written here and not by a client library because that would keep requests waiting: 42 ms
        for 200 deployments.
        """
        self._count()
        return "".join(self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        yield from self._requests()
        yield _head("wye_request_seconds", "histogram", "Arrival to last byte")
        yield from (served.seconds.text() for served in self._served.values())
        yield _head("wye_ttft_seconds", "histogram", "Arrival to first byte of the answer")
        yield from (served.ttft.text() for served in self._served.values())
        yield from self._amounts()
        yield from self._readings()

    def _requests(self) -> Iterator[str]:
        yield _head("wye_requests_total", "counter", "Requests by how they ended")
        for served in self._served.values():
            label, lane = served.label, served.lane
            for (outcome, status), count in served.ended.items():
                yield (
                    f'wye_requests_total{{{label},lane="{lane}",outcome="{outcome}",status="{status}"}} '
                    f"{count}\n"
                )
        yield _head("wye_attempts_total", "counter", "Attempts by cause")
        for served in self._served.values():
            for (cause, status), count in served.attempts.items():
                yield f'wye_attempts_total{{{served.label},cause="{cause}",status="{status}"}} {count}\n'
        yield _head("wye_turned_away_total", "counter", "Requests refused before they were let in")
        for status, count in self._turned_away.items():
            yield f'wye_turned_away_total{{status="{status}"}} {count}\n'

    def _amounts(self) -> Iterator[str]:
        served_by = [served for name, served in self._served.items() if name]
        yield _head("wye_tokens_total", "counter", "Tokens as upstreams reported them")
        for served in served_by:
            yield f'wye_tokens_total{{{served.label},kind="input"}} {served.tokens_in}\n'
            yield f'wye_tokens_total{{{served.label},kind="output"}} {served.tokens_out}\n'
        yield _head("wye_cost_total", "counter", "Cost of priced requests")
        for served in served_by:
            for currency, amount in served.cost.items():
                code = currency.translate(_ESCAPES)
                yield f'wye_cost_total{{{served.label},currency="{code}"}} {float(amount)}\n'
        yield _head("wye_team_cost_total", "counter", "Cost of priced requests by team")
        for (team, lane, currency), amount in self._team_cost.items():
            name, code = team.translate(_ESCAPES), currency.translate(_ESCAPES)
            yield f'wye_team_cost_total{{team="{name}",lane="{lane}",currency="{code}"}} {float(amount)}\n'
        yield _head("wye_costs_unknown_total", "counter", "Served requests whose cost is unknown")
        for served in served_by:
            yield f"wye_costs_unknown_total{{{served.label}}} {served.unknown_costs}\n"

    def _readings(self) -> Iterator[str]:
        families: dict[str, list[str]] = {}
        for name, text, labels, value in self._read():
            lines = families.get(name)
            if lines is None:
                kind = "counter" if name.endswith("_total") else "gauge"
                lines = families[name] = [_head(name, kind, text)]
            pairs = ",".join(f'{key}="{label.translate(_ESCAPES)}"' for key, label in labels.items())
            lines.append(f"{name}{{{pairs}}} {float(value)}\n" if pairs else f"{name} {float(value)}\n")
        for lines in families.values():
            yield from lines

    def _team(self, team: str) -> str:
        """Return what a team counts as."""
        if team not in self._teams:
            if len(self._teams) >= MOST_TEAMS:
                return OTHER
            self._teams.add(team)
        return team

    def _of(self, deployment: str) -> _Served:
        served = self._served.get(deployment)
        if served is None:
            if self._known is not None and deployment not in self._known:
                deployment = OTHER
            served = self._served.get(deployment)
            if served is None:
                served = self._served[deployment] = _Served(deployment)
        return served


def _head(name: str, kind: str, text: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
