import errno
import fcntl
import json
import logging
import os
import re
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import pytest

from wye.core.lane import Lane
from wye.core.record import Outcome, Record
from wye.core.usage import Usage
from wye.gateway.accesslog import QUEUE, AccessLog

RECORD = Record(
    id="d1",
    at=1_700_000_000.0,
    request_id="r1",
    protocol="openai_chat",
    operation="chat",
    asked="auto\x1b[31m",
    outcome=Outcome.OK,
    status=200,
    duration_ms=12.3,
    deployment="embedded/x",
    lane=Lane.OWN,
    usage=Usage(3, 4),
)
PIPE_BYTES = 4096
DROPPED = re.compile(rb'"dropped":(\d+)|(\d+) lines were dropped')


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], IO[str]]]:
    """A small pipe: both ends."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as writer:
        yield reader, writer


def numbered(number: int) -> Record:
    return msgspec.structs.replace(RECORD, request_id=str(number))


def written(path: Path, *records: Record, human: bool = False) -> str:
    with path.open("w") as out:
        log = AccessLog(out, human=human)
        for record in records:
            log.write(record)
        log.close()
    return path.read_text()


def test_json_is_one_line_each(tmp_path: Path) -> None:
    first, second = written(tmp_path / "log", RECORD, RECORD).splitlines()
    assert first == second
    line = json.loads(first)
    assert (line["decision"], line["deployment"], line["input_tokens"]) == ("d1", "embedded/x", 3)


def test_people_see_no_control_characters(tmp_path: Path) -> None:
    text = written(tmp_path / "log", RECORD, human=True)
    assert "\x1b" not in text
    assert "embedded/x [own]" in text
    assert "3→4 tokens" in text


def test_lines_are_written_without_being_asked_for(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as out:
        log = AccessLog(out, human=False)
        for number in range(3):
            log.write(numbered(number))
            deadline = time.monotonic() + 60
            while (tmp_path / "log").read_text().count("\n") != number + 1:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        log.close()


@pytest.mark.parametrize("human", [False, True])
def test_a_pipe_nobody_reads_costs_the_oldest_lines_and_no_time(
    pipe: tuple[IO[bytes], IO[str]], *, human: bool
) -> None:
    reader, writer = pipe
    log = AccessLog(writer, human=human)
    log.write(numbered(0))
    select.select([reader], [], [])  # the first is written, and the queue empty
    begun = time.thread_time()
    for number in range(1, QUEUE + 2001):
        log.write(numbered(number))
    assert time.thread_time() - begun < 1
    assert 1900 <= log.dropped <= 2000, "the thread takes a slice, and waits"
    os.set_blocking(reader.fileno(), False)
    read = b""
    deadline = time.monotonic() + 60
    while read.count(b"\n") < QUEUE + 2001 - log.dropped + max(1, read.count(b"dropped")):
        assert time.monotonic() < deadline
        time.sleep(0.001)  # the log's thread needs the interpreter too
        read += reader.read() or b""
    log.close()
    read += reader.read() or b""
    lines = read.splitlines()
    said = [int(told[told.lastindex or 1]) for line in lines if (told := DROPPED.search(line))]
    assert 1 <= len(said) <= 2, "at most once more for the slice that was under way"
    assert sum(said) == log.dropped
    assert len(lines) == QUEUE + 2001 - log.dropped + len(said)


def test_closing_does_not_wait_long_for_a_reader(pipe: tuple[IO[bytes], IO[str]]) -> None:
    log = AccessLog(pipe[1], human=False)
    for number in range(1000):
        log.write(numbered(number))
    begun = time.perf_counter()
    log.close(0.2)
    assert time.perf_counter() - begun > 0.1


def test_what_is_not_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    record = msgspec.structs.replace(RECORD, error="no file \udcff")
    line, _ = written(tmp_path / "json", record, RECORD).splitlines()
    assert json.loads(line)["error"] == "no file \udcff"
    assert "no file \N{REPLACEMENT CHARACTER}" in written(tmp_path / "human", record, human=True)


def test_a_reader_that_went_away_turns_it_off_with_one_warning(
    pipe: tuple[IO[bytes], IO[str]], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = pipe
    log = AccessLog(writer, human=False)
    reader.close()
    for number in range(3):
        log.write(numbered(number))
        time.sleep(0.3)
    log.close()
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert told == [f"nobody reads the access log ({os.strerror(errno.EPIPE)}): it is off from now on"]


def test_a_process_without_standard_output_has_no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(None, human=False)
    log.write(RECORD)
    log.close()
    assert "there is no standard output" in caplog.text


def test_a_full_disk_costs_lines_and_not_the_log(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full, (tmp_path / "log").open("w") as out:
        log = AccessLog(full, human=False)
        log.write(RECORD)
        while not log.dropped:
            time.sleep(0.01)
        assert log.dropped == 1
        os.dup2(out.fileno(), full.fileno())  # room again
        log.write(RECORD)
        log.close()
    said, line = (tmp_path / "log").read_text().splitlines()
    assert json.loads(said)["dropped"] == 1
    assert json.loads(line)["decision"] == "d1"
