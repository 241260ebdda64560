"""Prometheus metrics. A request adds to plain numbers; text is made of them when someone asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import accumulate

from wye.core.record import Record

OTHER = "other"
"""Where deployments count that are in no configuration: callers can name any model of an open provider."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_TTFT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

Reading = tuple[str, str, dict[str, str], float]
"""Name, help, labels, value of a figure that is read when someone asks. `_total` = it only grows."""


class _Histogram:
    """Counts by upper bound, in seconds."""

    __slots__ = ("bounds", "counts", "sum", "template")

    def __init__(self, name: str, label: str, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        label = label.replace("%", "%%")
        buckets = "".join(f'{name}_bucket{{{label},le="{bound}"}} %d\n' for bound in (*bounds, "+Inf"))
        self.template = f"{buckets}{name}_count{{{label}}} %d\n{name}_sum{{{label}}} %r\n"

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds

    def text(self) -> str:
        below = list(accumulate(self.counts))
        return self.template % (*below, below[-1], self.sum)


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
        self.ended: dict[tuple[str, int], int] = {}
        self.attempts: dict[tuple[str, int], int] = {}
        self.seconds = _Histogram("wye_request_seconds", self.label, _SECONDS)
        self.ttft = _Histogram("wye_ttft_seconds", self.label, _TTFT_SECONDS)
        self.tokens_in = self.tokens_out = self.unknown_costs = 0
        self.cost: dict[str, Decimal] = {}

    def add(self, record: Record) -> None:
        ended = (record.outcome._value_, record.status)  # an enum's `value` is Python code
        self.ended[ended] = self.ended.get(ended, 0) + 1
        self.seconds.add(record.duration_ms / 1000)
        if record.ttft_ms is not None:
            self.ttft.add(record.ttft_ms / 1000)
        if record.usage is not None:
            self.tokens_in += record.usage.input_tokens
            self.tokens_out += record.usage.output_tokens
        cost = record.cost
        if cost is not None:
            if cost.amount is None:
                self.unknown_costs += 1
            else:
                self.cost[cost.currency] = self.cost.get(cost.currency, Decimal(0)) + cost.amount


class Metrics:
    """What `/metrics` shows. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._known: frozenset[str] | None = None
        self._served: dict[str, _Served] = {}
        self._turned_away: Counter[int] = Counter()
        self._read: Callable[[], Iterable[Reading]] = lambda: ()

    def known(self, ids: Iterable[str]) -> None:
        """Give these deployments figures of their own; any other counts under `other` from now on.

        Who had some keeps them. Until this is called, every deployment is known.
        """
        self._known = frozenset(ids) | {""}

    def readings(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Have `read` asked at every scrape."""
        self._read = read

    def observe(self, record: Record) -> None:
        """Count a finished request."""
        served = self._of(record.deployment)
        if record.lane is not None and not served.lane and served is not self._served.get(OTHER):
            served.lane = record.lane._value_
        served.add(record)
        for attempt in record.attempts:
            attempts = self._of(attempt.deployment).attempts
            key = (attempt.cause, attempt.status)
            attempts[key] = attempts.get(key, 0) + 1

    def turned_away(self, status: int) -> None:
        """Count a request that was refused before it was let in."""
        self._turned_away[status] += 1

    def render(self) -> bytes:
        """Return the text exposition format, version 0.0.4.

        It is written here and not by a client library because that would keep requests waiting: 42 ms
        for 200 deployments.
        """
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
