"""Measure how well wye's own features and heads choose between two models, on labelled prompts.

Rules that keep it honest: a prediction sees the prompt; what gates saw only where gates are asked, and paid
for; the category only where that is asked for; never a tested row's score, an id, or the order of rows.
Near-duplicates, across all files, stay on one side. Every label that was used is counted.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from wye.evaluation import columns, pair, trial
from wye.evaluation.clusters import clusters
from wye.evaluation.curves import Figures, figures, oracle_figures, order, random_figures, resampled
from wye.evaluation.dataset import DatasetError, Row, models, with_both
from wye.evaluation.draws import Certified, Pool, Terms, certified, settings
from wye.evaluation.pair import Elsewhere, Sheet
from wye.evaluation.trial import Outcome, Split
from wye.evaluation.two_stage import Costs, gate_columns
from wye.routing.features import Extractor
from wye.routing.quality import Quality
from wye.routing.watch.loss import Scores

_RESAMPLED = 20
"""Bootstrap draws of whole clusters for each split."""
_INTERVAL = (0.05, 0.95)
_TIMED, _WARM = 2000, 50
_KB = 1024


class Plan(msgspec.Struct, frozen=True):
    """What to measure."""

    strong: str
    weak: str
    gates: tuple[str, ...] = ()
    labels: int | None = None
    """None = all of the training rows, or half of the file."""
    use_category: bool = False
    seeds: int = 20
    weak_cost: float = 0.1
    """Of a call, in units of a call to the strong model."""
    gate_cost: float = 0.05
    """The same, of each gate."""
    epsilon: float | None = None
    """With `delta`: also certify."""
    delta: float = 0.05


class Savings(msgspec.Struct, frozen=True):
    """Of cost, at one quality; gates are paid for. Negative = it costs more."""

    against_all_strong: float
    against_static_mix: float
    gated_share: float


class Report(msgspec.Struct, frozen=True):
    """What was measured. Intervals are 90 %, over splits and over clusters drawn anew."""

    strong: str
    weak: str
    gates: tuple[str, ...]
    rows: int
    """Of the file that both models were run on."""
    clusters: int
    labels: int
    """Rows whose scores of the two models were learnt from, for each split."""
    tested: int
    """Rows, at the mean over splits."""
    transfer_labels: int
    """Scores of any model in other files that were learnt from."""
    dropped: int
    """Training rows left out as near-duplicates of the file's."""
    used_category: bool
    seeds: int
    apgr: float
    apgr_interval: tuple[float, float]
    cpt50: float
    cpt50_interval: tuple[float, float]
    cpt80: float
    cpt80_interval: tuple[float, float]
    strong_share_99: float
    strong_share_95: float
    saved_99: Savings
    saved_95: Savings
    oracle: dict[str, float]
    random: dict[str, float]
    ece_strong: float | None
    ece_weak: float | None
    decision_ms_p50: float
    decision_ms_p99: float
    """CPU time of features and heads for 1 KB prompts of this file: what else runs here does not count."""
    certified: Certified | None = None


def measure(plan: Plan, rows: Sequence[Row], train: Sequence[Sequence[Row]] = ()) -> Report:
    """Measure a plan on the rows of a file; learn from the training files' rows, too.

    Where one of these holds scores of both models, labels come from there and all of the file is tested;
    where not, its models' scores are what is known before the first label. Raises `DatasetError`.
    """
    _check(plan, rows)
    tested = with_both(rows, plan.strong, plan.weak)
    sources = [list(rows_) for rows_ in train]
    pool, others = _pool_and_others(plan, sources)
    everyone = [*tested, *pool, *(row for source in others for row in source)]
    groups = clusters([row.prompt for row in everyone])
    taken = set(groups[: len(tested)].tolist())
    fresh = [number >= len(tested) and int(group) not in taken for number, group in enumerate(groups)]
    dropped = len(everyone) - len(tested) - sum(fresh)
    before, transfer_labels = _elsewhere(others, fresh[len(tested) + len(pool) :])
    categories = sorted({row.category for row in (*tested, *pool)}) if plan.use_category else []
    sheet = _sheet(plan, tested, groups[: len(tested)], before, categories)
    kept = [place for place in range(len(pool)) if fresh[len(tested) + place]]
    if pool and not kept:
        message = "every training row is a near-duplicate of one in the file: nothing is left to learn from"
        raise DatasetError(message)
    source = _sheet(
        plan,
        [pool[place] for place in kept],
        groups[len(tested) + np.array(kept, dtype=np.int64)],
        before,
        categories,
    )
    outcomes, splits = [], []
    for seed in range(plan.seeds):
        rng = np.random.default_rng(seed)
        parts = _split(plan, sheet, source, rng)
        splits.append(parts)
        outcomes.append(trial.run(parts, before, _costs(plan), rng))
    report = _report(plan, sheet, splits, outcomes)
    p50, p99 = decision_times([row.prompt for row in tested], splits[0])
    return msgspec.structs.replace(
        report,
        transfer_labels=transfer_labels,
        dropped=dropped,
        decision_ms_p50=p50,
        decision_ms_p99=p99,
        certified=_certified(plan, sheet, source),
    )


def _check(plan: Plan, rows: Sequence[Row]) -> None:
    known = models(rows)
    missing = [name for name in (plan.strong, plan.weak, *plan.gates) if name not in known]
    if missing:
        message = f"no scores of {', '.join(missing)} here; there are: {', '.join(known)}"
        raise DatasetError(message)
    count = len(with_both(rows, plan.strong, plan.weak))
    if count < 2 * pair.FEWEST:
        message = f"only {count} rows have scores of both models: {2 * pair.FEWEST} are the least"
        raise DatasetError(message)


def _costs(plan: Plan) -> Costs:
    return Costs(plan.weak_cost, plan.gate_cost * len(plan.gates))


def _pool_and_others(plan: Plan, sources: list[list[Row]]) -> tuple[list[Row], list[list[Row]]]:
    """Tell rows that both models were run on, to draw labels from, from files to learn beforehand from."""
    pool: list[Row] = []
    others: list[list[Row]] = []
    for source in sources:
        both = with_both(source, plan.strong, plan.weak)
        if both and plan.labels != 0:
            pool += both
        else:
            others.append(source)
    return pool, others


def _elsewhere(others: Sequence[Sequence[Row]], fresh: Sequence[bool]) -> tuple[Elsewhere, int]:
    sources, begin, labels = [], 0, 0
    for source in others:
        rows = [row for place, row in enumerate(source) if fresh[begin + place]]
        begin += len(source)
        if not rows:
            continue
        scores = [_scores(rows, model) for model in models(rows)]
        labels += sum(int((~np.isnan(column)).sum()) for column in scores)
        sources.append((columns.extract([row.prompt for row in rows], grams=False), scores))
    return pair.elsewhere(sources), labels


def _scores(rows: Sequence[Row], model: str) -> Scores:
    found = (row.quality(model) for row in rows)
    return np.array([np.nan if score is None else score for score in found], dtype=np.float64)


def _sheet(
    plan: Plan, rows: Sequence[Row], groups: trial.Places, before: Elsewhere, categories: Sequence[str]
) -> Sheet:
    prompts = columns.extract([row.prompt for row in rows])
    gate = gate_columns(rows, plan.weak, plan.gates) if plan.gates and rows else None
    width = gate.shape[1] if gate is not None else 0
    return Sheet(
        prompts=prompts,
        strong=_scores(rows, plan.strong),
        weak=_scores(rows, plan.weak),
        groups=groups,
        category=columns.one_hot([row.category for row in rows], categories),
        transfer=before.logits(prompts),
        gate=gate if gate is not None else np.zeros((len(rows), width), dtype=np.float32),
    )


def _split(plan: Plan, sheet: Sheet, source: Sheet, rng: np.random.Generator) -> Split:
    if len(source):
        labels = len(source) if plan.labels is None else plan.labels
        return Split(trial.sample(source, labels, rng), sheet)
    labels = len(sheet) // 2 if plan.labels is None else plan.labels
    if labels > len(sheet) - pair.FEWEST:
        message = f"{labels} labels leave fewer than {pair.FEWEST} of {len(sheet)} rows to test on"
        raise DatasetError(message)
    return trial.split(sheet, labels, rng)


def _report(plan: Plan, sheet: Sheet, splits: Sequence[Split], outcomes: Sequence[Outcome]) -> Report:
    mean = Figures(*np.mean([outcome.figures for outcome in outcomes], axis=0).tolist())
    rng = np.random.default_rng(plan.seeds)
    drawn = []
    for parts, outcome in zip(splits, outcomes, strict=True):
        for _ in range(_RESAMPLED):
            places = resampled(parts.tested.groups, rng)
            strong, weak = parts.tested.strong[places], parts.tested.weak[places]
            drawn.append(figures(strong, weak, order(outcome.predicted[places], rng)))
    low, high = (Figures(*edge.tolist()) for edge in np.nanquantile(drawn, _INTERVAL, axis=0))
    errors = [outcome.errors for outcome in outcomes if outcome.errors]
    ece = np.mean(errors, axis=0).tolist() if errors else (None, None)
    saved = [_savings([outcome.saved[place] for outcome in outcomes]) for place in (0, 1)]
    return Report(
        strong=plan.strong,
        weak=plan.weak,
        gates=plan.gates,
        rows=len(sheet),
        clusters=len(set(sheet.groups.tolist())),
        labels=len(splits[0].labelled),
        tested=round(float(np.mean([len(parts.tested) for parts in splits]))),
        transfer_labels=0,
        dropped=0,
        used_category=plan.use_category,
        seeds=plan.seeds,
        apgr=mean.apgr,
        apgr_interval=(low.apgr, high.apgr),
        cpt50=mean.cpt50,
        cpt50_interval=(low.cpt50, high.cpt50),
        cpt80=mean.cpt80,
        cpt80_interval=(low.cpt80, high.cpt80),
        strong_share_99=mean.share99,
        strong_share_95=mean.share95,
        saved_99=saved[0],
        saved_95=saved[1],
        oracle=oracle_figures(sheet.strong, sheet.weak, rng)._asdict(),
        random=random_figures(sheet.strong, sheet.weak)._asdict(),
        ece_strong=ece[0],
        ece_weak=ece[1],
        decision_ms_p50=0.0,
        decision_ms_p99=0.0,
    )


def _savings(saved: Sequence[trial.Saved]) -> Savings:
    cost, mix, gated = np.mean(saved, axis=0).tolist()
    return Savings(1 - cost, 1 - cost / mix, gated)


def _certified(plan: Plan, sheet: Sheet, source: Sheet) -> Certified | None:
    """Fit and freeze; then certify with labels drawn from rows that nothing was fitted on."""
    if plan.epsilon is None:
        return None
    rng = np.random.default_rng(0)
    parts = Split(source, sheet) if len(source) else trial.split(sheet, len(sheet) // 2, rng)
    gated = bool(plan.gates)
    manner = pair.suited(parts.labelled, gated=gated)
    fitted = pair.fit_pair(parts.labelled, gated=gated, manner=manner)
    pool = Pool(parts.tested.strong, parts.tested.weak, fitted.gain(parts.tested))
    labels = len(sheet) // 2 if plan.labels is None else plan.labels
    terms = Terms(plan.epsilon, plan.delta, labels)
    return certified(pool, settings(fitted.gain(parts.labelled)), terms, rng)


def decision_times(prompts: Sequence[str], parts: Split) -> tuple[float, float]:
    """Return p50 and p99 in ms of CPU time of one decision: features and heads, for prompts of 1 KB."""
    quality = _quality(parts)
    extractor = Extractor()
    texts = [_kilobyte(prompts, place) for place in range(min(len(prompts), _TIMED // 4))]
    spent = []
    for turn in range(_WARM + _TIMED):
        text = texts[turn % len(texts)]
        begin = time.thread_time()
        quality.estimate(extractor(text))
        spent.append(time.thread_time() - begin)
    p50, p99 = np.quantile(spent[_WARM:], (0.5, 0.99)) * 1000
    return float(p50), float(p99)


def _kilobyte(prompts: Sequence[str], place: int) -> str:
    text = ""
    while len(text) < _KB:
        text += prompts[place % len(prompts)] + "\n"
        place += 1
    return text[:_KB]


def _quality(parts: Split) -> Quality:
    learnt = parts.labelled if len(parts.labelled) else parts.tested
    plain = replace(
        learnt,
        category=np.zeros((len(learnt), 0), dtype=np.float32),
        transfer=np.zeros((len(learnt), 0), dtype=np.float32),
    )
    some = plain.at(np.arange(min(len(plain), 4 * pair.FEWEST)))
    fitted = pair.fit_pair(some, gated=False, manner=pair.RICH)  # what takes longest to decide with
    return Quality(fitted.known, fitted.heads("strong", "weak"))
