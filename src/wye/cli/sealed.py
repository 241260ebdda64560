"""What `wye audit` says of the state directory: of the logs in it, and of the ledger beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from wye.cli.options import utc
from wye.config.settings import LedgerSettings
from wye.core.errors import NotFoundError
from wye.ledger.entries import entries_from
from wye.ledger.erasure import FOLDER
from wye.ledger.sealcheck import NAMED, Compared, SealCheck
from wye.ledger.sealer import begun, logs
from wye.ledger.sealindex import SealIndex
from wye.ledger.tlog.checkpoint import Checkpoint, opened
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.log import KEY, PUBLIC
from wye.ledger.tlog.note import Note, VerifierKey
from wye.ledger.tlog.proof import Proof, prove
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, Source
from wye.ledger.tlog.verify import verify

_KINDS = {
    "altered": "were altered after they were sealed",
    "missing": "are sealed, and not in the ledger",
    "doubled": "are sealed more than once",
    "unsealed": "are in the ledger, and not sealed",
}
_SHOWN = 3


class Proven(NamedTuple):
    """A request's entry and its proof."""

    proof: Proof
    checkpoint: Checkpoint
    entry: bytes


def own_key(public: Path) -> VerifierKey:
    """Return the key that lies in a log. Raises `LogError`."""
    try:
        return VerifierKey.parse((public / KEY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{public} has no key: pass --key"
        raise LogError(message) from None


def all_logs(state_dir: Path) -> list[Path]:
    """Return the logs of a state directory: of records, and of erasures. Raises `LogError` for none."""
    found = [*logs(state_dir), *([state_dir / FOLDER] if begun(state_dir / FOLDER) else [])]
    if not found:
        message = f"there is no log in {state_dir}: set ledger.transparency, and start the gateway"
        raise LogError(message)
    return found


def verified_state(
    settings: LedgerSettings, state_dir: Path, key: VerifierKey | None, seen: Sequence[bytes]
) -> dict[str, Any]:
    """Verify every log of the state directory, and the ledger against them. Raises `LedgerError`."""
    paths = all_logs(state_dir)
    earlier: dict[str, list[bytes]] = {}
    for note in seen:
        earlier.setdefault(Checkpoint.parse(Note.parse(note).text).origin, []).append(note)
    check = SealCheck(settings, state_dir)
    try:
        told: list[dict[str, Any]] = []
        for path in paths:
            public = path / PUBLIC
            mine = key if key is not None and key.name == own_key(public).name else own_key(public)
            source = directory_source(public)
            found = verify(source, mine, seen=earlier.pop(mine.name, []))
            if path.name != FOLDER:
                check.take(source, found.checkpoint.size)
            told.append({
                "log": str(path), "origin": mine.name, "size": found.checkpoint.size, "seen": found.seen,
                "key": str(mine), "key_given": mine is key,
            })  # fmt: skip
        for origin in earlier:
            message = f"the log {origin}, of which a checkpoint was seen, is not in {state_dir}"
            raise TamperedError(message)
        compared = check.finish()
    finally:
        check.close()
    return {"logs": told, "ledger": msgspec.to_builtins(compared), "ok": not compared.wrong}


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
    if found.before:
        lines.append(
            f"         {found.before:,} from before {utc(found.since)} UTC, the oldest that is sealed"
        )
    for kind, what in _KINDS.items():
        wrong = told["ledger"][kind]
        if wrong["count"]:
            more = ", ..." if wrong["count"] > _SHOWN else ""
            lines.append(f"WRONG    {wrong['count']:,} {what}: {', '.join(wrong['ids'][:_SHOWN])}{more}")
    if any(told["ledger"][kind]["count"] > _SHOWN for kind in _KINDS):
        lines.append(f"         --json names the first {NAMED} of each")
    return lines


def proven(state_dir: Path, id_: str, note: Path | None = None) -> Proven:
    """Prove the entry of a request, by its id or the beginning of it. Raises `NotFoundError`, `LogError`.

    `note` is a signed checkpoint to prove it under, else the log's own.
    """
    found = [(path, *entry) for path in logs(state_dir) for entry in _looked_up(path, id_)]
    if not found:
        message = f"no log in {state_dir} has an entry of the request {id_}"
        raise NotFoundError(message)
    if len({name for _, name, _ in found}) > 1 and id_ not in {name for _, name, _ in found}:
        message = f"several requests begin with {id_}: give more of the id"
        raise NotFoundError(message)
    path, _, index = next((one for one in found if one[1] == id_), found[0])
    public = path / PUBLIC
    source = directory_source(public)
    data = (note or public / CHECKPOINT).read_bytes()
    checkpoint, _ = opened(data, own_key(public))
    if index >= checkpoint.size:
        message = f"{id_} is sealed, and that checkpoint is older; the log's own covers it in a moment"
        raise LogError(message)
    return proven_at(source, index, data, checkpoint)


def proven_at(source: Source, index: int, note: bytes, checkpoint: Checkpoint) -> Proven:
    """Prove the entry at an index under a signed checkpoint. Raises `LogError`."""
    proof = prove(source, index, note)
    return Proven(proof, checkpoint, next(entries_from(source, index, checkpoint.size)))


def _looked_up(path: Path, id_: str) -> list[tuple[str, int]]:
    public = path / PUBLIC
    with SealIndex(path, directory_source(public)) as index:
        found = index.find(id_)
        if not found:  # it may be behind, or was deleted
            index.catch_up(opened((public / CHECKPOINT).read_bytes(), own_key(public))[0].size)
            found = index.find(id_)
    return found
