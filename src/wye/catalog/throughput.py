"""How many tokens a second an open model makes on a GPU: a measured table, and what was measured here.

`data/throughput.json` is written by `scripts/build_throughput.py`. A rate is tokens over time in a closed
loop: `concurrency` requests are always under way, each lasting its time to the first token and one
inter-token latency for each that follows. Estimates are marked; a measured row always comes before one.
"""

import datetime as dt
import functools
import importlib.resources
import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from wye.catalog.figure import Figure

RATE = "token/s/GPU"
_ROUND = Decimal("0.1")


class Throughput(msgspec.Struct, frozen=True, omit_defaults=True):
    """One point of a throughput-latency curve. None = not stated."""

    model: str
    precision: str
    """Of the weights: `bf16`, `fp8`, `fp4`, `int4`."""
    engine: str
    """With its version where known: `vllm 0.19.0`."""
    gpu: str
    """As in `Hardware.gpus`."""
    gpus: int
    """That hold the model together."""
    input_tokens: int | None
    """A request."""
    output_tokens: int | None
    concurrency: int | None
    """Requests under way, over all `gpus`."""
    output_rate: Figure
    """token/s/GPU."""
    total_rate: Figure | None = None
    """token/s/GPU, input and output together."""
    ttft_ms: float | None = None
    """Time to the first token, mean."""
    itl_ms: float | None = None
    """Between two tokens of one answer, mean."""
    ttft_p50_ms: float | None = None
    ttft_p95_ms: float | None = None
    joules: Figure | None = None
    """J a token of output, measured at the GPUs."""


class _Row(msgspec.Struct, frozen=True, array_like=True):
    model: int
    precision: str
    engine: str
    gpu: str
    gpus: int
    input_tokens: int
    output_tokens: int
    concurrency: int
    ttft_ms: float
    itl_ms: float
    as_of: dt.date


class Table(msgspec.Struct, frozen=True):
    """The file: measured latencies, of which rates follow, and single figures from elsewhere."""

    source: str
    licence: str
    models: tuple[str, ...]
    rows: tuple[_Row, ...]
    others: tuple[Throughput, ...]


def rates(  # noqa: PLR0913  # one parameter a column
    *, concurrency: int, gpus: int, input_tokens: int, output_tokens: int, ttft_ms: float, itl_ms: float
) -> tuple[Decimal, Decimal]:
    """Return token/s/GPU of output, and of input and output together, in a closed loop."""
    seconds = (ttft_ms + (output_tokens - 1) * itl_ms) / 1_000
    output = concurrency * output_tokens / seconds / gpus
    total = output * (input_tokens + output_tokens) / output_tokens
    return Decimal(str(output)).quantize(_ROUND), Decimal(str(total)).quantize(_ROUND)


def _figures(table: Table, row: _Row) -> Throughput:
    output, total = rates(
        concurrency=row.concurrency,
        gpus=row.gpus,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        ttft_ms=row.ttft_ms,
        itl_ms=row.itl_ms,
    )
    return Throughput(
        model=table.models[row.model],
        precision=row.precision,
        engine=row.engine,
        gpu=row.gpu,
        gpus=row.gpus,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        concurrency=row.concurrency,
        output_rate=Figure(output, RATE, table.source, row.as_of, table.licence),
        total_rate=Figure(total, RATE, table.source, row.as_of, table.licence),
        ttft_ms=row.ttft_ms,
        itl_ms=row.itl_ms,
    )


@functools.cache
def load() -> Table:
    """Return the table that comes with wye."""
    data = importlib.resources.files("wye.catalog").joinpath("data/throughput.json").read_bytes()
    return msgspec.json.decode(data, type=Table)


@functools.cache
def shipped() -> tuple[Throughput, ...]:
    """Return every row that comes with wye."""
    table = load()
    return (*(_figures(table, row) for row in table.rows), *table.others)


_TAIL = re.compile(
    r"-(it|instruct|chat|turbo|fp8|fp4|nvfp4|mxfp4|int4|awq|gptq|bf16|fp16|gguf|q\d\w*|20\d{6}|\d{4})$"
)


def plain(model: str) -> str:
    """Return a model's name without owner, and without what does not change its speed: `qwen3-32b`."""
    name = re.sub(r"[\s_:]+", "-", model.strip().lower().rsplit("/", 1)[-1])
    name = re.sub(r"^meta-", "", name)
    while (shorter := _TAIL.sub("", name)) != name:
        name = shorter
    return name


def measured(
    model: str | None = None,
    gpu: str | None = None,
    *,
    precision: str | None = None,
    local: Iterable[Throughput] = (),
) -> tuple[Throughput, ...]:
    """Return the rows of `model` and `gpu` (None = any), the `local` ones, measured here, first.

    A model is found however its owner, tuning and quantisation are spelt. Estimates are among them, last.
    """
    wanted = None if model is None else plain(model)
    found = [
        row
        for row in (*local, *shipped())
        if (wanted is None or plain(row.model) == wanted)
        and (gpu is None or row.gpu.lower() == gpu.lower())
        and (precision is None or row.precision == precision)
    ]
    return tuple(sorted(found, key=lambda row: row.output_rate.estimate))


def best(  # noqa: PLR0913  # one parameter a column that may be asked for
    model: str,
    gpu: str,
    *,
    itl_ms: float = 50,
    ttft_ms: float = 5_000,
    gpus: int | None = None,
    precision: str | None = None,
    input_tokens: float | None = None,
    output_tokens: float | None = None,
    local: Iterable[Throughput] = (),
) -> Throughput | None:
    """Return the row with the most output that keeps `itl_ms` and `ttft_ms`, where told; None = none known.

    `gpus`: of one machine; a model that takes more of them has no rate there.
    What was measured here (`local`) comes before what others measured, and that before an estimate. With
    `input_tokens` and `output_tokens`, rows of the nearest shape count; of others the shape may differ much.
    """
    mine = tuple(local)
    fitting = [
        row
        for row in measured(model, gpu, precision=precision, local=mine)
        if (row.itl_ms is None or row.itl_ms <= itl_ms)
        and (row.ttft_ms is None or row.ttft_ms <= ttft_ms)
        and (gpus is None or row.gpus <= gpus)
    ]
    for group in (
        [row for row in fitting if row in mine],
        [row for row in fitting if not row.output_rate.estimate],
        fitting,
    ):
        if group:
            near = _nearest(group, input_tokens, output_tokens)
            return max(near, key=lambda row: row.output_rate.value)
    return None


def _nearest(
    rows: list[Throughput], input_tokens: float | None, output_tokens: float | None
) -> list[Throughput]:
    """Keep the rows whose shape is nearest, by the ratio of lengths."""
    if input_tokens is None or output_tokens is None:
        return rows

    def distance(row: Throughput) -> float:
        if row.input_tokens is None or row.output_tokens is None:
            return 100.0
        return _ratio(row.input_tokens, input_tokens) * _ratio(row.output_tokens, output_tokens)

    least = min(map(distance, rows))
    return [row for row in rows if distance(row) == least]


def _ratio(left: float, right: float) -> float:
    low, high = sorted((max(left, 1.0), max(right, 1.0)))
    return high / low
