"""Listen addresses and base URLs."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import LOOPBACK, Tls
from wye.config.addresses import is_loopback, parse_endpoint, parse_listen, parse_network
from wye.config.upstreams import TlsSettings


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:4000", "127.0.0.1", 4000, True),
        ("localhost:0", "localhost", 0, True),
        ("[::1]:4000", "::1", 4000, True),
        ("[::]:80", "::", 80, False),
        ("0.0.0.0:80", "0.0.0.0", 80, False),
        (":4000", "0.0.0.0", 4000, False),
        ("wye.internal:443", "wye.internal", 443, False),
        ("127.8.8.8:1", "127.8.8.8", 1, True),
    ],
)
def test_listen(text: str, host: str, port: int, loopback: bool) -> None:  # noqa: FBT001  # a table
    address = parse_listen(text)
    assert (address.host, address.port, address.loopback) == (host, port, loopback)
    assert parse_listen(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4000",
        "localhost",
        "::1:4000",
        "[::1]",
        "[x]:1",
        "h:",
        "h:-1",
        "h:65536",
        "h:\u0661",
        "a b:1",
        "12:30",
    ],
)
def test_not_to_listen_at(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_listen(text)


def test_an_endpoint() -> None:
    endpoint = parse_endpoint("https://llm.example:8443/v1/", ["10.0.0.0/8"], TlsSettings(ca_file="ca.pem"))
    assert (endpoint.scheme, endpoint.host, endpoint.port, endpoint.base_path) == (
        "https",
        "llm.example",
        8443,
        "/v1",
    )
    assert endpoint.networks == (ip_network("10.0.0.0/8"),)
    assert endpoint.tls == Tls(ca_file="ca.pem")
    assert parse_endpoint("http://h").url == "http://h"


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://localhost:1", LOOPBACK),
        ("http://127.0.0.1:1", LOOPBACK),
        ("http://[::1]:1", LOOPBACK),
        ("http://10.1.2.3", (ip_network("10.1.2.3/32"),)),
        ("http://[::ffff:127.0.0.1]", LOOPBACK),
        ("http://[::ffff:10.1.2.3]", (ip_network("10.1.2.3/32"),)),
        ("http://[::ffff:8.8.8.8]", None),
        ("http://[fd00::1]", (ip_network("fd00::1/128"),)),
        ("https://api.example", None),
        ("https://8.8.8.8", None),
    ],
)
def test_an_address_in_the_url_is_its_own_permission(url: str, networks: object) -> None:
    assert parse_endpoint(url).networks == networks


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h/v1",
        "//h/v1",
        "ftp://h",
        "file:///etc/passwd",
        "http://",
        "http://u@h",
        "http://u:secret@h",
        "http://h?secret",
        "http://h#secret",
        "http://h:99999",
        "http://h/a b",
        "http://h/../admin",
        "http://h:secret/v1",
        "http://[secret]/v1",
        "http://0x7f.1",
        "http://0x7f.1.",
        "http://127.0.0.1.",
        "http://2130706433",
        "http://a..b",
        "http://[::1",
        "secret@h",
    ],
)
def test_not_an_endpoint_and_the_error_repeats_nothing(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_endpoint(url)
    assert "secret" not in str(caught.value)


def test_networks() -> None:
    assert parse_network(" 10.0.0.0/8 ") == ip_network("10.0.0.0/8")
    assert parse_network("10.0.0.1") == ip_network("10.0.0.1/32")
    with pytest.raises(ValueError, match="not a CIDR block"):
        parse_network("10.0.0.1/8")


def test_a_name_is_not_loopback_because_it_looks_like_it() -> None:
    assert not is_loopback("localhost.evil.example")
    assert not is_loopback("127.0.0.1.nip.io")


@given(st.text(max_size=40) | st.text("http:/[].@?#0123456789abc%\\", max_size=30).map("http://".__add__))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (parse_endpoint, parse_listen):
        try:
            parse(text)
        except ValueError as error:
            refused = str(error)
            assert refused
