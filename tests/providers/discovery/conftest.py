"""Engines to find: real processes with an engine's program name that answer in its documented shapes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wye.catalog.deployments import Endpoint, Timeouts
from wye.providers.discovery import Answer, Probe
from wye.providers.discovery.probe import MAX_BODY
from wye.providers.egress import Egress
from wye.providers.transport.transport import Transport

HERE = Path(__file__).parent
PYTHON = Path(sys.executable).resolve()
Routes = dict[str, dict[str, Any]]
Launch = Callable[..., int]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start a process and return the port it prints. `program`: a path that Python is copied to."""
    children: list[subprocess.Popen[bytes]] = []

    def start(*words: str, program: str | None = None) -> int:
        executable = PYTHON
        if program is not None:
            executable = tmp_path / program
            executable.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PYTHON, executable)
        library = f"{sys.base_prefix}/lib"
        child = subprocess.Popen(
            [str(executable), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "PYTHONHOME": sys.base_prefix, "LD_LIBRARY_PATH": library},
        )
        children.append(child)
        assert child.stdout is not None
        return int(child.stdout.readline())

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def imitate(launch: Launch, tmp_path: Path) -> Callable[..., int]:
    """Start an imitation of an engine: native as a copied program, Python ones by their script's name."""

    def start(
        routes: Routes, *, program: str | None = None, script: str | None = None, args: str = ""
    ) -> int:
        file = tmp_path / f"routes-{len(list(tmp_path.iterdir()))}.json"
        file.write_text(json.dumps(routes))
        source = HERE / "imitation.py"
        if script is not None:
            source = tmp_path / script
            shutil.copy(HERE / "imitation.py", source)
        return launch(str(source), *args.split(), str(file), program=program)

    return start


@pytest.fixture
async def probe() -> AsyncIterator[Probe]:
    """Ask through the real egress and transport."""
    egress = Egress()
    transport = Transport(egress)

    async def ask(endpoint: Endpoint, method: bytes, target: bytes) -> Answer:
        grant = egress.admit_operator(
            endpoint, "discovery", Timeouts(connect=0.5, first_byte=1, idle=1, total=2)
        )
        response = await transport.send(grant, method, target)
        return Answer(response.status, response.headers, await response.read(MAX_BODY))

    yield ask
    await transport.aclose()
