"""What was acknowledged is there, whatever happened to the process; and what was signed stays so."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.tlog import crashing
from ledger.tlog.logs import KEY, loaded
from wye.ledger.tlog import checkpoint as checkpoints
from wye.ledger.tlog.checkpoint import Checkpoint
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.frames import decode_segment
from wye.ledger.tlog.log import PRIVATE, PUBLIC, Log
from wye.ledger.tlog.proof import check, prove
from wye.ledger.tlog.store import TileStore, directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, bundle_path, decode_bundle
from wye.ledger.tlog.tree import leaf_hash
from wye.ledger.tlog.verify import verify

ORIGIN = "example.com/log"
KILLS = 8
DEEP_KILLS = 200
CHANCE = random.Random(1)  # noqa: S311  # when to kill, where to cut


def entries_of(directory: Path) -> list[bytes]:
    """Every entry of a log, once it has verified."""
    with Log(directory) as opened:
        key = opened.verifier
    log = loaded(directory / PUBLIC)
    size = verify(log.source, key).checkpoint.size
    found: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        found += decode_bundle(log.files[bundle_path(number, width)])
    return found


def journal(directory: Path) -> list[Path]:
    return sorted((directory / PRIVATE / "journal").iterdir())


def test_entries_are_acknowledged_published_and_proven(tmp_path: Path) -> None:
    entries = [b"entry %d" % i for i in range(1_000)]
    with Log(tmp_path, origin=ORIGIN) as log:
        for entry in entries:
            size = log.append([entry])
        log.wait(size)
        assert log.size == size == len(entries)
        log.wait_published(size)
        read = directory_source(tmp_path / PUBLIC)
        for index in (0, 255, 256, 999):
            proof = prove(read, index, read(CHECKPOINT))
            assert check(proof, leaf_hash(entries[index]), log.verifier).size == 1_000
    assert entries_of(tmp_path) == entries


def test_an_empty_log_has_a_checkpoint(tmp_path: Path) -> None:
    with Log(tmp_path, origin=ORIGIN) as log:
        log.wait_published(0)
    assert entries_of(tmp_path) == []


def test_many_threads_get_the_indexes_that_their_entries_have(tmp_path: Path) -> None:
    got: dict[int, bytes] = {}

    def append(name: int) -> None:
        for number in range(300):
            entry = b"%d-%d" % (name, number)
            size = log.append([entry])
            got[size - 1] = entry
            if number % 100 == 0:
                log.wait(size)

    with Log(tmp_path, origin=ORIGIN) as log:
        threads = [threading.Thread(target=append, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert entries_of(tmp_path) == [got[index] for index in range(1_800)]


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    entries: list[bytes] = []
    for count in (0, 1, 254, 1, 1, 700, 3, 0, 2_000):
        more = [b"%d" % (len(entries) + i) for i in range(count)]
        entries += more
        with Log(tmp_path, origin=ORIGIN, segment_bytes=3_000) as log:
            for i in range(0, count, 90):
                log.wait(log.append(more[i : i + 90], b"%d" % i))
    assert entries_of(tmp_path) == entries
    assert int(journal(tmp_path)[0].name) > 0, "segments whose entries are in tiles go away"


def test_marks_are_kept(tmp_path: Path) -> None:
    with Log(tmp_path, origin=ORIGIN, segment_bytes=100) as log:
        for number in range(600):
            log.wait(log.append([b"entry"], b"mark %d" % number))
        log.wait(log.append([b"without"]))
        assert log.mark == b"mark 599"
    with Log(tmp_path) as log:
        assert log.mark == b"mark 599"


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with Log(tmp_path, origin=ORIGIN), pytest.raises(BlockingIOError):
        Log(tmp_path)


def test_what_cannot_be_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is no log"):
        Log(tmp_path)
    with Log(tmp_path, origin=ORIGIN) as log, pytest.raises(LogError, match="longer than 65535"):
        log.append([bytes(65_536)])
    with pytest.raises(LogError, match="closed"):
        log.append([b""])


def test_a_disk_that_fails_closes_the_log_and_loses_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path, origin=ORIGIN)
    log.wait(log.append([b"safe"]))
    os.close(log._journal._fd)
    log._journal._fd = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(LogError, match="cannot be written"):
        log.wait(log.append([b"lost"]))
    with pytest.raises(LogError, match="cannot be written"):
        log.append([b"refused"])
    log.close()
    assert entries_of(tmp_path) == [b"safe"]


def test_a_log_that_is_not_what_was_signed_is_not_gone_on_with(tmp_path: Path) -> None:
    with Log(tmp_path, origin=ORIGIN) as log:
        log.wait(log.append([b"one", b"two"]))
    [segment] = journal(tmp_path)
    whole = segment.read_bytes()
    segment.write_bytes(b"")
    with pytest.raises(LogError, match="lost entries: 2 are signed, there are 0"):
        Log(tmp_path)
    segment.write_bytes(whole)
    other = tmp_path / "other"
    shutil.copytree(tmp_path, other)
    (other / PUBLIC / CHECKPOINT).unlink()
    shutil.rmtree(other / PRIVATE / "journal")
    with Log(other) as log:
        log.wait(log.append([b"one", b"changed"]))
    shutil.copy(other / PRIVATE / "journal" / segment.name, segment)
    with pytest.raises(LogError, match="is not what was signed"):
        Log(tmp_path)


def test_a_key_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with Log(tmp_path, origin=ORIGIN) as log:
        log.wait_published(0)
    (tmp_path / PRIVATE / "key").unlink()
    with pytest.raises(LogError, match="put it back; if it is lost"):
        Log(tmp_path, origin=ORIGIN)


def test_tiles_that_never_reached_the_disk_are_made_again(tmp_path: Path) -> None:
    entries = [b"%d" % i for i in range(5_000)]
    with Log(tmp_path, origin=ORIGIN) as log:
        log.wait(log.append(entries))
    for path in (tmp_path / PUBLIC / "tile").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: len(path.name) :][:50])
    assert entries_of(tmp_path) == entries


def segment_of(directory: Path, size: int) -> tuple[bytes, list[int]]:
    """A segment of about `size` bytes without a checkpoint, and where its frames end."""
    with Log(directory, origin=ORIGIN) as log:
        number = 0
        while log._journal._length < size:
            log.wait(log.append([b"%06d %s" % (number + i, bytes(50)) for i in range(1 + number % 90)]))
            number = log.size
    [segment] = journal(directory)
    data = segment.read_bytes()
    frames, end = decode_segment(data, last=True)
    ends, position = [0], 0
    for frame in frames:
        position += 26 + len(frame.mark) + sum(2 + len(entry) for entry in frame.entries)
        ends.append(position)
    assert ends[-1] == end
    return data[:end], ends


def lost(data: bytes, ends: list[int], cuts: range, tail: bytes) -> list[int]:
    """The cuts after which an acknowledged group is not found, or one is that never was.

    After the cut comes `tail`: a segment is made full of zeros.
    """
    wrong = []
    before = 0
    for cut in cuts:
        while before + 1 < len(ends) and (
            ends[before + 1] <= cut or _only_zeros(data, cut, ends[before : before + 2], tail)
        ):
            before += 1
        start = max(0, before - 1)  # it reads from left to right: what is before is read in the other tests
        frames, end = decode_segment(data[ends[start] : cut] + tail, last=True)
        if len(frames) != before - start or end != ends[before] - ends[start]:
            wrong.append(cut)
    return wrong


def _only_zeros(data: bytes, cut: int, frame: list[int], tail: bytes) -> bool:
    """Whether what a cut took of a frame, from where it begins to where it ends, stands there anyway."""
    taken = data[cut : frame[1]]
    return frame[0] < cut and len(taken) <= len(tail) and not taken.strip(b"\0")


def reopened(directory: Path, segment: Path, data: bytes, cuts: list[int]) -> None:
    """Open the log itself after a cut: nothing more than the tiles of the crash is left beside."""
    for cut in cuts:
        (directory / PUBLIC / CHECKPOINT).unlink(missing_ok=True)
        segment.write_bytes(data[:cut])
        kept = sum(len(frame.entries) for frame in decode_segment(data[:cut], last=True)[0])
        with Log(directory, publish_seconds=0.001) as log:
            assert log.size == kept
            log.wait(log.append([b"after"]))
        assert entries_of(directory)[kept:] == [b"after"]


def test_a_segment_cut_at_any_offset_holds_what_was_acknowledged(tmp_path: Path) -> None:
    data, ends = segment_of(tmp_path, 30_000)
    for tail in (b"", bytes(100)):
        assert lost(data, ends, range(len(data) + 1), tail) == []
    [segment] = journal(tmp_path)
    around = [ends[3] - 1, ends[3], ends[3] + 1, 0, 25, len(data)]
    reopened(tmp_path, segment, data, around)


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_a_segment_of_a_mebibyte_cut_at_every_offset(tmp_path: Path) -> None:
    data, ends = segment_of(tmp_path, 1 << 20)
    assert lost(data, ends, range(len(data) + 1), bytes(100)) == []
    [segment] = journal(tmp_path)
    reopened(tmp_path, segment, data, CHANCE.sample(range(len(data)), 300))


def killed(directory: Path, kills: int) -> tuple[int, int]:
    """Kill a writer many times; return how many entries were acknowledged, and how many lost."""
    promised: list[bytes] = []
    for turn in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-P", crashing.__file__, str(directory), str(turn)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        first = process.stdout.readline()  # it has started
        time.sleep(CHANCE.uniform(0, 0.15))
        process.kill()
        said = first + process.stdout.read()
        process.stdout.close()
        process.wait()
        promised += said[: said.rfind(b"\n") + 1].splitlines()
    found = entries_of(directory)
    there = set(found)
    assert len(there) == len(found), "nothing is there twice"
    said_safe = set(promised)
    assert [entry for entry in found if entry in said_safe] == promised, "in the order acknowledged"
    return len(promised), sum(entry not in there for entry in promised)


def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    promised, gone = killed(tmp_path, KILLS)
    assert promised > 100
    assert gone == 0


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_two_hundred_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promised, gone = killed(tmp_path, DEEP_KILLS)
    with capsys.disabled():
        print(f"\n{promised:,} entries acknowledged before {DEEP_KILLS} kills, {gone} lost")  # noqa: T201  # the figure
    assert gone == 0


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_a_proof_out_of_ten_million_entries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size, step = 10_000_000, 50_000
    store = TileStore(tmp_path, 0)
    for start in range(0, size, step):
        store.add([sha256(b"%d" % i).digest() for i in range(start, start + step)])
    store.write_partial()
    store.write_checkpoint(checkpoints.sign(Checkpoint(ORIGIN, size, store.root()), KEY))
    read = directory_source(tmp_path)
    times, longest = [], 0
    for index in CHANCE.sample(range(size), 1_000):
        began = time.perf_counter()
        data = prove(read, index, read(CHECKPOINT)).encode()
        times.append(time.perf_counter() - began)
        longest = max(longest, len(data))
    check(prove(read, 1234567, read(CHECKPOINT)), leaf_hash(sha256(b"1234567").digest()), KEY.verifier)
    times.sort()
    with capsys.disabled():
        print(f"\nproof: median {times[500] * 1e3:.2f} ms, p99 {times[990] * 1e3:.2f} ms, {longest} bytes")  # noqa: T201  # the figure
    assert times[990] < 0.01
    assert longest <= 2_048
