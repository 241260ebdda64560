"""From what was measured of an engine to a machine with slots and a pace.

A measured point is a closed loop: so many requests under way, each with its time to the first token and its
pace. That number is the machine's slots, and the pace holds for requests of other lengths; the time to the
first token is scaled with the prompt. Without a measured point a rate of tokens is taken apart the same way.
"""

from collections.abc import Iterable

from wye.catalog.throughput import Throughput, measured, plain
from wye.config.problems import suggestion
from wye.economics.demand import Demand
from wye.economics.fleet import TAIL, Engine
from wye.economics.queueing import LogNormal, of_quantiles

PROMPT_TOKENS_A_SECOND = 5_000.0
"""Of one request's prefill, where nobody measured: an estimate."""
PREFILL_SCV = 0.6
_AS_NEAR = 1.1
"""Times as far is as near: a shape is a guess, too."""
ANSWER_SCV = 1.0
"""Of answers' lengths: variance over squared mean, as of log-normal ones, where the ledger does not tell."""


def lengths(demand: Demand) -> tuple[float, float]:
    """Return the tokens of a mean prompt and of a mean answer. Raises `ValueError` without requests."""
    if demand.requests <= 0 or demand.tokens <= 0:
        message = "no traffic to size machines for"
        raise ValueError(message)
    return demand.input_tokens / demand.requests, demand.output_tokens / demand.requests


def of_rate(
    demand: Demand,
    tokens_a_second: float,
    itl_ms: float,
    *,
    ttft_ms: float | None = None,
    source: str = "given",
) -> Engine:
    """Return a machine that makes `tokens_a_second`, input and output together, at `itl_ms` a token."""
    told, spoken = lengths(demand)
    prefill = told / PROMPT_TOKENS_A_SECOND if ttft_ms is None else ttft_ms / 1_000
    answer = max(spoken - 1, 0.0) * itl_ms / 1_000
    slots = int(tokens_a_second / (told + spoken) * (prefill + answer))
    if slots < 1:
        message = (
            f"{tokens_a_second:g} tokens a second are less than one request at {itl_ms:g} ms a token needs: "
            "allow more between tokens"
        )
        raise ValueError(message)
    return Engine(
        slots, LogNormal(prefill, PREFILL_SCV), LogNormal(answer, ANSWER_SCV), itl_ms, source, ttft_ms is None
    )


def of_row(demand: Demand, row: Throughput, gpus: int) -> Engine | None:
    """Return a machine of `gpus` at a measured point; None = it says too little, or needs more GPUs."""
    copies = gpus // row.gpus
    if not copies or row.itl_ms is None:
        return None
    told, spoken = lengths(demand)
    source = f"{row.output_rate.source}, {row.output_rate.as_of}"
    if row.concurrency is None:
        whole = float(row.output_rate.value) * row.gpus * copies
        total = whole * (told + spoken) / spoken
        return of_rate(demand, total, row.itl_ms, ttft_ms=row.ttft_ms, source=source)
    longer = told / row.input_tokens if row.input_tokens else 1.0
    answer = max(spoken - 1, 0.0) * row.itl_ms / 1_000
    estimate = row.output_rate.estimate or row.ttft_ms is None
    return Engine(
        row.concurrency * copies,
        _prefill(row, told, longer),
        LogNormal(answer, ANSWER_SCV),
        row.itl_ms,
        source,
        estimate,
    )


def _prefill(row: Throughput, told: float, longer: float) -> LogNormal:
    """Return the time to the first token: as it was measured, or by its mean, or by the prompt alone."""
    if row.ttft_p50_ms and row.ttft_p95_ms:
        seen = of_quantiles(row.ttft_p50_ms / 1_000, row.ttft_p95_ms / 1_000)
        return LogNormal(seen.mean * longer, seen.scv)
    ttft = row.ttft_ms / 1_000 * longer if row.ttft_ms is not None else told / PROMPT_TOKENS_A_SECOND
    return LogNormal(ttft, PREFILL_SCV)


def engine_for(  # noqa: PLR0913  # what a choice depends on
    demand: Demand,
    model: str,
    gpu: str,
    gpus: int,
    *,
    ttft: float,
    itl_ms: float,
    local: Iterable[Throughput] = (),
) -> Engine:
    """Return the quickest machine that keeps the service level, by what was measured here, else elsewhere.

    Rows of the shape nearest to the demand's count. Raises `ValueError` that says what there is instead.
    """
    mine = tuple(local)
    # Without a GPU's name only what was measured here can be meant.
    rows = [row for row in measured(model, gpu or None, local=mine) if gpu or row in mine]
    if not rows:
        raise ValueError(_unknown(model, gpu, mine))
    here = [row for row in rows if row in mine]
    usable = [
        (row, engine)
        for row in here or rows
        if row.itl_ms is not None and row.itl_ms <= itl_ms
        for engine in (of_row(demand, row, gpus),)
        if engine is not None
    ]
    place = f"{gpus} {gpu}" if gpu else "this machine"
    if not usable:
        message = f"no measured point of {model} on {place} keeps {itl_ms:g} ms between tokens"
        raise ValueError(message)
    fitting = [pair for pair in usable if pair[1].prefill.quantile(TAIL) <= ttft]
    if not fitting:
        least = min(engine.prefill.quantile(TAIL) for _, engine in usable)
        begins = f"begins {TAIL:.0%} of answers within {least:.4g} s at best, not {ttft:g} s"
        message = f"{model} on {place} {begins}"
        raise ValueError(message)
    told, spoken = lengths(demand)
    near = min(_distance(row, told, spoken) for row, _ in fitting)
    alike = [engine for row, engine in fitting if _distance(row, told, spoken) <= near * _AS_NEAR]
    return max(alike, key=lambda engine: (not engine.estimate, engine.capacity))


def _unknown(model: str, gpu: str, mine: tuple[Throughput, ...]) -> str:
    """Say that nobody measured a model on a GPU, and what near it somebody did."""
    elsewhere = {row.gpu for row in measured(model, local=mine)} - {""}
    if not elsewhere:
        near = suggestion(plain(model), {plain(row.model) for row in measured(local=mine)})
    else:
        near = f"It was on {', '.join(sorted(elsewhere))}{'' if gpu else ': say which, by `gpu` or --gpu'}"
    return (
        f"nobody measured {model} on {gpu or 'this machine'}: give --throughput, or run `wye measure`. {near}"
    )


def _distance(row: Throughput, told: float, spoken: float) -> float:
    if row.input_tokens is None or row.output_tokens is None:
        return 100.0
    return _ratio(row.input_tokens, told) * _ratio(row.output_tokens, spoken)


def _ratio(left: float, right: float) -> float:
    low, high = sorted((max(left, 1.0), max(right, 1.0)))
    return high / low
