"""Only programs on this machine may call a gateway without keys."""

import pytest

from wye.config.addresses import parse_listen
from wye.core.errors import ForbiddenError
from wye.gateway.guard import BindError, Guard, check_bind

LOCAL = ("127.0.0.1", 50_000)
JSON = (b"content-type", b"application/json")
HOST = (b"host", b"localhost:4000")


@pytest.mark.parametrize(
    "host",
    [b"localhost", b"LOCALHOST:4000", b"a.localhost", b"127.0.0.1:4000", b"127.9.9.9", b"[::1]", b"[::1]:80"],
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_local_program_is_served(host: bytes, peer: str) -> None:
    headers = [(b"host", host), (b"content-type", b"Application/JSON; charset=utf-8"), (b"user-agent", b"x")]
    Guard().check((peer, 1), "POST", headers)
    Guard().check((peer, 1), "GET", headers[:1])


@pytest.mark.parametrize("peer", [None, ("10.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("fe80::1%lo", 1), ("x", 1)])
def test_another_machine_is_not(peer: tuple[str, int] | None) -> None:
    with pytest.raises(ForbiddenError, match="only this machine"):
        Guard().check(peer, "GET", [HOST])


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"example.com",
        b"127.0.0.1.example.com",
        b"localhost.example.com",
        b"localhost:x",
        b"0.0.0.0:4000",
        b"[::2]",
        b"[::1",
        b"::1",
        b"[localhost]",
        b"notlocalhost",
        b"localhost:4000@example.com",
        b"2130706433",
        b"[127.0.0.1]",
        b"\xff",
    ],
)
def test_a_name_that_was_rebound_is_not(host: bytes) -> None:
    with pytest.raises(ForbiddenError, match="Host must be a loopback name"):
        Guard().check(LOCAL, "GET", [(b"host", host)])


def test_no_host_is_not() -> None:
    with pytest.raises(ForbiddenError, match="Host"):
        Guard().check(LOCAL, "GET", [])


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ((b"origin", b"https://example.com"), "other origins"),
        ((b"origin", b"null"), "other origins"),
        ((b"origin", b"http://localhost.example.com"), "other origins"),
        ((b"origin", b"file://localhost"), "other origins"),
        ((b"origin", b""), "other origins"),
        ((b"sec-fetch-site", b"cross-site"), "cross-site"),
        ((b"sec-fetch-site", b"anything new"), "cross-site"),
        ((b"forwarded", b"for=10.0.0.1"), "proxy"),
        ((b"x-forwarded-for", b"10.0.0.1"), "proxy"),
        ((b"x-forwarded-proto", b"https"), "proxy"),
        ((b"x-real-ip", b"10.0.0.1"), "proxy"),
        ((b"via", b"1.1 a"), "proxy"),
        ((b"cf-connecting-ip", b"10.0.0.1"), "proxy"),
    ],
)
def test_a_web_page_or_a_proxy_is_not(mark: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(ForbiddenError, match=why):
        Guard().check(LOCAL, "POST", [HOST, JSON, mark])


@pytest.mark.parametrize("site", [b"none", b"same-origin", b"same-site"])
def test_a_local_page_is_served(site: bytes) -> None:
    headers = [HOST, JSON, (b"origin", b"http://localhost:3000"), (b"sec-fetch-site", site)]
    Guard().check(LOCAL, "POST", headers)


@pytest.mark.parametrize(
    "kind", [None, b"text/plain", b"application/x-www-form-urlencoded", b"application/jsonx"]
)
def test_a_form_is_not(kind: bytes | None) -> None:
    headers = [HOST] if kind is None else [HOST, (b"content-type", kind)]
    with pytest.raises(ForbiddenError, match="application/json"):
        Guard().check(LOCAL, "POST", headers)


@pytest.mark.parametrize("listen", ["127.0.0.1:4000", "[::1]:4000", "localhost:4000"])
def test_loopback_binds_without_keys(listen: str) -> None:
    check_bind(parse_listen(listen), has_keys=False)


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:4000", ":4000", "[::]:4000", "192.168.0.2:4000", "example.com:80"]
)
def test_any_other_bind_needs_keys(listen: str) -> None:
    check_bind(parse_listen(listen), has_keys=True)
    with pytest.raises(BindError, match="wye keys create") as refused:
        check_bind(parse_listen(listen), has_keys=False)
    assert "WYE_BOOTSTRAP_KEY" in str(refused.value)
