"""`wye export art30|hipaa|ai-act`: what the law asks to be on record, from the ledger, gaps named."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from wye.cli.options import config_option, json_option, since_option, state_dir_option, until_option, utc
from wye.cli.paper import Cell, Form, Paper, Table, written
from wye.config.labels import DEFAULT_LABELS
from wye.config.load import find, load
from wye.config.problems import suggestion
from wye.config.retention import rules
from wye.config.settings import Settings
from wye.core.errors import WyeError
from wye.core.label import parse_labels
from wye.core.record import Record
from wye.ledger.proofs import Proofs
from wye.ledger.reader import Filter, Reader
from wye.ledger.recipients import Recipient, lanes_of, processing
from wye.ledger.sealing import Sealing

UNKNOWN = "not known to wye"
_MISSING = "MISSING: set organisation.{} in wye.yaml"
_FORMS: dict[str, Form] = {".md": "markdown", ".csv": "csv", ".json": "json"}
_IDS = "Ids are of `wye explain`; subjects are keyed hashes, of which `wye erase` knows the names."
_COVERAGE = ("letter", "identifier", "found as", "coverage", "probes", "how")
_ART30_NOTES = [
    "Recipients are deployments that requests were sent to, answered or not, as the ledger recorded it.",
    "Where a recipient processes is what wye.yaml says (`region`); wye cannot see it.",
    "A transfer to a third country (1)(e) and its safeguards follow from that and from your agreement.",
    "Categories of data are labels: what nobody labelled and no detector raised is not there.",
    "What upstreams keep themselves, by their terms, is not in this record.",
]
_HIPAA_NOTES = [
    "The trail (45 CFR 164.312(b)) has a row a request, also of those that were refused.",
    _IDS,
    "`key` is the API key; which person used it is known to whoever gave it out, and to your systems.",
    "Probes are plain sentences, tried when this is written: they show that a detector works, not how well.",
    "How well is measured in docs/detect.md. Detectors only raise labels; no guarantee rests on them.",
]
_AI_ACT_NOTES = [
    "Rows are the automatic logs of Art. 12(1): start and end of each use, who asked, what answered and why.",
    _IDS,
    "`event` marks what Art. 12(2)(a) wants seen: refusals, failures, fallbacks, opinions that disagreed.",
    "Whether a use is high-risk, and which person verified a result (Art. 12(3)(d)), is not known to wye.",
    "Upstreams' own model versions are what they say they are.",
]

Make = Callable[["Source"], Paper]


@dataclass(frozen=True, slots=True)
class Source:
    """What a paper is made of."""

    settings: Settings
    state_dir: Path
    filter: Filter
    reader: Reader
    proofs: Proofs

    def trail(self) -> Iterator[Record]:
        """Yield the records, oldest first."""
        return self.reader.trail(self.filter)


def _command(name: str, make: Make, help_: str) -> click.Command:
    """Return one of the three: they differ in what is written."""

    @click.command(name, help=help_)
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
    @since_option
    @until_option
    @click.option("--label", help="Only requests that carried this label.")
    @json_option
    @config_option
    @state_dir_option
    def command(  # noqa: PLR0913, PLR0917  # one parameter an option
        file: Path,
        since: float | None,
        until: float | None,
        label: str | None,
        as_json: bool,  # noqa: FBT001  # click passes it by name
        config: Path | None,
        state_dir: Path,
    ) -> None:
        form = _form(file, as_json=as_json)
        settings = load(find(config))
        if label is not None:
            _known(label, settings)
        filter_ = Filter(since=since, until=until, label=label)
        with Reader(settings.ledger, state_dir) as reader, Proofs(state_dir) as proofs:
            paper = make(Source(settings, state_dir, filter_, reader, proofs))
            _write(file, written(paper, form))

    return command


def _form(file: Path, *, as_json: bool) -> Form:
    if str(file) == "-":
        return "json" if as_json else "markdown"
    form = _FORMS.get(file.suffix)
    if form is None:
        message = f"'{file.name}' ends in none of {', '.join(_FORMS)}"
        raise click.BadParameter(message, param_hint="FILE")
    if as_json and form != "json":
        message = f"'{file.name}' does not end in .json: leave out --json, or name the file so"
        raise click.BadParameter(message, param_hint="FILE")
    return form


def _known(label: str, settings: Settings) -> None:
    """Say that a label is not defined, which older records may have all the same. Refuse what can be none."""
    try:
        parse_labels(label)
    except WyeError as error:
        raise click.BadParameter(error.message, param_hint="--label") from None
    known = {*DEFAULT_LABELS, *settings.labels, *settings.detection.raises}
    if label not in known:
        click.echo(f"label '{label}' is not defined. {suggestion(label, known)}", err=True)


def _write(file: Path, pieces: Iterator[str]) -> None:
    if str(file) == "-":
        sys.stdout.writelines(pieces)
        return
    fd = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)  # it says who did what
    with os.fdopen(fd, "w", encoding="utf-8") as output:
        output.writelines(pieces)


def _facts(source: Source) -> list[tuple[str, str]]:
    """Say what all three begin with."""
    mine, filter_ = source.settings.organisation, source.filter
    since = utc(filter_.since) if filter_.since is not None else "the ledger's first request"
    until = utc(filter_.until) if filter_.until is not None else "now"
    return [
        ("controller, covered entity or deployer", mine.controller or _MISSING.format("controller")),
        ("contact", mine.contact or _MISSING.format("contact")),
        ("made on (UTC)", utc(time.time())),
        ("span (UTC)", f"{since} to {until}" + (f", label {filter_.label}" if filter_.label else "")),
        ("proofs", source.proofs.state),
    ]


def _art30(source: Source) -> Paper:
    settings = source.settings
    mine = settings.organisation
    done = processing(source.trail())
    facts = _facts(source)
    facts += [
        ("representative (1)(a)", mine.representative or "none named: organisation.representative"),
        ("data protection officer (1)(a)", mine.officer or "none named: organisation.officer"),
        ("purposes (1)(b)", "; ".join(mine.purposes) or _MISSING.format("purposes")),
        ("data subjects (1)(c)", "; ".join(mine.subjects) or _MISSING.format("subjects")),
        ("personal data (1)(c)", _labels(done.labels) or "no request in this span"),
        ("requests", f"{done.requests:,}, of which {done.refused:,} were sent to nobody"),
        ("time limits for erasure (1)(f)", _limits(settings)),
        ("security measures (1)(g)", "; ".join((*_measures(settings, source.state_dir), *mine.measures))),
    ]
    rows = [_recipient(one, settings) for one in sorted(done.recipients.values(), key=lambda r: r.deployment)]
    header = (
        "recipient", "lane", "where", "agreement", "requests", "attempts", "bytes sent", "labels", "work",
        "subjects named", "first (UTC)", "last (UTC)",
    )  # fmt: skip
    title = "Record of processing activities (GDPR Article 30)"
    return Paper(title, facts, [Table("Recipients (1)(d), (e)", header, rows)], _ART30_NOTES)


def _recipient(one: Recipient, settings: Settings) -> tuple[Cell, ...]:
    given = settings.deployments.get(one.deployment)
    provider = (given.provider if given else None) or one.deployment.partition("/")[0]
    known = settings.providers.get(provider)
    region = (given.region if given else None) or (known.region if known else None)
    own = one.lane == "own"
    agreement = settings.organisation.processors.get(provider)
    return (
        one.deployment,
        one.lane or UNKNOWN,
        region or ("machines of your own" if own else UNKNOWN),
        agreement or ("none needed: no processor" if own else _MISSING.format(f"processors.{provider}")),
        one.requests,
        one.attempts,
        one.sent_bytes,
        _labels(one.labels),
        ", ".join(f"{name} {count:,}" for name, count in one.purposes.most_common(8)),
        len(one.subjects),
        utc(one.first),
        utc(one.last),
    )


def _labels(labels: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(labels.items()))


def _limits(settings: Settings) -> str:
    if not (settings.ledger.store_content or settings.responses.store):
        return "no content is kept; records of requests have no limit here"
    limited = rules(settings)
    named = [f"{name or 'all content'}: {days:,} days" for name, days in sorted(limited.items())]
    if settings.ledger.store_content and "" not in limited:
        what = "prompts and answers of other labels" if limited else "prompts and answers"
        named.append(f"{what}: NONE SET (labels.NAME.retain_days, ledger.retain_days)")
    if settings.responses.store:
        named.append(f"conversations: {settings.responses.keep_days:,} days after their last turn")
    return f"{'; '.join(named)}; records of requests: no limit here"


def _measures(settings: Settings, state_dir: Path) -> list[str]:
    inside = [
        name for name, rule in settings.labels.items() if {lane.value for lane in rule.lanes} == {"own"}
    ]
    sealed = "under a key a person" if Sealing(state_dir).exists else "once something is"
    found = [
        "default deny: a request goes only where the policy permits its labels",
        f"content that is kept is encrypted at rest (AES-256-GCM), {sealed}; `wye erase` destroys keys",
    ]
    if inside:
        found.append(f"labels that never leave your machines: {', '.join(sorted(inside))}")
    return found


def _hipaa(source: Source) -> Paper:
    from wye.policy.coverage import coverage  # noqa: PLC0415  # the detectors take time to load

    trail = (
        "at (UTC)", "id", "key", "team", "subject", "labels", "operation", "sent to", "lanes", "outcome",
        "status", "answered by", "content", "proof",
    )  # fmt: skip
    covered = [
        (
            f"({one.identifier.letter})",
            one.identifier.name,
            ", ".join(one.identifier.kinds) or "none",
            one.verdict,
            f"{one.found} of {len(one.identifier.probes)}",
            one.identifier.note,
        )
        for one in coverage()
    ]
    facts = _facts(source)
    agreements = [f"{name}: {text}" for name, text in source.settings.organisation.processors.items()]
    facts.append(("business associates", "; ".join(agreements) or _MISSING.format("processors")))
    tables = [
        Table("Identifiers (45 CFR 164.514(b)(2))", _COVERAGE, covered),
        Table("Access trail", trail, (_access(record, source.proofs) for record in source.trail())),
    ]  # fmt: skip
    return Paper("HIPAA access trail and de-identification coverage", facts, tables, _HIPAA_NOTES)


def _access(record: Record, proofs: Proofs) -> tuple[Cell, ...]:
    sent = list(dict.fromkeys(attempt.deployment for attempt in record.attempts if attempt.cause != "skip"))
    lanes = lanes_of(record)
    return (
        utc(record.at),
        record.id,
        record.key or "(no key)",
        record.team,
        record.subject,
        ",".join(record.labels),
        record.operation,
        ", ".join(sent) or "nobody",
        ",".join(dict.fromkeys(lanes.get(name, "?") for name in sent)),
        record.outcome.value,
        record.status,
        record.deployment,
        "kept, sealed" if record.content else "not kept",
        proofs.of(record.id),
    )


def _ai_act(source: Source) -> Paper:
    header = (
        "start (UTC)", "end (UTC)", "id", "key", "asked", "route", "answered by", "lane", "certificate",
        "policy", "labels", "outcome", "status", "event", "reasons", "proof",
    )  # fmt: skip
    facts = _facts(source)
    facts += [
        ("purposes", "; ".join(source.settings.organisation.purposes) or _MISSING.format("purposes")),
        ("retention of these logs", "no limit here: Art. 26(6) asks for six months at least"),
    ]
    rows = (_event(record, source.proofs) for record in source.trail())
    return Paper("Automatic logs (AI Act Article 12)", facts, [Table("Logs", header, rows)], _AI_ACT_NOTES)


def _event(record: Record, proofs: Proofs) -> tuple[Cell, ...]:
    decision = record.decision
    return (
        utc(record.at),
        utc(record.at + record.duration_ms / 1000),
        record.id,
        record.key or "(no key)",
        record.asked or (f"(shadow of {record.shadow_of})" if record.shadow_of else ""),
        decision.strategy if decision else "",
        record.deployment or "nobody",
        record.lane.value if record.lane else "",
        record.certificate,
        record.policy_revision,
        ",".join(record.labels),
        record.outcome.value,
        record.status,
        _risk(record),
        "; ".join(decision.reasons) if decision else "",
        proofs.of(record.id),
    )


def _risk(record: Record) -> str:
    """Say what of a use somebody should look at; empty = nothing."""
    found = []
    if record.policy_revision and not record.permitted:
        found.append("policy permits nobody")
    if record.outcome.value != "ok":
        found.append(record.outcome.value)
    if len(record.attempts) > 1 and any(attempt.cause == "fallback" for attempt in record.attempts):
        found.append("fallback")
    if record.gate and record.gate != "agreed":
        found.append(f"gate: {record.gate}")
    return "; ".join(found)


art30 = _command(
    "art30",
    _art30,
    """Write the record of processing activities of GDPR Article 30 to FILE (.md, .csv, .json) or stdout.

    Who got which kinds of data, how often and where, from the ledger; what wye cannot know is named.
    """,
)
hipaa = _command(
    "hipaa",
    _hipaa,
    """Write the access trail, and which detector covers each of HIPAA's 18 identifiers, to FILE or stdout.

    FILE ends in .md, .csv or .json. --label phi leaves out requests that carried no health data.
    """,
)
ai_act = _command(
    "ai-act",
    _ai_act,
    """Write the automatic logs of the AI Act's Article 12 to FILE (.md, .csv, .json) or stdout.""",
)
