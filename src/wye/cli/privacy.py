"""`wye bench privacy`: how well the detectors find what identifies people, on labelled texts."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.options import json_option
from wye.cli.terminal import columns
from wye.evaluation.privacy import Report, measure, read
from wye.policy.detectors import Detector, entities

_EXAMPLES = """
\b
Examples:
  wye bench privacy texts.jsonl.gz
  wye bench privacy texts.jsonl.gz --cascade full --json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--cascade",
    type=click.Choice(["rules", "full"]),
    default="rules",
    show_default=True,
    help="full adds named entities by the model of the extra `entities`, where it is installed.",
)
@json_option
def privacy(*, file: Path, cascade: str, as_json: bool) -> None:
    """Measure the detectors on labelled texts: recall, precision, hard negatives touched, time a KB.

    FILE holds one text a line, {id, text, spans: [{label, value, start, end}]}; no spans = a hard negative.
    Nothing is sent anywhere.
    """
    second = entities.model() if cascade == "full" else None
    report = measure(
        read(file), Detector(entities=second), cascade=cascade, entities=entities.NAME if second else None
    )
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
        return
    for line in table(report):
        click.echo(line)


def table(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    yield (
        f"{report.rows:,} texts, {report.spans:,} spans, {report.negatives:,} hard negatives, "
        f"cascade {report.cascade}"
    )
    if report.cascade == "full" and report.entities is None:
        yield "the extra `entities` is not installed: these are the figures of the rules"
    elif report.entities is not None:
        yield f"named entities by {report.entities}"
    yield ""
    yield f"recall: any overlap {_share(report.recall_any)}, full span {_share(report.recall_full)}"
    yield f"precision: {_share(report.precision)}; of what raises a label {_share(report.precision_direct)}"
    yield (
        f"labels raised: {_share(report.positives_raised)} of the texts with spans, "
        f"{_share(report.negatives_touched)} of the hard negatives"
    )
    if report.ms_per_kb_p50 is not None and report.ms_per_kb_p99 is not None:
        yield f"CPU a KB: p50 {report.ms_per_kb_p50:.2f} ms, p99 {report.ms_per_kb_p99:.2f} ms"
    yield ""
    yield from columns(
        [
            ("label", "spans", "any overlap", "full span"),
            *(
                (
                    name,
                    f"{one.spans:,}",
                    _share(one.any_overlap / one.spans),
                    _share(one.full_span / one.spans),
                )
                for name, one in report.labels.items()
            ),
        ]
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"
