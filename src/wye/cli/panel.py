"""What `wye serve` says when it is up: what answers, where data may go, what is missing. Pure."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import urlsplit

import click

import wye
from wye.catalog.deployments import Deployment
from wye.cli.terminal import plain
from wye.config.addresses import is_loopback
from wye.core.lane import Lane
from wye.core.request import Operation

WIDTH = 100
SHOWN = 3
"""Models of one source that are named; the others are counted."""
_HEAD = 10
_UNKNOWN = (
    "unused: it is not proven where its data goes. If you know, give it a `lane` under `providers` "
    "or `deployments` in wye.yaml."
)
_ORDER = (Lane.OWN, Lane.HOSTED, Lane.CLOSED)


@dataclass(frozen=True, slots=True)
class Start:
    """What there is to say. `url` is where clients connect, without `/v1`."""

    url: str
    deployments: Sequence[Deployment]
    default_label: str
    unlabelled: Iterable[Lane]
    """Lanes that data without a label may go to."""
    ledger: str
    keys: bool
    """Whether callers need one."""
    missing: Sequence[str] = ()
    """Sentences: what to do for what."""
    notes: Sequence[str] = ()
    """What was seen and is not used, and why."""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Aliases and routes, with what they choose from; empty = everything."""


def panel(start: Start) -> str:
    """Return the panel: at most `WIDTH` columns but for the curl lines, styled for click.echo."""
    blocks = [_title(start), _deployments(start.deployments), _rules(start), _example(start)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _title(start: Start) -> list[str]:
    access = "keys required" if start.keys else "no keys: this machine only"
    return [click.style(f"wye {wye.__version__}", bold=True) + f"  {start.url}/v1  ({access})"]


def _deployments(deployments: Sequence[Deployment]) -> list[str]:
    lines = []
    for lane in _ORDER:
        here = [d for d in deployments if d.lane is lane]
        lines += _section(lane.value, _sources(here) or ["-"])
    unknown = [d for d in deployments if d.lane is None]
    if unknown:
        lines += _section("unknown", [*_sources(unknown), _UNKNOWN])
    return lines


def _sources(deployments: Iterable[Deployment]) -> list[str]:
    """One paragraph for each way deployments were found."""
    ordered = sorted(deployments, key=lambda d: d.found_by)
    paragraphs = []
    for found_by, several in groupby(ordered, key=lambda d: d.found_by):
        group = list(several)
        named = [_named(d) for d in group[:SHOWN]]
        more = len(group) - len(named)
        listed = ", ".join(named) + (f" and {more} more" if more else "")
        paragraphs.append(f"{listed}  ({plain(found_by)})")
    return paragraphs


def _named(deployment: Deployment) -> str:
    chat = Operation.CHAT in deployment.operations
    return plain(deployment.id) + ("" if chat else " [" + ", ".join(sorted(deployment.operations)) + "]")


def _rules(start: Start) -> list[str]:
    allowed = set(start.unlabelled)
    lanes = ", ".join(lane.value for lane in _ORDER if lane in allowed) or "nowhere"
    lines = _section("data", [f"without a label it counts as `{start.default_label}` and may go to: {lanes}"])
    if start.names:
        lines += _section("names", [_choice(name, chosen) for name, chosen in start.names.items()])
    lines += _section("ledger", [start.ledger])
    for head, sentences in (("missing", start.missing), ("unused", [*_distinct(start.notes)])):
        lines += _section(head, [plain(sentence) for sentence in sentences])
    return lines


def _distinct(notes: Sequence[str]) -> Iterator[str]:
    """Yield all but those on an entry that a warning of the settings is about: it has line and fix."""
    warnings = [note for note in notes if note.endswith(": this is left out")]
    for note in notes:
        entry = note.partition(" ")[0].rstrip(":")
        if not any(f" warning: {entry}." in warning for warning in warnings):
            yield note


def _choice(name: str, chosen: Sequence[str]) -> str:
    shown = ", ".join(chosen[:SHOWN]) or "all of the above"
    more = len(chosen) - SHOWN
    return plain(f"{name} → {shown}" + (f" and {more} more" if more > 0 else ""))


def _section(head: str, paragraphs: Sequence[str]) -> list[str]:
    """Set paragraphs beside their head; none = nothing."""
    lines = [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(paragraph, WIDTH - _HEAD, subsequent_indent="  ", break_on_hyphens=False)
    ]
    heads = [click.style(head.ljust(_HEAD), bold=True), *[" " * _HEAD] * len(lines)]
    return [before + line for before, line in zip(heads, lines, strict=False)]


def _example(start: Start) -> list[str]:
    parts = urlsplit(start.url)
    here = is_loopback(parts.hostname or "")
    url = start.url if here else f"{parts.scheme}://YOUR-HOST:{parts.port}"
    key = ['  -H "Authorization: Bearer $WYE_API_KEY" \\'] if start.keys else []
    said = ["Try it in another terminal:"]
    if start.keys:
        said.insert(0, "WYE_API_KEY must hold a key: one that `wye keys create` makes, or the bootstrap key.")
    return [
        *(click.style(line, dim=True) for line in said),
        f"curl {url}/v1/chat/completions -H 'Content-Type: application/json' \\",
        *key,
        """  -d '{"model": "auto", "max_tokens": 64,""",
        """       "messages": [{"role": "user", "content": "Why is the sky blue?"}]}'""",
    ]
