"""Nothing is connected to without a grant, and no grant without a verdict."""

import ast
import asyncio
import socket
from pathlib import Path

import pytest

import wye
from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Tls
from wye.core.decision import Verdict
from wye.core.errors import EgressRefusedError
from wye.core.lane import Lane
from wye.providers.egress import Egress, Grant, Origin, Site
from wye.providers.transport.proxy import Proxy, ProxySettings

ENDPOINT = Endpoint("http", "127.0.0.1", 1, networks=LOOPBACK)


def verdict(*permitted: str) -> Verdict:
    return Verdict(frozenset(), frozenset(permitted), {}, ceiling=False, revision="test")


def deployment(name: str = "d", lane: Lane | None = Lane.OWN, endpoint: Endpoint = ENDPOINT) -> Deployment:
    return Deployment(name, "m", "p", lane, endpoint, "a test")


def test_only_what_the_verdict_permits_is_admitted() -> None:
    egress = Egress()
    admitted = deployment()
    grant = egress.admit(verdict("d", "e"), admitted)
    assert egress.admit(verdict("d"), admitted) is grant
    # The cached grant of an earlier verdict opens nothing for a later one.
    for other in (verdict(), verdict("e")):
        with pytest.raises(EgressRefusedError, match="does not permit 'd'"):
            egress.admit(other, admitted)


def test_an_unproven_lane_is_never_admitted() -> None:
    with pytest.raises(EgressRefusedError, match="not proven"):
        Egress().admit(verdict("d"), deployment(lane=None))


def test_a_deployment_that_changed_gets_a_new_grant() -> None:
    egress = Egress()
    first = egress.admit(verdict("d"), deployment())
    moved = deployment(endpoint=Endpoint("http", "127.0.0.1", 2, networks=LOOPBACK))
    second = egress.admit(verdict("d"), moved)
    assert second is not first
    assert (first.origin.site.port, second.origin.site.port) == (1, 2)


def test_grants_and_origins_cannot_be_made_elsewhere() -> None:
    origin = Egress().admit_operator(ENDPOINT, "a test").origin
    with pytest.raises(TypeError):
        Grant(object(), origin, deployment().timeouts, "forged", replayable=True)
    with pytest.raises(TypeError):
        Origin(object(), origin.site, ENDPOINT, None, Egress().opened)


def test_connections_are_shared_only_where_all_that_matters_is_equal() -> None:
    egress = Egress()

    def site(lane: Lane = Lane.OWN, **changes: object) -> Site:
        endpoint = Endpoint(**({"scheme": "https", "host": "h", "port": 1, "networks": LOOPBACK} | changes))
        return egress.admit(verdict("d"), deployment(lane=lane, endpoint=endpoint)).origin.site

    base = site()
    assert site(base_path="/other") is base
    different = [site(Lane.HOSTED), site(scheme="http"), site(host="i"), site(port=2)]
    different += [site(networks=None), site(tls=Tls(ca_file="ca.pem"))]
    assert len({base, *different}) == 7
    operator = egress.admit_operator(Endpoint("https", "h", 1, networks=LOOPBACK), "probe").origin.site
    assert operator not in {base, *different}


@pytest.mark.parametrize("scheme", ["ftp", "file", "unix", ""])
def test_only_http_and_https(scheme: str) -> None:
    with pytest.raises(EgressRefusedError, match="not http or https"):
        Egress().admit_operator(Endpoint(scheme, "h", 1), "a test")


@pytest.mark.parametrize("target", [b"", b"x", b"http://h/", b"/ x", b"/x\r\nA: b", b"/\x7f", b"/\xff"])
def test_a_target_cannot_end_the_request_line(target: bytes) -> None:
    origin = Egress().admit_operator(ENDPOINT, "a test").origin
    with pytest.raises(ValueError, match="not a method and an origin-form target"):
        origin.head(b"GET", target)
    with pytest.raises(ValueError, match="not a method"):
        origin.head(b"GET /x HTTP/1.1\r\n", b"/")


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1"])
async def test_the_address_is_checked_where_it_is_connected_to(address: str) -> None:
    egress = Egress()
    origin = egress.admit_operator(Endpoint("http", "rebound.example", 80), "a test").origin
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(EgressRefusedError, match="is not public"):
        await origin.connect(family, (address, 80))
    assert egress.opened == {}
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "::1"])
async def test_a_proxy_does_not_open_what_is_closed(address: str) -> None:
    egress = Egress(ProxySettings(https=Proxy("127.0.0.1", 3128)))
    origin = egress.admit_operator(Endpoint("https", address, 443), "a test").origin
    assert origin.proxy is not None
    with pytest.raises(EgressRefusedError, match="is not public"):
        await origin.connect(socket.AF_INET, ("127.0.0.1", 3128))
    assert egress.opened == {}


def test_no_other_module_opens_connections() -> None:
    """The names that open connections occur in the egress alone; a listener may be served elsewhere."""
    opening = {"sock_connect", "open_connection", "urlopen", "HTTPConnection", "connect_ex"}
    root = Path(wye.__file__).parent
    found = set()
    for path in (root / "providers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if name in opening:
                found.add(path.relative_to(root).as_posix())
    assert found == {"providers/egress.py"}
