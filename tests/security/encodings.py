"""Spellings of an address: what gets a request to an address that a look at the text would not find."""

import ipaddress
import random
from collections.abc import Iterator

FORBIDDEN_4 = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.100.100.200",
    "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.1", "192.0.0.192", "192.168.0.1",
    "192.168.255.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
"""Loopback, private networks, and where clouds keep their metadata: AWS, ECS, Alibaba, Oracle."""
FORBIDDEN_6 = (
    "::", "::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fdff::1", "fe80::1", "fe80::a9fe:a9fe",
    "fec0::1", "ff02::1", "100::1", "2001:db8::1", "2001:2::1", "3fff::1", "5f00::1", "64:ff9b:1::a00:1",
)  # fmt: skip
PUBLIC_4 = ("8.8.8.8", "1.1.1.1", "93.184.216.34", "104.18.7.192")
PUBLIC_6 = ("2606:4700:4700::1111", "2a00:1450:4001:800::200e")
NAMES = ("localhost", "LOCALHOST", "localhost.", "ip6-localhost", "metadata.google.internal", "instance-data")

FULL_WIDTH = str.maketrans("0123456789abcdefx.", "０１２３４５６７８９ａｂｃｄｅｆｘ．")  # noqa: RUF001  # the trick
ENCLOSED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")  # noqa: RUF001  # the trick
DOTS = ("。", "．", "｡")  # noqa: RUF001  # the trick; IDNA reads each as a full stop (RFC 3490)


def number(value: int, how: int) -> str:
    """One number as inet_aton(3) takes it: decimal, octal, hexadecimal, with zeros in front."""
    return (str(value), f"0{value:o}", f"0x{value:x}", f"0X{value:X}", f"0000{value:o}", f"0x000{value:x}")[
        how
    ]


def numeric(address: ipaddress.IPv4Address, draw: random.Random) -> Iterator[str]:
    """An IPv4 address of one to four numbers, each in a base of its own."""
    whole = int(address)
    a, b, c, d = address.packed
    for parts in ((whole,), (a, whole & 0xFFFFFF), (a, b, whole & 0xFFFF), (a, b, c, d)):
        yield ".".join(number(part, draw.randrange(6)) for part in parts)


def embedded(address: ipaddress.IPv4Address, draw: random.Random) -> Iterator[str]:
    """An IPv4 address within an IPv6 one, that something on the way takes out again."""
    whole = int(address)
    high, low = whole >> 16, whole & 0xFFFF
    yield f"::ffff:{address}"
    yield f"::FFFF:{high:x}:{low:x}"
    yield f"0:0:0:0:0:ffff:{high:04x}:{low:04x}"
    yield f"::ffff:0:{address}"  # SIIT (RFC 2765)
    yield f"::{address}"  # IPv4-compatible (RFC 4291 section 2.5.5.1)
    yield f"64:ff9b::{address}"  # NAT64 (RFC 6052)
    yield f"64:ff9b:1:{draw.randrange(65536):x}::{address}"  # its local prefix (RFC 8215)
    yield f"2002:{high:x}:{low:x}::{draw.randrange(1, 65536):x}"  # 6to4 (RFC 3056)
    yield f"2001:0:{draw.randrange(65536):x}::{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"  # Teredo (RFC 4380)


def written(text: str, draw: random.Random) -> Iterator[str]:
    """A host in other characters, or with something around it."""
    yield text
    yield text.upper()
    yield text.translate(FULL_WIDTH)
    yield text.translate(ENCLOSED)
    yield text.translate(SUPERSCRIPT)
    yield text.translate(BOLD)
    yield "".join(c.translate(draw.choice((FULL_WIDTH, ENCLOSED, SUPERSCRIPT, BOLD))) for c in text)
    yield text.replace(".", draw.choice(DOTS))
    yield f"{text}."
    yield f"{text}%25lo"
    yield f"[{text}]"
    yield f"user@{text}"
    yield f"example.com@{text}"
    yield f"{text}:80"
    yield f"{text}#.example.com"
    yield f"{text}\\.example.com"
    yield f"{text}\t"
    yield f" {text}"
    yield f"{text}\x00.example.com"
    yield "".join(f"%{byte:02x}" for byte in text.encode())


def random_forbidden(draw: random.Random) -> ipaddress.IPv4Address:
    network = ipaddress.ip_network(
        draw.choice(("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"))
    )
    return ipaddress.IPv4Address(int(network.network_address) + draw.randrange(network.num_addresses))


def forbidden(count: int, seed: int = 1) -> list[str]:
    """So many different spellings of addresses that nobody may be sent to."""
    draw = random.Random(seed)  # noqa: S311  # the same ones every time
    found = dict.fromkeys(host for text in (*NAMES, *FORBIDDEN_6) for host in written(text, draw))
    found |= dict.fromkeys(f"{text}%{zone}" for text in FORBIDDEN_6 for zone in ("lo", "eth0", "1", "25lo"))
    while len(found) < count:
        text = draw.choice(FORBIDDEN_4)
        address = ipaddress.IPv4Address(text) if draw.random() < 0.3 else random_forbidden(draw)
        for plain in (*numeric(address, draw), *embedded(address, draw)):
            found[plain] = None
            found[draw.choice(list(written(plain, draw)))] = None
    return list(found)[:count]


def public(seed: int = 2) -> list[str]:
    """The same tricks with addresses that anybody may be sent to."""
    draw = random.Random(seed)  # noqa: S311  # the same ones every time
    plain = [host for text in PUBLIC_4 for host in numeric(ipaddress.IPv4Address(text), draw)]
    plain += (
        [f"::ffff:{text}" for text in PUBLIC_4] + [f"64:ff9b::{text}" for text in PUBLIC_4] + list(PUBLIC_6)
    )
    return [host for text in plain for host in (text, text.translate(FULL_WIDTH))]
