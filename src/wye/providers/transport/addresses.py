"""Which addresses an endpoint may have.

The blocks are those of the IANA special-purpose address registries (RFC 6890, RFC 8190), written down
here because `ipaddress.is_global` differs between Python releases.
"""

import ipaddress

from wye.catalog.deployments import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the cloud metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
    )
)
_GLOBAL_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo (RFC 4380) among them
        "2001:db8::/32",
        "2002::/16",  # 6to4 (RFC 7526: deprecated), which embeds any IPv4 address
        "3fff::/20",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF


def parse(text: str) -> Address | None:
    """Return the address `text` spells, IPv4-mapped ones as IPv4; None = it is a name."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Whether `address` is globally routable unicast."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & _IPV4_BITS))
    return address in _GLOBAL_UNICAST_6 and not any(address in block for block in _NOT_PUBLIC_6)


def acceptable(address: Address, networks: tuple[Network, ...] | None) -> bool:
    """Whether `address` lies in one of `networks`, or is public where `networks` is None."""
    if networks is None:
        return is_public(address)
    return any(address.version == network.version and address in network for network in networks)
