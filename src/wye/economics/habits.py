"""How a ledger's requests come and how long they are, beyond sums: what queues go by."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
import numpy as np

from wye.core.record import Record
from wye.economics.engines import ANSWER_SCV
from wye.economics.measuring import LABEL
from wye.economics.queueing import LogNormal, bunching, of_quantiles

LATEST = 20_000
"""Records that are looked at: they tell as much as all."""
_ENOUGH = 30
_WINDOWS = 4
"""Mean times of service in a window that bunches are looked for in."""
_SCV = (0.1, 4.0)
"""What is believed of answers' lengths."""


class Habits(msgspec.Struct, frozen=True):
    """What the latest requests show."""

    at: tuple[float, ...] = ()
    """When they came, Unix seconds, ascending."""
    answer_scv: float = ANSWER_SCV
    """Of the tokens of answers: variance over squared mean."""
    first_tokens: dict[str, tuple[float, float]] = {}
    """Deployment → its median and 95th percentile, seconds, where enough streams told."""

    def burst(self, service: float) -> float:
        """Return how many requests come together, to machines that need `service` seconds for one."""
        return bunching(np.array(self.at), _WINDOWS * service)

    def first_token(self, deployment: str) -> LogNormal | None:
        """Return the time to the first token at a deployment; None = too few streams told it."""
        seen = self.first_tokens.get(deployment)
        return None if seen is None else of_quantiles(*seen)


def habits(records: Iterable[Record]) -> Habits:
    """Look at records. Second opinions, shadows and `wye measure` are no traffic of their own."""
    at, answers = [], []
    firsts: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        if record.shadow_of or LABEL in record.labels:
            continue
        at.append(record.at)
        if record.usage is not None and record.usage.output_tokens:
            answers.append(record.usage.output_tokens)
        if record.ttft_ms and record.deployment:
            firsts[record.deployment].append(record.ttft_ms / 1_000)
    scv = ANSWER_SCV
    if len(answers) >= _ENOUGH:
        scv = float(np.clip(np.var(answers) / np.mean(answers) ** 2, *_SCV))
    told = {
        name: (float(np.quantile(times, 0.5)), float(np.quantile(times, 0.95)))
        for name, times in firsts.items()
        if len(times) >= _ENOUGH
    }
    return Habits(tuple(sorted(at)), scv, told)
