"""Which addresses are public, whatever Python's release thinks of them."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import LOOPBACK
from wye.providers.transport import addresses

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:10::1",
    "2001:20::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:808:808::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2003::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


KINDS = ["private", "multicast", "link_local", "loopback", "reserved", "unspecified"]


def public(text: str) -> bool:
    address = addresses.parse(text)
    assert address is not None
    return addresses.is_public(address)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_what_is_not_public(text: str) -> None:
    assert not public(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public(text: str) -> None:
    assert public(text)


@given(st.ip_addresses(v=4))
def test_a_mapped_or_translated_address_is_as_public_as_the_one_inside(inner: ipaddress.IPv4Address) -> None:
    expected = addresses.is_public(inner)
    assert public(f"::ffff:{inner}") == expected
    assert addresses.is_public(ipaddress.IPv6Address(f"::ffff:{inner}")) == expected
    assert public(f"64:ff9b::{inner}") == expected


@given(st.ip_addresses())
def test_public_is_never_what_python_calls_private_or_reserved(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    embedding = address.version == 6 and (address.ipv4_mapped or int(address) >> 32 == 0x0064FF9B << 64)
    if addresses.is_public(address) and not embedding:
        assert [kind for kind in KINDS if getattr(address, f"is_{kind}")] == []


@pytest.mark.parametrize("text", ["localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "", "::g"])
def test_what_is_a_name_is_not_an_address(text: str) -> None:
    assert addresses.parse(text) is None


def test_networks_replace_the_rule() -> None:
    loopback, mapped = addresses.parse("127.0.0.1"), addresses.parse("::ffff:127.0.0.1")
    public_one = addresses.parse("8.8.8.8")
    assert loopback is not None
    assert mapped is not None
    assert public_one is not None
    assert addresses.acceptable(loopback, LOOPBACK)
    assert addresses.acceptable(mapped, LOOPBACK)
    assert not addresses.acceptable(public_one, LOOPBACK)
    assert not addresses.acceptable(loopback, None)
    assert not addresses.acceptable(loopback, ())
