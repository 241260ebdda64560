"""The surroundings: our port, proxies, engines and providers. No check sends a prompt."""

import asyncio
import socket
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import msgspec

from wye.catalog.accounts import Account
from wye.catalog.deployments import Deployment, Endpoint, Timeouts
from wye.cli.checkup.finding import Finding, fail, ok, warn
from wye.cli.client import Gateway, GatewayError, UntrustedError
from wye.cli.terminal import plain
from wye.config.addresses import Address, parse_listen
from wye.config.settings import EmbeddedSettings, Settings
from wye.core.errors import EgressRefusedError
from wye.gateway.target import credentials
from wye.providers.discovery import Answer, Discovered, discover
from wye.providers.discovery.probe import MAX_BODY
from wye.providers.egress import Egress
from wye.providers.transport.errors import TransportError
from wye.providers.transport.proxy import ProxySettings
from wye.providers.transport.transport import Transport

_PROBE = Timeouts(connect=0.5, first_byte=1.0, idle=1.0, total=2.0)
_ONLINE = Timeouts(connect=5.0, first_byte=10.0, idle=5.0, total=15.0)
_SILENCE_SECONDS = 2.0
_OK, _KEY_REFUSED = 200, (401, 403)


def port(settings: Settings) -> Finding:
    """Look whether the port is free, or wye's already."""
    try:
        address = parse_listen(settings.listen)
    except ValueError as error:
        return fail("port", f"listen: {error}")
    if (reason := _taken(address)) is None:
        return ok("port", f"{address} is free")
    host = "127.0.0.1" if address.host == "0.0.0.0" else address.host
    scheme = "https" if settings.listener.tls_cert_file else "http"
    gateway = Gateway(f"{scheme}://{Address(host, address.port)}")
    try:
        alive = gateway.get("/healthz", _SILENCE_SECONDS).strip() == b"ok"
    except UntrustedError as error:
        return _untrusted(address, error)
    except GatewayError:
        alive = False
    if not alive:
        return fail(
            "port", f"{address}: {reason}", "stop what listens there, or choose another with --listen"
        )
    try:
        gateway.get("/readyz", _SILENCE_SECONDS)
    except GatewayError as error:
        return warn("port", f"wye runs on {address} and is not ready", error.message)
    return ok("port", f"wye runs on {address} and is ready")


def _untrusted(address: Address, error: UntrustedError) -> Finding:
    """Say who has the port, as far as one can tell without trusting it: a healthy gateway is no failure."""
    if error.other_name:
        whose, todo = (
            "a certificate for another name",
            "ask it by that name: `wye models --url https://NAME:PORT`",
        )
    else:
        whose = "a certificate this machine does not trust"
        todo = "to be sure, set SSL_CERT_FILE to its CA (or certificate)"
    return warn("port", f"something with {whose} listens on {address}, probably wye", todo)


def _taken(address: Address) -> str | None:
    """Try to take the port, for a moment; return why that is not possible."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def proxies(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say which proxies the environment names. Credentials are not shown."""
    try:
        named = ProxySettings.from_environ(environ)
    except ValueError as error:
        yield fail("proxies", str(error), "write http://host:port, or unset it")
        return
    used = [
        f"{scheme} through {proxy.host}:{proxy.port}"
        for scheme, proxy in (("http", named.http), ("https", named.https))
        if proxy is not None
    ]
    bypass = f", but for {', '.join(named.bypass)}" if named.bypass and used else ""
    yield ok("proxies", (", ".join(used) + bypass) or "none: providers are reached directly")
    if environ.get("ALL_PROXY") or environ.get("all_proxy"):
        yield warn("proxies", "ALL_PROXY is set and is not used", "set HTTPS_PROXY")


async def upstreams(settings: Settings, environ: Mapping[str, str], *, online: bool) -> list[Finding]:
    """Look around as `wye serve` does. With `online`, show each provider its key."""
    try:
        egress = Egress(ProxySettings.from_environ(environ))
    except ValueError:
        egress = Egress()  # `proxies` has said so
    without_engine = msgspec.structs.replace(settings, embedded=EmbeddedSettings(enabled=False))
    async with Transport(egress) as transport:

        async def probe(endpoint: Endpoint, method: bytes, target: bytes) -> Answer:
            grant = egress.admit_operator(endpoint, "doctor", _PROBE)
            response = await transport.send(grant, method, target)
            return Answer(response.status, response.headers, await response.read(MAX_BODY))

        try:
            found = await discover(without_engine, environ, probe)
        except ValueError as error:
            return [fail("upstreams", str(error), "`wye config check` says where")]
        findings = [*_found(found.deployments), *_not_found(found)]
        if online:
            asked = (_ask(egress, transport, account) for account in found.accounts.values())
            findings += await asyncio.gather(*asked)
        return findings


def _found(deployments: Iterable[Deployment]) -> Iterator[Finding]:
    for source, several in groupby(sorted(deployments, key=lambda d: d.found_by), lambda d: d.found_by):
        group = list(several)
        lanes = sorted({d.lane.value for d in group if d.lane is not None})
        count = f"{len(group)} model{'s' if len(group) > 1 else ''}"
        if lanes:
            yield ok("upstreams", plain(f"{source}: {count}, {', '.join(lanes)}"))


def _not_found(found: Discovered) -> Iterator[Finding]:
    for note in found.notes:
        yield warn("upstreams", plain(note))
    for sentence in found.missing:
        lane = sentence.rpartition(" for ")[2]  # it reads "set X for the closed lane"
        yield warn("upstreams", plain(f"{lane} has nothing that serves it"), plain(sentence))


async def _ask(egress: Egress, transport: Transport, account: Account) -> Finding:
    """Fetch a provider's list of models with its key."""
    check, source = f"key of {account.provider.id}", account.found_by
    lines = [b"accept: application/json", *credentials(account.provider.protocol, account.key)]
    headers = b"".join(line + b"\r\n" for line in lines)
    target = f"{account.endpoint.base_path}/models".encode()
    try:
        grant = egress.admit_operator(account.endpoint, "doctor", _ONLINE)
        response = await transport.send(grant, b"GET", target, headers)
        response.abort()  # the status says it all
    except (TransportError, EgressRefusedError) as error:
        return warn(check, f"{account.endpoint.authority} cannot be reached: {error}", "check the network")
    if response.status == _OK:
        return ok(check, f"{source} is accepted by {account.endpoint.authority}")
    if response.status in _KEY_REFUSED:
        return fail(
            check, f"{account.endpoint.authority} refuses {source} ({response.status})", "renew the key"
        )
    return warn(check, f"{account.endpoint.authority} answered {response.status}", "try again later")
