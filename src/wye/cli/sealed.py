"""What `wye audit` says of the state directory: of the logs in it, and of the ledger beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from wye.cli.options import utc
from wye.config.settings import LedgerSettings
from wye.core.errors import NotFoundError
from wye.ledger.entries import entries_from, taken_apart
from wye.ledger.erasure import FOLDER, receipts_in
from wye.ledger.sealcheck import NAMED, Compared, SealCheck
from wye.ledger.sealer import begun, logs
from wye.ledger.sealindex import INDEX, SealIndex
from wye.ledger.tlog.checkpoint import Checkpoint, opened
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.log import PRIVATE, PUBLIC, own_key, published
from wye.ledger.tlog.note import NOTE_BYTES, Note, VerifierKey
from wye.ledger.tlog.proof import Proof, check, prove
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, Source
from wye.ledger.tlog.tree import leaf_hash
from wye.ledger.tlog.verify import verify

KINDS = {  # of what is wrong
    "altered": "were altered after they were sealed",
    "missing": "are sealed, and not in the ledger",
    "doubled": "are sealed more than once",
    "unsealed": "are in the ledger, and not sealed",
    "unreceipted": "are erased, and no receipt says so: erase them again, if you did",
    "unreadable": "are sealed under keys that the vault has lost",
}
_SHOWN = 3


class Proven(NamedTuple):
    """A request's entry and its proof."""

    proof: Proof
    checkpoint: Checkpoint
    entry: bytes


def public_of(directory: Path) -> Path:
    """Return where the checkpoint is: of a log of ours, or of a copy. Raises `LogError`."""
    for public in (directory / PUBLIC, directory):
        if (public / CHECKPOINT).exists():
            return public
    inside = sorted(str(path.parents[1]) for path in directory.glob(f"*/{PUBLIC}/{CHECKPOINT}"))
    what = f"give one of {', '.join(inside)}" if inside else "it has no checkpoint"
    message = f"there is no log in {directory}: {what}"
    raise LogError(message)


def all_logs(state_dir: Path) -> list[Path]:
    """Return the logs of a state directory: of records, and of erasures. Raises `LogError` for none."""
    found = [*logs(state_dir), *([state_dir / FOLDER] if begun(state_dir / FOLDER) else [])]
    if not found:
        message = f"there is no log in {state_dir}: set ledger.transparency, and start the gateway"
        raise LogError(message)
    return found


def kept(file: Path) -> bytes:
    """Return a signed checkpoint that somebody kept. Raises `TamperedError`, which names the file."""
    with file.open("rb") as reader:
        note = reader.read(NOTE_BYTES + 1)
    try:
        Checkpoint.parse(Note.parse(note).text)
    except TamperedError as error:
        message = f"{file}: {error.message}"
        raise TamperedError(message) from None
    return note


def key_for(note: bytes, public: Path, given: Sequence[VerifierKey]) -> VerifierKey:
    """Return the key to hold a checkpoint against: of those given, else the one that lies in the log.

    Raises `TamperedError` where keys were given and none is this log's: a log nobody told of proves nothing.
    """
    if not given:
        return own_key(public)
    origin = Checkpoint.parse(Note.parse(note).text).origin
    for key in given:
        if key.name == origin:
            return key
    names = ", ".join(key.name for key in given)
    message = f"no key was given of the log {origin}, only of {names}: get it from whoever keeps that log"
    raise TamperedError(message)


def verified_state(
    settings: LedgerSettings,
    state_dir: Path,
    keys: Sequence[VerifierKey],
    seen: Sequence[bytes],
    copies: Sequence[Path] = (),
) -> dict[str, Any]:
    """Verify every log of the state directory, and the ledger against them. Raises `LedgerError`.

    `copies` are public directories of other gateways' logs, whose records are in the same ledger.
    """
    paths = all_logs(state_dir)
    state = _State(keys, seen)
    receipts: set[str] = set()
    comparison = SealCheck(settings, state_dir)
    try:
        for path in paths:
            source, signed = state.verified(path)
            if path.name == FOLDER:  # the last: an erasure that goes on meanwhile has its receipt there
                receipts.update(*(receipt.keys for receipt in receipts_in(source, signed.size)))
            else:
                comparison.take(source, signed)
        for path in copies:
            comparison.take(*state.verified(path), own=False)
        state.demand_all_seen(state_dir)
        compared = comparison.finish(receipts)
    finally:
        comparison.close()
    return {"logs": state.told, "ledger": msgspec.to_builtins(compared), "ok": not compared.wrong}


class _State:
    """What is verified of several logs, one after the other."""

    def __init__(self, keys: Sequence[VerifierKey], seen: Sequence[bytes]) -> None:
        self.told: list[dict[str, Any]] = []
        self._keys = keys
        self._earlier: dict[str, list[bytes]] = {}
        for note in seen:
            self._earlier.setdefault(Checkpoint.parse(Note.parse(note).text).origin, []).append(note)

    def verified(self, path: Path) -> tuple[Source, Checkpoint]:
        """Verify a log by its signature, and by what was seen of it."""
        public = public_of(path)
        source = directory_source(public)
        note = (public / CHECKPOINT).read_bytes()
        key = key_for(note, public, self._keys)
        found = verify(source, key, note=note, seen=self._earlier.pop(key.name, []))
        signed = found.checkpoint
        self.told.append({
            "log": str(path), "origin": key.name, "size": signed.size, "seen": found.seen,
            "key": str(key), "key_given": bool(self._keys),
        })  # fmt: skip
        return source, signed

    def demand_all_seen(self, state_dir: Path) -> None:
        """Raise `TamperedError` for a log that was seen and is gone."""
        for origin in self._earlier:
            message = f"the log {origin}, of which a checkpoint was seen, is not in {state_dir}"
            raise TamperedError(message)


def state_lines(told: dict[str, Any]) -> list[str]:
    """Write what `verified_state` found for people."""
    lines = []
    for log in told["logs"]:
        grown = f", grown from {log['seen']} checkpoint(s) seen before" if log["seen"] else ""
        own = "" if log["key_given"] else "  (from the log itself: hold it against what you were given)"
        lines += [f"{log['origin']}: all of {log['size']:,} as signed{grown}", f"key      {log['key']}{own}"]
    found = msgspec.convert(told["ledger"], Compared)
    lines.append(f"ledger   {found.records:,} records sealed once, and as they were sealed")
    if found.erased:
        lines.append(f"         {found.erased:,} erased: sealed once, and nobody can read what")
    if found.coming:
        lines.append(
            f"         {found.coming:,} sealed, and in no checkpoint yet: a gateway that runs makes the next"
        )
    if found.foreign:
        lines.append(
            f"         {found.foreign:,} sealed once by other gateways: what they say is compared there"
        )
    lines += [
        f"         {count:,} say that they are in {log}: verify it where it is, or give a copy with --log"
        for log, count in found.elsewhere.items()
    ]
    if found.before:
        lines.append(
            f"         {found.before:,} from before {utc(found.since)} UTC, the oldest that is sealed"
        )
    for kind, what in KINDS.items():
        wrong = told["ledger"][kind]
        if wrong["count"]:
            more = ", ..." if wrong["count"] > _SHOWN else ""
            lines.append(f"WRONG    {wrong['count']:,} {what}: {', '.join(wrong['ids'][:_SHOWN])}{more}")
    if any(told["ledger"][kind]["count"] > _SHOWN for kind in KINDS):
        lines.append(f"         --json names the first {NAMED} of each")
    return lines


def proven(state_dir: Path, id_: str, note: Path | None = None) -> Proven:
    """Prove the entry of a request, by its id or the beginning of it. Raises `NotFoundError`, `LogError`.

    `note` is a signed checkpoint to prove it under, else the log's own.
    """
    found = [(path, *entry) for path in logs(state_dir) for entry in _looked_up(path, id_)]
    if not found:
        all_logs(state_dir)  # which says what to do where there is none
        message = f"no log in {state_dir} has an entry of the request {id_}: `wye requests` lists them"
        raise NotFoundError(message)
    if len({name for _, name, _ in found}) > 1 and id_ not in {name for _, name, _ in found}:
        message = f"several requests begin with {id_}: give more of the id"
        raise NotFoundError(message)
    path, name, index = next((one for one in found if one[1] == id_), found[0])
    public = path / PUBLIC
    data = (note or public / CHECKPOINT).read_bytes()
    checkpoint, _ = opened(data, own_key(public))
    if index >= checkpoint.size:
        message = f"{id_} is sealed, and that checkpoint is older; the log's own covers it in a moment"
        raise LogError(message)
    made = proven_at(public, index, data)
    if taken_apart(made.entry).name != name:
        message = (
            f"entry {index} of {path} is of another request: delete {path / PRIVATE / INDEX}, and try again"
        )
        raise LogError(message)
    return made


def proven_at(public: Path, index: int, note: bytes) -> Proven:
    """Prove the entry at an index under a signed checkpoint. Raises `LogError`, also for a damaged log."""
    source, key = directory_source(public), own_key(public)
    proof = prove(source, index, note)
    entry = next(entries_from(source, index, opened(note, key)[0].size))
    return Proven(proof, check(proof, leaf_hash(entry), key), entry)


def _looked_up(path: Path, id_: str) -> list[tuple[str, int]]:
    public = path / PUBLIC
    with SealIndex(path, directory_source(public)) as index:
        found = index.find(id_)
        if not found:  # it may be behind, or was deleted
            index.catch_up(published(public).size)
            found = index.find(id_)
    return found
