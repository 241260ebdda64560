"""The processes that look into requests, as they die and are started again."""

import asyncio
import gc
import os
import socket
import subprocess
from typing import Any

import pytest
import uvloop

from wye.config.detection import DetectionSettings
from wye.gateway import inspectors as module
from wye.gateway.inspectors import Inspectors

TIMES = 5
READY_SECONDS = 60.0


def test_one_that_is_dead_at_once_closes_nobodys_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection's was closed twice, the second time that of whoever had the number by then."""
    started = 0

    class DeadAtFirst(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            nonlocal started
            super().__init__(*given, **named)
            started += 1
            if started <= TIMES:
                self.kill()
                self.wait()

    async def run() -> None:
        looking = Inspectors()
        looking.use(Inspectors.wanted(DetectionSettings(raises={"phi": "all"})))
        held: list[socket.socket] = []
        while started <= TIMES:
            held += socket.socketpair()
            await asyncio.sleep(0.005)
            gc.collect()
        assert await looking.ready(READY_SECONDS)
        looking.stop()
        for one in held:
            os.fstat(one.fileno())
            one.close()

    monkeypatch.setattr(module.subprocess, "Popen", DeadAtFirst)
    monkeypatch.setattr(module, "BACKOFF_SECONDS", (0.02, 0.02))
    uvloop.run(run())
    assert started == TIMES + 1
