"""Ports, proxies, and providers played by a real HTTP server."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from wye.cli.checkup import network
from wye.cli.checkup.finding import Finding, Level
from wye.config.settings import DiscoverySettings, Settings
from wye.config.upstreams import ProviderSettings


@dataclass
class Site:
    """A server: bodies by path, others are 404; what it was sent."""

    port: int = 0
    pages: dict[str, tuple[int, str]] = field(default_factory=dict)
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    def settings(self) -> Settings:
        return Settings(listen=f"127.0.0.1:{self.port}")


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.seen.append((self.path, self.headers["authorization"]))
        status, body = self.site.pages.get(self.path, (404, "no"))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": state})) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_a_free_port() -> None:
    assert network.port(Settings(listen=f"127.0.0.1:{free_port()}")).level is Level.OK


def test_a_port_that_wye_has(site: Site) -> None:
    site.pages = {"/healthz": (200, "ok\n"), "/readyz": (200, "ready\n")}
    assert network.port(site.settings()).message == f"wye runs on 127.0.0.1:{site.port} and is ready"
    site.pages["/readyz"] = (503, "the database is away\n")
    found = network.port(site.settings())
    assert found.level is Level.WARN
    assert "is not ready" in found.message


def test_a_port_that_something_else_has(site: Site) -> None:
    found = network.port(site.settings())
    assert found.level is Level.FAIL
    assert "Address already in use" in found.message


def test_a_port_that_is_none() -> None:
    assert network.port(Settings(listen="nonsense")).level is Level.FAIL


def test_proxies() -> None:
    (found,) = network.proxies({})
    assert found.message == "none: providers are reached directly"
    used, unused = network.proxies(
        {"HTTPS_PROXY": "http://ada:secret@proxy:3128", "NO_PROXY": "localhost,.corp", "ALL_PROXY": "x"}
    )
    assert used.message == "https through proxy:3128, but for localhost, .corp"
    assert unused.level is Level.WARN
    (bad,) = network.proxies({"HTTP_PROXY": "socks5://ada:secret@proxy"})
    assert bad.level is Level.FAIL
    assert "secret" not in f"{used}{bad}"


def provider(site: Site) -> Settings:
    return Settings(
        discovery=DiscoverySettings(engines=False),
        providers={
            "acme": ProviderSettings(
                base_url=f"http://127.0.0.1:{site.port}/v1",
                api_key_env="ACME_KEY",
                networks=("127.0.0.0/8",),
                models=("big", "small"),
            )
        },
    )


async def about_key(site: Site, status: int) -> Finding:
    site.pages = {"/v1/models": (status, "{}")}
    found = await network.upstreams(provider(site), {"ACME_KEY": "sk-acme"}, online=True)
    assert "sk-acme" not in msgspec.json.encode(found).decode()
    return next(one for one in found if one.check == "key of acme")


async def test_a_key_is_shown_only_when_asked(site: Site) -> None:
    await network.upstreams(provider(site), {"ACME_KEY": "sk-acme"}, online=False)
    assert site.seen == []
    assert (await about_key(site, 200)).level is Level.OK
    assert site.seen == [("/v1/models", "Bearer sk-acme")]


@pytest.mark.parametrize(("status", "level"), [(401, Level.FAIL), (403, Level.FAIL), (500, Level.WARN)])
async def test_a_key_that_is_not_accepted(site: Site, status: int, level: Level) -> None:
    assert (await about_key(site, status)).level is level


async def test_a_provider_that_cannot_be_reached() -> None:
    found = await network.upstreams(provider(Site(free_port())), {"ACME_KEY": "sk-acme"}, online=True)
    (key,) = [one for one in found if one.check == "key of acme"]
    assert key.level is Level.WARN
    assert "cannot be reached" in key.message


async def test_nothing_is_there() -> None:
    settings = Settings(discovery=DiscoverySettings(engines=False))
    found = await network.upstreams(settings, {}, online=True)
    assert {one.level for one in found} == {Level.WARN}
    todo = "set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for the closed lane"
    assert ("the closed lane has nothing that serves it", todo) in [(one.message, one.todo) for one in found]


async def test_what_is_found_stands_by_its_source() -> None:
    settings = Settings(discovery=DiscoverySettings(engines=False))
    found = await network.upstreams(settings, {"OPENAI_API_KEY": "sk-x"}, online=False)
    assert found[0].level is Level.OK
    assert found[0].message.startswith("OPENAI_API_KEY: ")
    assert found[0].message.endswith("models, closed")
