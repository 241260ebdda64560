"""The gateway's life: start everything in order, serve, drain, and stop it in reverse."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wye.catalog.deployments import Timeouts
from wye.config.addresses import Address, parse_endpoint, parse_listen
from wye.config.load import Loaded, read
from wye.config.retention import retain_days
from wye.config.settings import Settings, TelemetrySettings
from wye.config.upstreams import TlsSettings
from wye.config.watch import Files
from wye.core.errors import LedgerError
from wye.gateway import openfiles, retention
from wye.gateway.accesslog import AccessLog
from wye.gateway.admin import Admin
from wye.gateway.app import App
from wye.gateway.attempts import Attempts
from wye.gateway.books import Books
from wye.gateway.downstream import Heart
from wye.gateway.finding import Finder
from wye.gateway.fleet import Fleet
from wye.gateway.guard import check_bind
from wye.gateway.keys import Caller, KeyRing, bootstrap_key
from wye.gateway.learnt import LearntRoutes
from wye.gateway.limits import Limits
from wye.gateway.limitstore import MemoryStore
from wye.gateway.lineage import Lineage
from wye.gateway.listener.server import Listener
from wye.gateway.loads import Loads
from wye.gateway.masked import Masker
from wye.gateway.metrics import Metrics, Reading
from wye.gateway.pipeline import Pipeline
from wye.gateway.reload import Reload
from wye.gateway.responses import Responses
from wye.gateway.retrieval import Retrieval
from wye.gateway.runtime import Runtime
from wye.gateway.shadow import Shadows
from wye.gateway.telemetry import Exporter, otlp_headers
from wye.ledger import KeyStore, Ledger, Reader
from wye.ledger.database import describe, locate
from wye.ledger.sealing import Sealing
from wye.ledger.spool import Lock, private_directory
from wye.ledger.turns import Turns
from wye.policy.revisions import FILE as SEEN
from wye.providers.egress import Egress
from wye.providers.transport.proxy import ProxySettings
from wye.providers.transport.transport import Transport
from wye.routing.features import extractor

log = logging.getLogger("wye")

GC_THRESHOLDS = (20_000, 20, 50)
"""A request makes few cycles; the default of 700 objects looks for them several times a millisecond."""
INSPECTORS_SECONDS = 20.0
"""For the processes that look into requests to get ready, before the gateway says that it is."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    config: Path | None
    state_dir: Path
    listen: Address | None = None
    human_log: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """What the start-up panel shows."""

    url: str
    runtime: Runtime
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    keys_required: bool
    ledger: str
    """Where records are kept, for people."""


async def serve(options: Options, announce: Callable[[Started], None]) -> None:
    """Run until SIGINT or SIGTERM; then finish what is under way.

    Raises `ConfigError`, `LedgerError` or `OSError` when it cannot start.
    """
    loaded, files = _read(options.config)
    settings = loaded.settings
    listen = options.listen or parse_listen(settings.listen)
    _allow_connections(settings.listener.connections)
    async with contextlib.AsyncExitStack() as stack:
        place = describe(locate(settings.ledger, options.state_dir))
        stack.enter_context(_alone(options.state_dir))
        ledger = Ledger.open(settings.ledger, options.state_dir)
        stack.callback(ledger.close)
        reader = stack.enter_context(Reader(settings.ledger, options.state_dir))
        store = MemoryStore(reader.spent)
        keys = _key_ring(settings, stack.enter_context(KeyStore(settings.ledger, options.state_dir)), store)
        stack.callback(keys.close)
        check_bind(listen, has_keys=keys.required and keys.any_usable)
        egress = Egress(ProxySettings.from_environ(os.environ))
        transport = Transport(egress)
        stack.push_async_callback(transport.aclose)
        fleet = Fleet(settings, options.state_dir, os.environ, egress, transport)
        stack.push_async_callback(fleet.stop)
        await fleet.start()
        limits, metrics = Limits(store), Metrics()
        runtime = Runtime(keys, limits, metrics, LearntRoutes(options.state_dir), options.state_dir / SEEN)
        runtime.count = _counting(settings, ledger, limits)
        runtime.health.engine_down = fleet.reason_down
        stack.callback(runtime.inspectors.stop)
        runtime.load(settings, fleet.all_of(fleet.found), fleet.dynamic_of(fleet.found))
        access_log = _access_log(settings, human=options.human_log)
        if access_log is not None:
            stack.callback(access_log.close)
        exporter = _exporter(settings.telemetry, egress, transport, runtime)
        if exporter is not None:
            exporter.start()
            stack.push_async_callback(exporter.close)
        books, heart = Books(ledger, metrics, access_log, exporter), Heart()
        responses = Responses(
            stack.enter_context(Turns(settings.ledger, options.state_dir, _ready(ledger.sealing, runtime)))
        )
        finder = Finder(runtime.inspectors, lambda: runtime.now.settings.detection)
        attempts = Attempts(egress, transport, limits, runtime.health, Masker(finder.find))
        shadows = Shadows(runtime, attempts, books)
        app = App(
            Pipeline(
                *(runtime, attempts, books, heart, responses, shadows),
                stack.enter_context(contextlib.closing(Lineage.open(options.state_dir, settings.lineage))),
            ),
            Retrieval(runtime, responses, books, egress, transport),
            Admin(runtime, metrics, lambda: ledger.trouble, reader.get).app(),
        )
        reload = Reload(files, runtime, fleet)
        _beside(
            stack,
            *(heart.run(), runtime.health.run(), reload.watch(), reload.rediscover(), reload.relearn()),
            *(
                Loads(runtime, egress, transport).run(),
                responses.sweep(),
                retention.sweep(ledger.sealing),
                shadows.run(),
            ),
        )
        await _settle(runtime)  # before anybody can ask
        listener = await stack.enter_async_context(
            Listener(app, settings.listener, str(listen), transport.outbox)  # both sides write together
        )
        metrics.readings(
            lambda: (
                *_gates(runtime),
                *_machines(runtime),
                *shadows.readings(),
                *runtime.inspectors.readings(),
                *_depths(ledger, egress, keys),
                *_losses(listener, exporter, access_log),
            )
        )
        keys.start()
        notes = (*map(str, loaded.warnings), *fleet.notes)
        announce(Started(listener.url, runtime, fleet.missing, notes, keys.required, place))
        await _told_to_stop()
        log.info(
            "draining: %d requests finish within %g s; a second signal ends them at once",
            sum(gate.active + gate.waiting for gate in runtime.gates.values()),
            settings.listener.drain_seconds,
        )


def _read(config: Path | None) -> tuple[Loaded, Files | None]:
    """Return the settings, and the files that they are made of, as those were before anybody read them."""
    files = None if config is None else Files(config)
    loaded = read(config)
    if files is not None:
        files.follow(loaded.settings)
    return loaded, files


def _counting(settings: Settings, ledger: Ledger, limits: Limits) -> Callable[[Caller], None]:
    """Return what every request passes; while records cannot be sealed, where config says so, none does."""
    if not settings.ledger.transparency:
        return limits.admit

    def count(caller: Caller) -> None:
        ledger.demand_sealing()
        limits.admit(caller)

    return count


def _ready(sealing: Sealing, runtime: Runtime) -> Sealing:
    """Have retention follow the settings in force, and open the vault, if there is one, before it is used."""
    sealing.retain_days = lambda labels: retain_days(runtime.now.settings, labels)
    if sealing.exists:
        _ = sealing.vault  # which is held against the receipts of erasures
    return sealing


async def _settle(runtime: Runtime) -> None:
    """Have what requests need at hand, and out of the collector's way."""
    if not await runtime.inspectors.ready(INSPECTORS_SECONDS):
        log.warning("what looks into requests is not ready: until it is, labels are raised")
    extractor()  # else the first request of a route waits 50 ms for it
    # What start-up made stays: the collector need not look at it again and again under load.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _alone(state_dir: Path) -> Lock:
    """Hold the state directory. Raises `LedgerError` when another gateway does.

    Limits and budgets are counted in memory: two gateways would each let a key spend all of its budget.
    """
    try:
        return Lock(private_directory(state_dir) / "gateway.lock", wait=False)
    except BlockingIOError:
        message = (
            f"another gateway is running on {state_dir}: stop it, or give this one a directory of its own "
            "with --state-dir"
        )
        raise LedgerError(message) from None
    except OSError as error:
        message = f"cannot use the state directory {state_dir}: {error.strerror}; choose one with --state-dir"
        raise LedgerError(message) from error


def _allow_connections(count: int) -> None:
    wanted = openfiles.needed(count)
    if (allowed := openfiles.allow(wanted)) < wanted:
        log.warning(
            "listener.connections is %d, which can need %d open files, and %d are allowed: "
            "raise the hard limit (ulimit -Hn, LimitNOFILE), or lower the setting",
            count,
            wanted,
            allowed,
        )


def _key_ring(settings: Settings, keys: KeyStore, limits: MemoryStore) -> KeyRing:
    def seed(callers: Iterable[Caller]) -> None:
        for caller in callers:
            if caller.budget is not None:
                limits.seed(caller.account, caller.budget, time.time())

    return KeyRing(settings.keys, keys, bootstrap_key(settings.keys, os.environ), seed)


def _beside(stack: contextlib.AsyncExitStack, *works: Coroutine[None, None, None]) -> None:
    for work in works:
        task = asyncio.create_task(work)
        task.add_done_callback(_report)
        stack.push_async_callback(_stopped, task)


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a background task ended: %r", error, exc_info=error)


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)  # a second one ends the process at once


def _access_log(settings: Settings, *, human: bool) -> AccessLog | None:
    return AccessLog(sys.stdout, human=human) if settings.listener.access_log else None


def _exporter(
    settings: TelemetrySettings, egress: Egress, transport: Transport, runtime: Runtime
) -> Exporter | None:
    """Return the OTLP exporter if an endpoint is set, here or in the environment.

    Raises `ValueError` for a URL that is none.
    """
    url = settings.otlp_endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not url:
        return None
    # The operator chose the address, and what goes there holds no request data: any address will do.
    endpoint = parse_endpoint(url, ("0.0.0.0/0", "::/0"), TlsSettings())
    grant = egress.admit_operator(endpoint, "telemetry", Timeouts(first_byte=10.0, idle=10.0, total=20.0))
    head = otlp_headers(os.environ.get(settings.otlp_headers_env, ""))
    base = endpoint.base_path.encode()

    async def post(path: bytes, body: bytes) -> int:
        response = await transport.send(grant, b"POST", base + path, head.reveal().encode("latin-1"), body)
        await response.read(65_536)
        return response.status

    return Exporter(post, runtime.deployment, settings.service_name)


def _gates(runtime: Runtime) -> Iterator[Reading]:
    for name, gate in runtime.gates.items():
        yield "wye_in_flight", "Requests at a deployment", {"deployment": name}, gate.active
        yield "wye_queued", "Requests waiting for a deployment", {"deployment": name}, gate.waiting
        down = float(bool(runtime.health.reason_down(name)))
        yield "wye_resting", "1 = tried last, since it is not expected to answer", {"deployment": name}, down
        load = runtime.health.load(name)
        full = float(load is not None and bool(load.saturated))
        yield "wye_saturated", "1 = others go first until it has let up", {"deployment": name}, full
    for route, opinions in runtime.now.router.opinions.items():
        told = "Prompts of which a defect left no opinion, so that strong serves"
        yield "wye_opinion_defects_total", told, {"route": route}, opinions.defects


def _machines(runtime: Runtime) -> Iterator[Reading]:
    for name in runtime.gates:
        made = runtime.deployment(name)
        if made is not None and made.machine_hour is not None:
            told = "USD that a deployment's machines cost an hour, busy or idle"
            yield "wye_machine_hourly_cost", told, {"deployment": name}, float(made.machine_hour)


def _depths(ledger: Ledger, egress: Egress, keys: KeyRing) -> Iterator[Reading]:
    for scope, count in egress.opened.items():
        yield "wye_connections_opened_total", "Upstream connections since start", {"scope": scope}, count
    yield "wye_ledger_lag_seconds", "Age of the oldest record not in the database", {}, ledger.lag
    yield "wye_ledger_backlog_bytes", "Records in the spool only", {}, ledger.backlog
    trouble = float(bool(keys.trouble))
    yield "wye_keys_trouble", "1 = keys cannot be read, the last ones stay in force", {}, trouble


def _losses(listener: Listener, exporter: Exporter | None, access_log: AccessLog | None) -> Iterator[Reading]:
    for status, count in listener.state.refused.items():
        yield "wye_refused_total", "Requests the listener refused", {"status": str(status)}, count
    if exporter is not None:
        yield "wye_spans_dropped_total", "Spans no collector got", {}, exporter.dropped
    if access_log is not None:
        yield "wye_access_log_dropped_total", "Access log lines nobody got", {}, access_log.dropped
