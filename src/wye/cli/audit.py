"""`wye audit`: transparency logs, for who keeps one, who checks one, and who witnesses one."""

import re
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from wye.cli import sealed
from wye.cli.options import config_option, ledger_settings, state_dir_option, utc
from wye.cli.vkeys import keys_option, witness_option
from wye.ledger.sealer import begun
from wye.ledger.tlog.checkpoint import opened
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.export import export
from wye.ledger.tlog.log import KEY, PRIVATE, PUBLIC, Log, own_key
from wye.ledger.tlog.note import VerifierKey, b64
from wye.ledger.tlog.proof import Proof, check
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, find_leaf
from wye.ledger.tlog.tree import leaf_hash
from wye.ledger.tlog.verify import verify
from wye.ledger.tlog.witness import Witness

_DIGEST = re.compile(r"[0-9a-fA-F]{64}\Z")
_INDEX = re.compile(r"\d{1,18}\Z")
_GROUP = 1_000
_STATE = ("ledger.db", "vault", "spool")
"""What lies in a state directory."""

_EXAMPLES = """
\b
Examples:
  wye audit verify
  wye audit prove 019a2b3c4d5e6f70 --entry entry > request.tlog-proof
  wye audit verify request.tlog-proof --key wye.key --entry entry
"""

_directory = click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True))
_file = click.Path(path_type=Path, dir_okay=False, exists=True)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
_quorum = click.option("--quorum", type=click.IntRange(0), help="So many of them. Default: all.")


@click.group(epilog=_EXAMPLES)
def audit() -> None:
    """Prove that what was recorded has not been changed, dropped or reordered.

    A log is a directory in the format C2SP tlog-tiles: others check it with their own tools.
    """


@audit.command(
    "seal", epilog="\b\nExamples:\n  wye requests --json | wye audit seal ./log --origin example.com/wye"
)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.argument("lines", type=click.File("rb"), default="-")
@click.option("--origin", default="", help="The log's name, when it begins: an address without a scheme.")
@_json
def seal(*, directory: Path, lines: BinaryIO, origin: str, as_json: bool) -> None:
    """Seal each line of a file, or of standard input, into a log: the SHA-256 of the line becomes an entry.

    Returns when all are on the disk and a signed checkpoint covers them.
    """
    if not origin and not (directory / PRIVATE / KEY).exists() and not begun(directory):
        message = f"there is no log in {directory}: begin one with --origin, e.g. --origin example.com/wye"
        raise click.UsageError(message)
    if any((directory / name).exists() for name in _STATE):
        message = f"{directory} is where wye keeps its state, not a log: name a directory of its own"
        raise click.UsageError(message)
    with Log(directory, origin=origin) as log:
        if origin and log.verifier.name != origin:
            message = f"the log in {directory} is {log.verifier.name}: leave out --origin, or begin another"
            raise click.UsageError(message)
        first = size = log.size
        group: list[bytes] = []
        for line in lines:
            group.append(sha256(line.rstrip(b"\r\n")).digest())
            if len(group) == _GROUP:
                size, group = log.append(group), []
                log.wait(size)
        size = log.append(group)
        log.wait_published(size)
        key = log.verifier
    if as_json:
        click.echo(msgspec.json.encode({"first": first, "size": size, "key": str(key)}))
        return
    click.echo(f"{size - first:,} sealed into {key.name}, {size:,} in all")
    click.echo(f"key  {key}")


@audit.command(
    "verify",
    epilog="\b\nExamples:\n  wye audit verify\n  wye audit verify ./log --seen last-month.checkpoint\n"
    "  wye audit verify first.tlog-proof --key log.key --record record.json",
)
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@keys_option
@click.option("--seen", type=_file, multiple=True, help="A checkpoint kept from before. May be repeated.")
@click.option(
    "--log",
    "copies",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    help="A copy of another gateway's log, whose records are in the same ledger. May be repeated.",
)
@click.option("--checkpoint", type=_file, help="Another checkpoint of the log, e.g. one with cosignatures.")
@witness_option
@_quorum
@click.option("--record", help="Of a proof: the file with the sealed line, or its SHA-256.")
@click.option("--entry", type=_file, help="Of a proof: the file with the entry, as `prove --entry` wrote it.")
@_json
@config_option
@state_dir_option
def verify_(  # noqa: PLR0913  # one parameter an option
    *,
    path: Path | None,
    keys: tuple[VerifierKey, ...],
    seen: tuple[Path, ...],
    copies: tuple[Path, ...],
    checkpoint: Path | None,
    witnesses: tuple[VerifierKey, ...],
    quorum: int | None,
    record: str | None,
    entry: Path | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Check a whole log, or a proof of one entry: status 1, and what is wrong, when it is not as signed.

    Without a PATH: every log of the state directory, and the ledger against them, each record.

    That a log was cut back, or is told differently to others, shows only beside a checkpoint that you kept
    (--seen) or that witnesses cosigned (--witness).
    """
    least = len(witnesses) if quorum is None else quorum
    try:
        if path is None:
            if checkpoint or witnesses or record or entry:
                message = (
                    "--checkpoint, --witness, --record and --entry are of one log or proof: give its PATH"
                )
                raise click.UsageError(message)
            notes = [sealed.kept(old) for old in seen]
            settings = ledger_settings(config)
            told = sealed.verified_state(settings, state_dir, keys, notes, copies)
            _show_state(told, as_json=as_json)
            return
        if copies:
            message = "--log is for the ledger, beside the logs of the state directory: give no PATH"
            raise click.UsageError(message)
        if path.is_file():
            told = _verified_proof(path, keys, witnesses, least, _leaf(record, entry))
        else:
            told = _verified_log(path, keys, seen, checkpoint, witnesses, least)
    except TamperedError as error:
        if not as_json:
            raise
        click.echo(msgspec.json.format(msgspec.json.encode({"ok": False, "error": error.message})))
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"ok": True, **told})))
        return
    for line in _lines(told):
        click.echo(line)


def _verified_log(  # noqa: PLR0913, PLR0917  # what the command was given
    path: Path,
    keys: tuple[VerifierKey, ...],
    seen: tuple[Path, ...],
    checkpoint: Path | None,
    witnesses: tuple[VerifierKey, ...],
    quorum: int,
) -> dict[str, object]:
    public = sealed.public_of(path)
    note = sealed.kept(checkpoint or public / CHECKPOINT)
    key = sealed.key_for(note, public, keys)
    found = verify(
        directory_source(public),
        key,
        note=note,
        seen=[sealed.kept(old) for old in seen],
        witnesses=witnesses,
        quorum=quorum,
    )
    signed = found.checkpoint
    return {
        "origin": signed.origin,
        "size": signed.size,
        "root": b64(signed.root),
        "key": str(key),
        "key_given": bool(keys),
        "seen": found.seen,
        "witnesses": found.witnesses,
    }


def _verified_proof(
    path: Path,
    keys: tuple[VerifierKey, ...],
    witnesses: tuple[VerifierKey, ...],
    quorum: int,
    leaf: bytes | None,
) -> dict[str, object]:
    if not keys or leaf is None:
        message = "a proof is checked against --key, and --record or --entry"
        raise click.UsageError(message)
    proof = Proof.parse(path.read_bytes())
    key = sealed.key_for(proof.checkpoint, path, keys)
    signed = check(proof, leaf, key, witnesses, quorum)
    return {
        "origin": signed.origin,
        "index": proof.index,
        "size": signed.size,
        "root": b64(signed.root),
        "key": str(key),
        "key_given": True,
    }


def _leaf(record: str | None, entry: Path | None) -> bytes | None:
    """Return the hash of the leaf that a proof is to be of."""
    if entry is not None:
        return leaf_hash(entry.read_bytes())
    return None if record is None else leaf_hash(_digest(record))


def _show_state(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        click.echo("\n".join(sealed.state_lines(told)))
    if not told["ok"]:
        sys.exit(1)


def _lines(told: dict[str, object]) -> list[str]:
    what = f"entry {told['index']:,} of" if "index" in told else "all of"
    lines = [f"{told['origin']}: {what} {told['size']:,} as signed", f"root     {told['root']}"]
    own = "" if told["key_given"] else "  (from the log itself: hold it against what you were given)"
    lines.append(f"key      {told['key']}{own}")
    if told.get("seen"):
        lines.append(f"grown    from {told['seen']} checkpoint(s) seen before")
    witnesses = told.get("witnesses")
    if isinstance(witnesses, dict):
        lines += [f"witness  {name} on {utc(at)} UTC" for name, at in witnesses.items()]
    return lines


@audit.command(
    "prove",
    epilog="\b\nExamples:\n  wye audit prove 019a2b3c4d5e6f70 --entry entry > request.tlog-proof\n"
    "  wye audit prove ./log 0 > first.tlog-proof",
)
@click.argument("what", nargs=-1, required=True, metavar="[DIRECTORY] ENTRY")
@click.option(
    "--checkpoint", type=_file, help="The checkpoint to prove it under, e.g. one with cosignatures."
)
@click.option(
    "--entry",
    "entry_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the entry here: whoever checks the proof needs it.",
)
@_json
@state_dir_option
def prove_(
    *, what: tuple[str, ...], checkpoint: Path | None, entry_file: Path | None, as_json: bool, state_dir: Path
) -> None:
    """Write a proof that ENTRY is in the log.

    ENTRY is a request's id, or the beginning of it, and the log is found in the state directory. Of the log
    in DIRECTORY: an index, or the SHA-256 or the file of a sealed line.
    """
    if len(what) == 1:
        found = sealed.proven(state_dir, what[0], checkpoint)
    elif len(what) == 2:  # noqa: PLR2004  # a directory and an entry
        found = _proven_in(Path(what[0]), what[1], checkpoint)
    else:
        message = "give a request's id, or a log's directory and an entry"
        raise click.UsageError(message)
    if entry_file is not None:
        entry_file.write_bytes(found.entry)
    proof = found.proof.encode()
    if as_json:
        signed = found.checkpoint
        told = {
            "origin": signed.origin,
            "index": found.proof.index,
            "size": signed.size,
            "proof": proof.decode(),
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
        return
    click.echo(proof, nl=False)


def _proven_in(directory: Path, entry: str, checkpoint: Path | None) -> sealed.Proven:
    """Prove an entry of the log in a directory. Raises `LogError`."""
    public = sealed.public_of(directory)
    source = directory_source(public)
    note = sealed.kept(checkpoint or public / CHECKPOINT)
    signed, _ = opened(note, own_key(public))
    numbered = _INDEX.match(entry)
    index = int(entry) if numbered else find_leaf(source, signed.size, leaf_hash(_digest(entry)))
    if index is None:
        message = f"{entry} is not among the {signed.size:,} entries of {signed.origin}"
        raise LogError(message)
    return sealed.proven_at(public, index, note)


@audit.command("key", epilog="\b\nExamples:\n  wye audit key > wye.keys")
@_json
@state_dir_option
def key_(*, as_json: bool, state_dir: Path) -> None:
    """Print the verifier keys of the gateway's logs, one a line: for whoever is to check them.

    Each log has a key of its own, made when it began. What signs is in the log's directory, private/key.
    """
    keys = [own_key(path / PUBLIC) for path in sealed.all_logs(state_dir)]
    if as_json:
        click.echo(msgspec.json.encode([str(key) for key in keys]))
        return
    for key in keys:
        click.echo(str(key))


@audit.command(
    "witness",
    epilog="\b\nExamples:\n  wye audit witness ./log --state ./witness --name witness.example > cosigned",
)
@_directory
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where the witness keeps its key, and what it has seen.",
)
@click.option("--name", default="", help="The witness's name, when it begins: an address without a scheme.")
@keys_option
@_json
def witness(*, directory: Path, state: Path, name: str, keys: tuple[VerifierKey, ...], as_json: bool) -> None:
    """Cosign a log's checkpoint, if the log has only grown since this witness cosigned it last.

    Writes the cosigned checkpoint to standard output, for `prove --checkpoint` and `verify --checkpoint`.
    """
    public = sealed.public_of(directory)
    note = (public / CHECKPOINT).read_bytes()
    log = sealed.key_for(note, public, keys)
    who = Witness(state, name)
    signed, cosigned = who.cosign(note, log, directory_source(public), int(time.time()))
    if as_json:
        told = {"origin": signed.origin, "size": signed.size, "key": str(who.verifier)}
        click.echo(msgspec.json.format(msgspec.json.encode({**told, "checkpoint": cosigned.decode()})))
        return
    click.echo(f"{signed.origin}: {signed.size:,} entries cosigned\nkey  {who.verifier}", err=True)
    click.echo(cosigned, nl=False)


@audit.command("export", epilog="\b\nExamples:\n  wye audit export ./log ./for-the-auditor")
@_directory
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
@_json
def export_(*, directory: Path, target: Path, as_json: bool) -> None:
    """Copy what others need of a log: tiles, entries, the checkpoint and the verifier key, at one moment.

    TARGET can be served by any web server as it is, and holds nothing private.
    """
    public = sealed.public_of(directory)
    key = own_key(public)
    signed = export(directory_source(public), (public / CHECKPOINT).read_bytes(), target)
    (target / KEY).write_text(f"{key}\n", encoding="utf-8")
    if as_json:
        click.echo(msgspec.json.encode({"origin": signed.origin, "size": signed.size, "target": str(target)}))
        return
    click.echo(f"{signed.origin}: {signed.size:,} entries in {target}")


def _digest(record: str) -> bytes:
    """Return the SHA-256 of a sealed line, given as that or as a file. Raises `OSError`."""
    if _DIGEST.match(record):
        return bytes.fromhex(record)
    return sha256(Path(record).read_bytes().rstrip(b"\r\n")).digest()
