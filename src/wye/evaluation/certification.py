"""Earn a certificate for a route from labelled rows that its revision was not fitted on.

What is claimed: for the setting that is accepted, E[L] <= 0, which is a mean score of at least (1 - ε) times
the strong model's, with confidence 1 - δ_j (Learn then Test, arXiv 2110.01052, with the bets of `betting`).
Assumes that the rows are exchangeable with the traffic the certificate shall speak of; that they are one a
conversation or cluster of near-duplicates, which is seen to here; and that the thresholds were fixed without
them, which the marks of fitted rows and the register see to.

With a judge's scores the same is claimed of the judge's opinion, unless some rows, drawn at random, have
scores of people too. Then E[L_judge] <= -b is tested on all rows and E[L_gold - L_judge] <= b on those, at
δ_j/2 each, with b fixed beforehand: together they say E[L_gold] <= 0. (A false setting breaks one of the two,
so that its chance to pass is at most δ_j/2 even; δ_j is what is claimed.)
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from wye.evaluation.betting import peak_log_capital
from wye.evaluation.dataset import Result, Row
from wye.evaluation.sides import Grouped
from wye.routing.agreement import Compare, texts_differ
from wye.routing.finals import same
from wye.routing.meaning import alike
from wye.routing.opinion import Opinions
from wye.routing.revision import Learnt, Revision, Trace
from wye.routing.watch.loss import Choices, Scale, Scores

FEWEST = 50
"""Rows below which nothing is tried: an attempt costs confidence, and would fail."""
NEVER = -1.0
"""No gain is below it."""
_NOTHING = Result()
_WHOLE = 0.98
"""Of the characters that a model wrote, from which on an answer is all of it: the rest is white space."""
_WATCH_SDS = 1.645
"""Standard errors above the mean: 95 % of a normal distribution."""


class Terms(msgspec.Struct, frozen=True):
    """What is fixed before a score is read."""

    epsilon: float
    judge: str = ""
    """Whose scores (`judged`) are taken; empty = those of people or tests (`quality`)."""
    margin: float | None = None
    """b, where rows with both correct the judge; None = they do not."""
    gates: tuple[str, ...] = ()
    """Models that must say the same as the weak one; empty = no gate."""
    compare: Compare = "answer"
    """How their answers are compared, as the gateway does it."""
    meaning: float = 0.85
    """From which cosine on two free texts agree, under `meaning`."""


class Calibration(msgspec.Struct, frozen=True):
    """Rows to certify with: one a conversation, none that was fitted on or seen before, in their order."""

    rows: tuple[Row, ...]
    data: str
    """Hash of what is used of the rows: prompts, scores, and answers if a gate compares them."""
    left_out: int
    """Rows that were fitted on or seen before, that belong to such, or to one that counts."""
    trace: Trace
    """Of these rows, and of all that belong to them."""


class Step(msgspec.Struct, frozen=True):
    """What became of one setting."""

    setting: int
    beyond: float
    """Log of the capital at its peak, less what is needed: from 0 on it is accepted."""


class Earned(msgspec.Struct, frozen=True):
    """What came of it."""

    setting: int | None
    """The last one accepted; None = none is."""
    steps: tuple[Step, ...]
    """In the order they were walked; the last one failed, unless all were accepted."""
    gold: int
    """Rows that corrected a judge."""
    strong_share: float
    losses: tuple[float, ...]
    """Of the accepted setting, by the scores it was certified with."""
    seen: tuple[float, ...]
    """Losses of the same rows as a monitor sees them that compares final answers; none without answers."""
    watch: float
    """What it may see on the mean while nothing has changed; 0 without answers."""


class Sheet(msgspec.Struct, frozen=True):
    """Rows as arrays."""

    strong: Scores
    weak: Scores
    gold_strong: Scores
    """NaN = no such score, as of `gold_weak`."""
    gold_weak: Scores
    agree: Scores
    """1 = both gave the same final answer, 0 = not, NaN = there are none."""
    to_strong: Choices
    """rows x settings."""
    gain: Scores
    """Infinite where nothing is known."""
    agreed: Choices
    """All gates gave the weak model's final answer; False without gates."""


class Corrected(NamedTuple):
    """What people say of a judge."""

    margin: float
    """b."""
    off: Scores
    """L_gold - L_judge of the rows that both have scored (rows x settings)."""


def calibration(rows: Sequence[Row], revision: Revision, terms: Terms, spent: Iterable[Trace]) -> Calibration:
    """Choose among labelled rows. Their order is an HMAC of what is used of each, under a hash of it all.

    No seed and no id has a say in it. `spent`: of rows that were fitted on, or seen by an earlier attempt.
    """
    names, grouped = (revision.strong, revision.weak), Grouped(rows)
    groups, out = grouped.groups.tolist(), grouped.known(spent).tolist()
    able = [
        (_used(row, revision, terms), row, group)
        for row, group, gone in zip(rows, groups, out, strict=True)
        if not gone and all(_score(row, name, terms.judge) is not None for name in names)
    ]
    data = hashlib.sha256(b"\n".join(sorted(used for used, _, _ in able))).hexdigest()
    key = bytes.fromhex(data)
    able.sort(key=lambda one: (hmac.digest(key, one[0], "sha256"), msgspec.json.encode(one[1])))
    kept: dict[int, Row] = {}
    for _, row, group in able:
        kept.setdefault(group, row)
    trace = grouped.trace([place for place, group in enumerate(groups) if group in kept])
    return Calibration(tuple(kept.values()), data, len(rows) - len(kept), trace)


def _used(row: Row, revision: Revision, terms: Terms) -> bytes:
    """Return what of a row an attempt looks at."""
    names = (revision.strong, revision.weak)
    scores = [_score(row, name, terms.judge) for name in names]
    gold = [row.quality(name) for name in names] if terms.margin is not None else []
    compared = (revision.weak, *terms.gates) if terms.gates else ()
    answers = [row.results.get(name, _NOTHING).answer for name in compared]
    return msgspec.json.encode((row.prompt, scores, gold, answers))


def _score(row: Row, model: str, judge: str) -> float | None:
    result = row.results.get(model, _NOTHING)
    return result.judged if judge else result.quality


def sheet(rows: Sequence[Row], learnt: Learnt, terms: Terms) -> Sheet:
    """Return rows as arrays. Each setting chooses as the router would: whoever is unlike goes to strong."""
    revision, opinions = learnt.revision, Opinions(learnt)
    formed = [opinions.form(row.prompt) for row in rows]
    gain = np.array([math.inf if one.unlike or one.gain is None else one.gain for one in formed])
    alone, below = np.array(settings(revision, gated=bool(terms.gates))).T
    agreed = np.array([bool(terms.gates) and _agreed(row, revision.weak, terms) for row in rows])
    to_strong = (gain[:, None] >= alone[None, :]) & ((gain[:, None] >= below[None, :]) | ~agreed[:, None])
    strong, weak = revision.strong, revision.weak
    return Sheet(
        strong=_column([_score(row, strong, terms.judge) for row in rows]),
        weak=_column([_score(row, weak, terms.judge) for row in rows]),
        gold_strong=_column([row.quality(strong) for row in rows]),
        gold_weak=_column([row.quality(weak) for row in rows]),
        agree=_column([_agreement(row, strong, weak) for row in rows]),
        to_strong=to_strong,
        gain=gain,
        agreed=agreed,
    )


def settings(revision: Revision, *, gated: bool) -> list[tuple[float, float]]:
    """Return the settings, safest first: the gains below which the weak model serves alone, and at all.

    Between the two it serves what a gate agrees on. With a gate the first settings let it serve nothing
    alone, and ever more with the gate; the others let it serve ever more of that alone, which saves gates.
    """
    thresholds = revision.thresholds
    if not gated:
        return [(threshold, threshold) for threshold in thresholds]
    widening = [(NEVER, threshold) for threshold in thresholds]
    return [*widening, *((threshold, thresholds[-1]) for threshold in thresholds)]


def _column(scores: Sequence[float | None]) -> Scores:
    return np.array([math.nan if score is None else score for score in scores], dtype=np.float64)


def _agreed(row: Row, weak: str, terms: Terms) -> bool:
    said, *opinions = (row.results.get(name, _NOTHING).answer for name in (weak, *terms.gates))
    return said is not None and all(
        heard is not None and not texts_differ(said, heard, terms.compare, terms.meaning, alike)
        for heard in opinions
    )


def is_whole(row: Row, models: Sequence[str]) -> bool:
    """Tell whether a row holds all that these models wrote, not only their final answers."""
    results = [row.results.get(name, _NOTHING) for name in models]
    return all(
        one.answer is not None
        and one.output_chars is not None
        and len(one.answer) >= one.output_chars * _WHOLE
        for one in results
    )


def _agreement(row: Row, strong: str, weak: str) -> float | None:
    one, other = (row.results.get(name, _NOTHING).answer for name in (strong, weak))
    return None if one is None or other is None else float(same(one, other))


def earn(rows: Sheet, terms: Terms, delta: float) -> Earned:
    """Walk the settings, safest first, at level `delta`; stop at the first failure.

    Raises `ScoreError` for a score outside [0, 1].
    """
    scale = Scale(terms.epsilon)
    losses = _losses(scale, rows.strong, rows.weak, rows.to_strong)
    gold = np.zeros(len(rows.strong), dtype=np.bool_)
    corrected: Corrected | None = None
    if terms.margin is not None:
        gold = ~np.isnan(rows.gold_strong) & ~np.isnan(rows.gold_weak)
        true = _losses(scale, rows.gold_strong[gold], rows.gold_weak[gold], rows.to_strong[gold])
        corrected = Corrected(terms.margin, true - losses[gold])
    worst = beyond(terms.epsilon, losses, corrected, delta)
    steps, accepted = [], None
    for setting, excess in enumerate(worst.tolist()):
        steps.append(Step(setting, excess))
        if excess < 0:
            break
        accepted = setting
    if accepted is None:
        return Earned(None, tuple(steps), int(gold.sum()), 1.0, (), (), 0.0)
    to_strong = rows.to_strong[:, accepted]
    seen = _seen(scale, rows.agree, to_strong)
    return Earned(
        accepted,
        tuple(steps),
        int(gold.sum()),
        float(to_strong.mean()),
        tuple(losses[:, accepted].tolist()),
        tuple(seen.tolist()),
        _watch(scale, seen),
    )


def beyond(epsilon: float, losses: Scores, corrected: Corrected | None, delta: float) -> Scores:
    """Return, for each column of `losses` (rows x settings), the log of the capital less what is needed.

    From 0 on, E[L] <= 0 may be claimed of that column with confidence 1 - `delta`.
    """
    if corrected is None:
        scale = Scale(epsilon)
        return peak_log_capital(scale.scaled(losses), scale.null, delta) - math.log(1 / delta)
    margin, half = corrected.margin, delta / 2
    judged = Scale(epsilon, -margin)
    width = 2 - epsilon  # of losses: a difference of two is in ± this
    off, edge = (corrected.off + width) / (2 * width), (margin + width) / (2 * width)
    capital = np.minimum(
        peak_log_capital(judged.scaled(losses), judged.null, half), peak_log_capital(off, edge, half)
    )
    return np.asarray(capital - math.log(1 / half))


def _losses(scale: Scale, strong: Scores, weak: Scores, to_strong: Choices) -> Scores:
    return scale.losses(strong[:, None], np.where(to_strong, strong[:, None], weak[:, None]))


def _seen(scale: Scale, agree: Scores, to_strong: Choices) -> Scores:
    """Return losses where the strong model's answer stands for the right one: who differs from it loses."""
    if bool(np.isnan(agree).all()):
        return np.zeros(0)
    return np.where(to_strong, -scale.epsilon, scale.worst - np.nan_to_num(agree, nan=0.0))


def _watch(scale: Scale, seen: Scores) -> float:
    """Return an upper limit, at 95 %, of the mean of such losses. No part of the certificate's guarantee.

    A weak answer may differ and be right: what is lost so is no drop, as long as it does not become more.
    """
    if not len(seen):
        return 0.0
    error = float(seen.std()) / math.sqrt(len(seen))
    return min(max(float(seen.mean()) + _WATCH_SDS * error, 0.0), scale.worst / 2)
