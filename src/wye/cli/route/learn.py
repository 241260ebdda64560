"""`wye route learn`: make a candidate revision of labelled prompts."""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.bench import BenchError
from wye.cli.options import config_option, json_option, state_dir_option
from wye.cli.route.known import known_route
from wye.cli.terminal import aside, columns
from wye.config.load import find, load
from wye.evaluation.cold import enough, guess
from wye.evaluation.dataset import DatasetError, Row, read
from wye.evaluation.learn import Lesson, Taught, learn
from wye.evaluation.paces import paces
from wye.evaluation.shadowed import shadowed
from wye.evaluation.sides import looked_at
from wye.ledger.reader import Filter, Reader
from wye.routing.revision import Pace, Revision, write
from wye.routing.state import RouteState
from wye.routing.tasks import Tasks
from wye.routing.watch.journal import sights

_EXAMPLES = """
\b
Examples:
  wye route learn auto --strong gpt-5.5 --weak llama-3.3-70b --labels scored.jsonl.gz
  wye route learn auto --strong openai/gpt-5.5 --weak local/qwen --labels a.jsonl --from-ledger
"""


@click.command("learn", epilog=_EXAMPLES)
@click.argument("route")
@click.option("--strong", required=True, help="The model that sets the standard, as the labels call it.")
@click.option("--weak", required=True, help="The model that is to do what it can, as the labels call it.")
@click.option(
    "--labels",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Prompts with models' scores, as `wye bench routing` reads them. May be repeated.",
)
@click.option("--everything", is_flag=True, help="Learn from all rows, and leave none to certify with.")
@click.option(
    "--from-ledger",
    is_flag=True,
    help="Learn from the ledger, too: from shadows whose prompts are kept, and how models count and talk.",
)
@config_option
@state_dir_option
@json_option
def learn_(  # noqa: PLR0913  # one parameter an option
    *,
    route: str,
    strong: str,
    weak: str,
    files: tuple[Path, ...],
    everything: bool,
    from_ledger: bool,
    config: Path | None,
    state_dir: Path,
    as_json: bool,
) -> None:
    """Learn from labels what to expect of each model, as a candidate revision of ROUTE.

    Half of the rows teach, chosen by a hash of their prompt; the others are left for `wye route certify`.
    What serves is not changed: `wye route activate` does that. With fewer than a hundred labels, or none, the
    guess is what is hard for other models.
    """
    settings = load(find(config))
    known_route(settings, route)
    if strong == weak:
        message = f"--strong and --weak are both '{strong}': there is nothing to choose between"
        raise click.UsageError(message)
    state = RouteState(state_dir, route)
    known: dict[str, Pace] = {}
    rows: list[Row] = []
    if from_ledger:
        with Reader(settings.ledger, state_dir) as reader:
            known = paces(reader.requests(Filter(), None))
            rows += shadowed(sights(state.folder), reader.get, strong, weak)
        aside(_from_ledger(len(known), len(rows), strong, weak))
    tasks = Tasks({name: task.examples for name, task in settings.tasks.items()})
    lesson = Lesson(
        route=route,
        strong=strong,
        weak=weak,
        everything=everything,
        spent=looked_at(state.folder),
        paces=known,
    )
    try:
        for path in files:
            rows += _labels(path)
            aside(f"read {path}")
        now = time.time()
        aside(f"learning from {len(rows):,} rows: some seconds for each thousand" if rows else "no labels")
        taught = learn(rows, lesson, tasks, now) if enough(rows, lesson) else guess(rows, lesson, now)
    except DatasetError as error:
        raise BenchError(str(error)) from error
    revision = write(state.revisions, taught.facts, taught.weights, taught.trace)
    if as_json:
        told = {"revision": revision, "held_out": taught.held_out, "kept_back": taught.kept_back}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for line in _lines(revision, taught):
        click.echo(line)


def _from_ledger(paces: int, rows: int, strong: str, weak: str) -> str:
    told = f"the ledger: {rows:,} labels from shadows, lengths of {paces} models"
    if rows:
        return told
    return (
        f"{told}. Labels come of shadows (`shadow` of the route) of '{strong}' and '{weak}' with both "
        "scores, whose prompts are kept (`ledger: {store_content: true}`)"
    )


def _labels(path: Path) -> list[Row]:
    found = read(path)
    if not found:
        message = f"{path} holds no row: leave --labels out to go on without it"
        raise DatasetError(message)
    return found


def _lines(revision: Revision, taught: Taught) -> Iterator[str]:
    yield f"Revision {revision.id} of route {revision.route}: '{revision.strong}' (strong), '{revision.weak}'"
    yield f"learnt from {taught.rows:,} rows; {taught.kept_back:,} are left to certify with."
    yield ""
    lengths = {head.model for head in taught.weights.lengths}
    heads = [
        (model, f"{count:,} scores", "and lengths" if model in lengths else "")
        for model, count in revision.labels.items()
    ]
    yield from columns([("model", "learnt from", ""), *heads])
    yield ""
    kinds = [
        (task, *(f"{means[name]:.2f}" if name in means else "-" for name in (revision.strong, revision.weak)))
        for task, means in sorted(revision.tasks.items())
    ]
    if kinds:
        yield from columns([("task", "strong", "weak"), *kinds])
        yield ""
    yield from revision.notes
    held = taught.held_out
    if held is not None:
        yield (
            f"Held out: APGR {held.figures.apgr:.3f} (.5 = random), strong share for 99 % of its quality "
            f"{held.figures.share99:.1%}; calibration error {held.error_strong:.3f}, {held.error_weak:.3f}."
        )
    yield "Nothing serves differently yet. Next:"
    yield f"  wye route certify {revision.route} --labels ... --revision {revision.id}"
    yield f"  wye route activate {revision.route} {revision.id}"
