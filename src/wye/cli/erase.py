"""`wye erase`: make everything that is stored of somebody unreadable, everywhere."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import click
import msgspec

from wye.cli.options import json_option, state_dir_option, utc
from wye.cli.terminal import confirm
from wye.core.errors import LedgerError
from wye.ledger.erasure import Erasures, Issued, Receipt
from wye.ledger.sealing import Sealing

_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}\Z")
_KEY = re.compile(r"[0-9a-f]{32}\Z")
_EXAMPLES = """
\b
Examples:
  wye erase patient-4711
  wye erase --file left-this-month.txt --yes --json > receipts.jsonl
  wye erase --receipts receipts.jsonl

\b
The last one is for after a restore: it erases again what the receipts name.
"""


class _Told(msgspec.Struct, frozen=True):
    """What `--json` prints of a receipt; `--receipts` reads it."""

    receipt: Receipt
    destroyed: int = 0
    index: int = 0
    proof: str = ""
    """A C2SP tlog-proof."""


@click.command(epilog=_EXAMPLES)
@click.argument("subjects", metavar="[SUBJECT]...", nargs=-1)
@click.option(
    "--file",
    type=click.File("r", encoding="utf-8"),
    help="Subjects to erase, one a line; - = standard input.",
)
@click.option(
    "--receipts",
    type=click.File("r", encoding="utf-8"),
    help="Erase again what these receipts (of --json) name.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@state_dir_option
def erase(  # noqa: PLR0913  # one parameter an option
    *,
    subjects: tuple[str, ...],
    file: TextIO | None,
    receipts: TextIO | None,
    yes: bool,
    as_json: bool,
    state_dir: Path,
) -> None:
    """Destroy the keys that what is stored of SUBJECT is sealed under.

    SUBJECT is what requests said in `x-wye-subject`, or `wye keys create --subject`. Prompts and answers that
    were kept are unreadable from then on, also in copies made before; records of what went where, and the
    proofs of them, stay. A running gateway honours it at once. Nobody can take it back.
    """
    if not (subjects or file or receipts):
        message = "say whom to erase: wye erase SUBJECT"
        raise click.UsageError(message)
    wanted = _subjects((*subjects, *_lines(file, "--file")))
    named = list(_receipts(_lines(receipts, "--receipts")))
    if not wanted and not named:
        message = "nobody is named: what was given to read is empty"
        raise click.UsageError(message)
    sealing = Sealing(state_dir)
    if not sealing.exists:
        message = (
            f"nothing was ever sealed in {state_dir}, so nobody is erased: give the gateway's --state-dir"
        )
        raise LedgerError(message)
    if not yes:
        count = len(wanted) + len(named)
        whom = f"'{wanted[0]}'" if count == 1 and wanted else f"{count:,} subjects"
        confirm(f"Make all that is stored of {whom} unreadable, for good?")
    try:
        vault = sealing.vault
        erasures = Erasures(state_dir, vault)
        again = erasures.redo(named) if named else 0
        issued = erasures.erase([vault.tag(subject) for subject in wanted]) if wanted else []
        for line in _json(issued, erasures) if as_json else _words(issued, erasures):
            click.echo(line)
        if named:
            click.echo(f"{again:,} keys that {len(named):,} receipts name were still there.", err=True)
    finally:
        sealing.close()


def _lines(file: TextIO | None, option: str) -> list[str]:
    try:
        return list(file or ())
    except UnicodeDecodeError:
        message = "not UTF-8. Save the file as UTF-8"
        raise click.BadParameter(message, param_hint=option) from None


def _subjects(given: Iterable[str]) -> list[str]:
    found = [text for line in given if (text := line.strip())]
    for number, subject in enumerate(found, 1):
        if not _SUBJECT.match(subject):
            message = f"subject {number} is not 1 to 128 visible ASCII characters, without spaces"
            raise click.BadParameter(message, param_hint="SUBJECT")
    return found


def _receipts(lines: Iterable[str]) -> Iterator[Receipt]:
    for number, line in enumerate(lines, 1):
        try:
            receipt = msgspec.json.decode(line, type=_Told).receipt
        except msgspec.DecodeError:
            receipt = None
        if receipt is None or not all(map(_KEY.match, receipt.keys)):
            message = f"line {number} is no receipt, as `wye erase --json` prints them"
            raise click.BadParameter(message, param_hint="--receipts")
        yield receipt


def _json(issued: Iterable[Issued], erasures: Erasures) -> Iterator[str]:
    for one in issued:
        told = _Told(one.receipt, one.destroyed, one.index, erasures.proof(one.index))
        yield msgspec.json.encode(told).decode()


def _words(issued: Iterable[Issued], erasures: Erasures) -> Iterator[str]:
    for one in issued:
        receipt = one.receipt
        if one.destroyed:
            gone = "one key is gone, and all that was sealed under it"
            many = f"{one.destroyed:,} keys are gone, and all that was sealed under them"
            yield f"Erased {receipt.subject}: {gone if one.destroyed == 1 else many}."
        elif receipt.keys:
            yield f"{receipt.subject} was erased on {utc(receipt.at)} UTC; nothing has come since."
        else:
            yield f"Nothing was ever stored of {receipt.subject}."
        yield f"  receipt: `wye audit prove {erasures.directory} {one.index}`"
