"""The embedded engine: two deployments in the own lane that need no key and no network."""

import asyncio
import contextlib
import os
from pathlib import Path

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Profile
from wye.catalog.names import EMBEDDED_CHAT, EMBEDDED_EMBEDDING
from wye.catalog.providers import ENGINES
from wye.config.settings import EmbeddedSettings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.providers.embedded import weights
from wye.providers.embedded.process import Process, Program
from wye.providers.embedded.weights import EmbeddedUnavailableError

CHAT_ID, EMBEDDING_ID = EMBEDDED_CHAT, EMBEDDED_EMBEDDING
FOUND_BY = "comes with wye"
EMBEDDING_CONTEXT_TOKENS = 512
_PACKAGE = "wye.providers.embedded"


class EmbeddedEngine:
    """Starts, watches and stops the children. Use from one event loop, whose thread outlives it.

    Attributes: `deployments` can be used as soon as the engine is constructed, `reason_down` says
    whether one serves. Raises `EmbeddedUnavailableError` when constructed without the packages.
    """

    def __init__(self, settings: EmbeddedSettings, state_dir: Path) -> None:
        self._state_dir = state_dir
        programs = {CHAT_ID: _chat_program(settings, state_dir)}
        if settings.embeddings:
            with contextlib.suppress(EmbeddedUnavailableError):  # chat works without; `deployments` shows it
                programs[EMBEDDING_ID] = _embedding_program(settings, state_dir)
        self._processes = {name: Process(program) for name, program in programs.items()}
        self._settings = settings
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once chat serves; embeddings come up beside it and are not waited for.

        Raises `EmbeddedUnavailableError`, with nothing left running, when chat cannot serve.
        """
        self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # for their logs
        if EMBEDDING_ID in self._processes:
            self._starting = asyncio.create_task(self._start_embeddings(), name="start of embeddings")
        try:
            await self._processes[CHAT_ID].start()
        except BaseException:
            await self.drain_and_stop(0)
            raise

    async def ready(self) -> None:
        """Wait until both children serve or have said why they will not."""
        if self._starting is not None:
            await self._starting

    async def _start_embeddings(self) -> None:
        with contextlib.suppress(EmbeddedUnavailableError):  # kept in `down`, which `reason_down` tells
            await self._processes[EMBEDDING_ID].start()

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """What the engine serves."""
        makers = {CHAT_ID: _chat_deployment, EMBEDDING_ID: _embedding_deployment}
        return tuple(makers[name](process, self._settings) for name, process in self._processes.items())

    def reason_down(self, deployment_id: str) -> str | None:
        """Say why a deployment does not serve now; None = it does."""
        process = self._processes.get(deployment_id)
        return "not part of the embedded engine" if process is None else process.down

    def pids(self) -> dict[str, int]:
        """Process ids of the running children, by deployment id."""
        return {name: process.pid for name, process in self._processes.items() if process.pid is not None}

    async def drain_and_stop(self, finish_seconds: float = 10.0) -> None:
        """Stop the children once what they serve is finished, at the latest after `finish_seconds`.

        The gateway stops sending first: a request that arrives meanwhile may be cut.
        """
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        await asyncio.gather(*(process.stop(finish_seconds) for process in self._processes.values()))


def _chat_program(settings: EmbeddedSettings, state_dir: Path) -> Program:
    return Program(
        module=f"{_PACKAGE}.chat_engine",
        weights=weights.chat_weights(),
        log=state_dir / "embedded-chat.log",
        threads=settings.threads or chat_threads(usable_cores()),
        slots=settings.slots,
        context_tokens=settings.context_tokens,
    )


def _embedding_program(settings: EmbeddedSettings, state_dir: Path) -> Program:
    return Program(
        module=f"{_PACKAGE}.embedding_engine",
        weights=weights.embedding_weights(),
        log=state_dir / "embedded-embeddings.log",
        threads=settings.threads or usable_cores(),
        slots=1,
        context_tokens=EMBEDDING_CONTEXT_TOKENS,
    )


def _endpoint(process: Process) -> Endpoint:
    return Endpoint("http", "127.0.0.1", process.port, networks=LOOPBACK)


def _chat_deployment(process: Process, settings: EmbeddedSettings) -> Deployment:
    return Deployment(
        id=CHAT_ID,
        model="smollm2-135m",
        provider="embedded",
        lane=Lane.OWN,
        endpoint=_endpoint(process),
        found_by=FOUND_BY,
        api_key=process.key,
        # tools: the model was not trained to call them. json: the grammar holds it to any schema.
        profile=Profile(
            context_tokens=settings.context_tokens // settings.slots, tools=False, vision=False, json=True
        ),
        slots=settings.slots,
        also=ENGINES["embedded"].also,
        spelling=ENGINES["embedded"].spelling,
        concurrency=settings.slots,
    )


def _embedding_deployment(process: Process, _: EmbeddedSettings) -> Deployment:
    return Deployment(
        id=EMBEDDING_ID,
        model="minilm-l6",
        provider="embedded",
        lane=Lane.OWN,
        endpoint=_endpoint(process),
        found_by=FOUND_BY,
        operations=frozenset({Operation.EMBEDDINGS}),
        api_key=process.key,
        profile=Profile(context_tokens=EMBEDDING_CONTEXT_TOKENS),
        concurrency=4,
    )


def chat_threads(cores: int) -> int:
    """Return how many threads generate by default: one core stays for everything else.

    llama.cpp's threads wait for each other by spinning. With a thread on each of two cores and one other
    busy process an answer fell from 68 to 5 tokens/s; with a single thread from 80 to 60.
    """
    return max(1, cores - 1)


def usable_cores(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Return how many cores this process may use: its affinity, cut to a container's quota.

    More threads than that make llama.cpp many times slower: they wait for each other at every layer.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = cgroup.read_text().split()
    except (OSError, ValueError):  # not Linux, or cgroup v1
        return cores
    return cores if quota == "max" else max(1, min(cores, round(int(quota) / int(period))))
