"""Measure what masking adds to the first byte of a stream, in one gateway: masked and unmasked, in turn.

    python bench/masking.py [--rounds 200] [--kilobytes 1 2 8] [--same]

Each request holds a text that was not seen before, with a name, a date, a telephone number and an e-mail
address every 400 bytes or so, and goes to an upstream on this machine that streams at once. `--same` asks
with one text again and again, as a conversation does with what it said before.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

import contestants
import httptools
import uvloop
import yaml

NAMES = ["Anna Kowalski", "James Whitfield", "Maria Gonzalez", "Peter Lindqvist", "Sofia Romano"]
WORDS = ["invoice", "delivery", "machine", "contract", "garden", "sample", "lesson", "kitchen", "window"]
PROSE = """The {a} report says that the {b} was checked twice before the {c} arrived. {name} rang on {day} and
asked whether the {a} could be moved, since the {c} takes longer than planned; the number is {phone}. We
agreed to look at the {b} again next week, and to write to {mail} once the {c} is there. Nothing else is open
for now, but for the {a}, which nobody has seen. """
EVENTS = 3


def text(size: int) -> str:
    """Write prose of `size` characters that nobody has seen."""
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        name = secrets.choice(NAMES)
        a, b, c = (secrets.choice(WORDS) for _ in range(3))
        number = secrets.randbelow(10**7)
        phone = f"(212) {number // 10**4:03d}-{number % 10**4:04d}"
        day = f"{1 + number % 28} March {1950 + number % 70}"
        mail = f"{name.split()[0].lower()}{number}@example.com"
        parts.append(PROSE.format(a=a, b=b, c=c, name=name, day=day, phone=phone, mail=mail))
    return "".join(parts)[:size]


class Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.first = 0.0
        self.masked = False
        self.done: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing is sent yet."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self.parser.feed_data(data)

    def on_header(self, name: bytes, _: bytes) -> None:
        """What was masked is named."""
        self.masked = self.masked or name.lower() == b"x-wye-masked"

    def on_body(self, _: bytes) -> None:
        """The first byte of the stream, or another."""
        self.first = self.first or time.perf_counter()

    def on_message_complete(self) -> None:
        """The stream is over."""
        self.done.set_result(None)

    async def ask(self, request: bytes, *, masked: bool) -> float:
        """Send and wait for the end; return milliseconds to the first byte of the stream."""
        self.first, self.masked = 0.0, False
        self.done = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        began = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]  # a transport that writes
        await asyncio.wait_for(self.done, 30)
        if self.parser.get_status_code() != 200 or self.masked != masked:
            message = f"status {self.parser.get_status_code()}, masked: {self.masked}"
            raise RuntimeError(message)
        return (self.first - began) * 1e3


def asked(content: str, key: str, *, masked: bool) -> bytes:
    """Give the bytes of a request."""
    body = json.dumps(
        {"model": "bench/gpt", "stream": True, "messages": [{"role": "user", "content": content}]}
    ).encode()
    lines = [
        f"POST {contestants.PATH} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Authorization: Bearer {key}",
        f"x-wye-label: {'masked' if masked else 'plain'}",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def measure(port: int, key: str, sizes: list[int], rounds: int, *, same: bool) -> None:
    """Print a line a size."""
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    for size in sizes:
        content = text(size * 1024)
        await client.ask(asked(content, key, masked=True), masked=True)
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            for masked, found in times.items():
                content = content if same else text(size * 1024)
                found.append(await client.ask(asked(content, key, masked=masked), masked=masked))
        plain, masked_p50 = (statistics.median(found) for found in times.values())
        plain_p90, masked_p90 = (statistics.quantiles(found, n=10)[-1] for found in times.values())
        sys.stdout.write(
            f"{size} KB: first byte after {plain:.2f} ms, masked {masked_p50:.2f} ms "
            f"(p90 {plain_p90:.2f}, {masked_p90:.2f}): + {masked_p50 - plain:.2f} ms\n"
        )
        sys.stdout.flush()


def settings() -> dict[str, object]:
    """Give the configuration: an upstream outside, and two labels that let a request go there."""
    place = {
        "base_url": f"http://127.0.0.1:{contestants.STREAMS}/v1",
        "lane": "closed",
        "networks": ["127.0.0.0/8"],
    }
    return {
        "deployments": {"bench/gpt": {"model": "gpt-bench", **place}},
        "labels": {"plain": {"lanes": ["closed"]}, "masked": {"lanes": ["closed"], "mask": "all"}},
        "discovery": {"environment": False, "engines": False},
        "embedded": {"enabled": False},
        "keys": {"required": True},
        "listener": {"access_log": False},
    }


def main() -> None:
    """Read the command line, start upstream and gateway, and measure."""
    parser = argparse.ArgumentParser(description="Measure what masking adds to the first byte of a stream.")
    parser.add_argument("--rounds", type=int, default=200, help="requests of each kind a size (200)")
    parser.add_argument("--kilobytes", type=int, nargs="+", default=[1, 2, 8], help="of text a request")
    parser.add_argument("--same", action="store_true", help="one text again and again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wye-masking-") as name:
        folder, key, port = Path(name), f"wye_{secrets.token_urlsafe(32)}", contestants.PORT + 2
        config = folder / "wye.yaml"
        config.write_text(yaml.safe_dump(settings()), encoding="utf-8")
        serve = [str(contestants.BIN / "wye"), "serve", "--config", str(config)]
        env = {"WYE_STATE_DIR": str(folder / "state"), "WYE_BOOTSTRAP_KEY": key}
        streamer = [sys.executable, str(contestants.HERE / "sse_upstream.py"), str(contestants.STREAMS)]
        with (
            contestants.started("streams", [*streamer, str(EVENTS)], contestants.STREAMS, folder, {}),
            contestants.started("wye", [*serve, "--listen", f"127.0.0.1:{port}"], port, folder, env),
        ):
            uvloop.run(measure(port, key, options.kilobytes, options.rounds, same=options.same))


if __name__ == "__main__":
    main()
