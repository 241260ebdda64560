"""Looking for what has to be masked, in a process of its own."""

import os
import signal
from collections.abc import AsyncIterator

import pytest

from wye.config.detection import DetectionSettings
from wye.core.errors import MaskingError
from wye.gateway.finding import Finder
from wye.gateway.inspector import OVERLAP, PIECE
from wye.gateway.inspectors import Inspectors


@pytest.fixture
async def inspectors() -> AsyncIterator[Inspectors]:
    made = Inspectors()
    made.use(Inspectors.wanted(DetectionSettings(), masks=True))
    assert await made.ready(60)
    yield made
    made.stop()


def finder(inspectors: Inspectors, **settings: float) -> Finder:
    told = DetectionSettings(**settings)  # type: ignore[arg-type]
    return Finder(inspectors, lambda: told)


async def test_every_text_is_looked_at(inspectors: Inspectors) -> None:
    patient = finder(inspectors, timeout_ms=30_000)
    for _ in range(2):  # found, and known
        found = await patient.find(["Jane Doe", "nobody", "jane.doe@example.com"])
        assert [[one.kind for one in some] for some in found] == [["name"], [], ["email"]]
    mail = "jane.doe@example.com"
    for at in (0, PIECE - 5, PIECE - OVERLAP - 3, 3 * PIECE):
        text = "word " * 6000
        text = text[:at] + f" {mail} " + text[at:]
        (some,) = await patient.find([text])
        assert {text[one.start : one.end] for one in some if one.kind == "email"} == {mail}


async def test_too_much_too_late_or_nobody_there_is_an_error(inspectors: Inspectors) -> None:
    with pytest.raises(MaskingError, match="more than 1 KB") as large:
        await finder(inspectors, max_kb=1).find(["Jane Doe " * 200])
    assert large.value.status == 413  # asking again does not help
    with pytest.raises(MaskingError, match="late"):
        await finder(inspectors, timeout_ms=0.001).find(["Jane Doe, at once"])
    for pid in inspectors.pids:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(MaskingError, match="crashed"):
        await finder(inspectors, timeout_ms=30_000).find(["Jane Doe, again"])


async def test_where_no_label_masks_there_is_no_process() -> None:
    none = Inspectors()
    none.use(Inspectors.wanted(DetectionSettings()))
    assert none.pids == []
    with pytest.raises(MaskingError, match="crashed"):
        await finder(none).find(["Jane Doe"])
