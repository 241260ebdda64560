"""What is done to a log is seen: by its signature, or by a checkpoint that somebody remembers."""

import os
import random
import time
from collections.abc import Callable

import pytest

from ledger.tlog.logs import KEY, OTHER, Made, made, vkey
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.note import COSIGNATURE, Note, SignerKey
from wye.ledger.tlog.tiles import CHECKPOINT
from wye.ledger.tlog.verify import verify

TAMPERS = 3_000
DEEP_TAMPERS = int(os.environ.get("TAMPERS", "1_000_000"))
LARGE = made([b"entry %d" % i for i in range(66_100)])


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 700])
def test_a_log_that_nobody_touched(size: int) -> None:
    log = made([b"entry %d" % i for i in range(size)])
    found = verify(log.source, vkey(), seen=[log.note])
    assert (found.checkpoint.size, found.seen, found.witnesses) == (size, 1, {})


def test_a_log_of_three_levels() -> None:
    old = made([b"entry %d" % i for i in range(300)])
    assert verify(LARGE.source, vkey(), seen=[old.note]).checkpoint.size == 66_100
    damaged = Made(dict(LARGE.files))
    damaged.files["tile/1/000"] = damaged.files["tile/1/000"][:-1] + b"?"
    with pytest.raises(TamperedError, match="hash 255 is not what tile/1/000 says"):
        verify(damaged.source, vkey())


def test_an_earlier_checkpoint_is_verified_in_a_log_that_has_grown() -> None:
    whole, older = made([b"entry %d" % i for i in range(700)]), made([b"entry %d" % i for i in range(512)])
    assert verify(whole.source, vkey(), note=older.note).checkpoint.size == 512


def test_what_was_changed_is_named() -> None:
    entries = [b"entry %d" % i for i in range(300)]
    log = made(entries)
    changed = Made({**log.files, "tile/entries/000": log.files["tile/entries/000"].replace(b"y 77", b"y 78")})
    with pytest.raises(TamperedError, match="entry 77 is not what tile/0/000 says"):
        verify(changed.source, vkey())


def test_witnesses_are_counted() -> None:
    log, witness = made([b"a"]), SignerKey.generate("w", COSIGNATURE)
    note = log.note + witness.sign(Note.parse(log.note).text, 1_800_000_000).encode()
    found = verify(log.source, vkey(), note=note, witnesses=(witness.verifier,), quorum=1)
    assert found.witnesses == {"w": 1_800_000_000}
    with pytest.raises(TamperedError, match="0 of the known witnesses"):
        verify(log.source, vkey(), witnesses=(witness.verifier,), quorum=1)


# Whoever tampers owns the disk, and sometimes the log's key: then what they do is held against `seen`, which
# the auditor has kept. Without the key the signature alone must tell.

Entries = list[bytes]


def edit(entries: Entries, chance: random.Random) -> Entries:
    at = chance.randrange(len(entries))
    entry = bytearray(entries[at])
    entry[chance.randrange(len(entry))] ^= chance.randrange(1, 256)
    return [*entries[:at], bytes(entry), *entries[at + 1 :]]


def drop(entries: Entries, chance: random.Random) -> Entries:
    at = chance.randrange(len(entries))
    return entries[:at] + entries[at + 1 :]


def reorder(entries: Entries, chance: random.Random) -> Entries:
    a, b = chance.sample(range(len(entries)), 2)
    swapped = list(entries)
    swapped[a], swapped[b] = swapped[b], swapped[a]
    return swapped


def fork(entries: Entries, chance: random.Random) -> Entries:
    at = chance.randrange(len(entries))
    return entries[:at] + [b"forked %d" % i for i in range(chance.randint(1, 2 * len(entries)))]


def truncate(entries: Entries, chance: random.Random) -> Entries:
    return entries[: chance.randrange(len(entries))]


def insert(entries: Entries, chance: random.Random) -> Entries:
    at = chance.randrange(len(entries))
    return [*entries[:at], b"inserted", *entries[at:]]


KINDS: list[Callable[[Entries, random.Random], Entries]] = [edit, drop, reorder, fork, truncate, insert]


def tampered(log: Made, entries: Entries, chance: random.Random) -> tuple[Made, bool]:
    """Change entries: with their tiles or not, signed anew with the log's key, another, or not at all.

    Return also whether what is signed was signed with the log's key.
    """
    key = chance.choice([KEY, KEY, OTHER])
    other = made(chance.choice(KINDS)(entries, chance), key)
    match chance.randrange(4):
        case 0:  # everything anew
            return other, key is KEY
        case 1:  # all but the checkpoint
            return Made({**other.files, CHECKPOINT: log.note}), False
        case 2:  # the checkpoint only: of a size that other files fit
            return Made({**log.files, CHECKPOINT: other.note}), key is KEY
        case _:  # the entries only
            bundles = {path: data for path, data in other.files.items() if "entries" in path}
            kept = {path: data for path, data in log.files.items() if "entries" not in path}
            return Made(kept | bundles), False


def damaged(log: Made, chance: random.Random) -> Made:
    """Change a byte of any file, cut it, or take it away."""
    path = chance.choice(sorted(log.files))
    data = bytearray(log.files[path])
    match chance.randrange(3):
        case 0:
            data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        case 1:
            del data[chance.randrange(len(data)) :]
        case _:
            return Made({name: data for name, data in log.files.items() if name != path})
    return Made({**log.files, path: bytes(data)})


def tamper(count: int, chance: random.Random) -> tuple[int, list[str]]:
    """Tamper `count` times with logs of all sizes; return how often, and what was not noticed."""
    tried, missed = 0, []
    while tried < count:
        size = chance.choice([2, 3, 7, 8, 9, 20, 20, 33, 64] + ([257, 300] if chance.random() < 0.02 else []))
        entries = [b"%d %d" % (i, chance.getrandbits(32)) for i in range(size)]
        log = made(entries)
        verify(log.source, vkey(), seen=[log.note])
        for _ in range(50):
            if chance.random() < 0.3:
                changed, keyed = damaged(log, chance), False
            else:
                changed, keyed = tampered(log, entries, chance)
            if changed.files == log.files:
                continue
            tried += 1
            try:
                verify(changed.source, vkey(), seen=[log.note] if keyed else [])
            except TamperedError:
                continue
            missed.append(f"size {size}: {sorted(set(changed.files.items()) ^ set(log.files.items()))}")
    return tried, missed


def test_tampers_are_caught() -> None:
    tried, missed = tamper(TAMPERS, random.Random(1))  # noqa: S311  # what to tamper with
    assert tried >= TAMPERS
    assert missed == []


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_a_million_tampers_are_caught(capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    tried, missed = tamper(DEEP_TAMPERS, random.Random(time.time_ns()))  # noqa: S311  # as above
    with capsys.disabled():
        print(f"\n{tried:,} tampers in {time.monotonic() - started:.0f} s: {len(missed)} missed")  # noqa: T201  # the figure
    assert missed == []
