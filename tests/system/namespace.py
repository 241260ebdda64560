"""Run inside a network namespace of its own: `unshare -rn python namespace.py FOLDER`.

The namespace has a loopback interface and nothing else. A public address is put on it, and a server there
stands for the whole outside: whatever reaches it would have left the machine. The kernel's own counter of
connection attempts in the namespace is read as well, so that an attempt nobody accepted counts too.

Prints one JSON object: connections outside and attempts at all, for requests that must stay and for ones
that need not.
"""

import asyncio
import fcntl
import json
import socket
import struct
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fake_upstream import Call, FakeUpstream  # found through the line above
from running import Answered, Running, running  # likewise

PUBLIC = "8.8.8.8"
SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8916, 0x8914, 0x41
MUST_STAY = ("phi", "confidential", "secret", "no-such-label", "internal,phi", "phi,public")
FAILURES = ("500", "429", "resets", "hangs", "html", "redirects", "401")


def interfaces_up() -> None:
    """Bring lo up, and give it the public address, with the ioctls of netdevice(7)."""
    with socket.socket() as any_socket:
        for name, address in (("lo", "127.0.0.1"), ("lo:1", PUBLIC)):
            request = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(any_socket, SIOCSIFADDR, request)
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), IFF_UP_RUNNING))


def attempts() -> int:
    """TCP connections that anything in this namespace began, as the kernel counts them (RFC 4022)."""
    names, values = [
        line.split()[1:]
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Tcp:")
    ]
    return int(values[names.index("ActiveOpens")])


class Outside:
    """A server on the public address that counts who connects."""

    def __init__(self) -> None:
        self.fake = FakeUpstream(PUBLIC)

        @self.fake.script("strong")
        async def strong(call: Call) -> None:
            await call.answer()

    @property
    def connections(self) -> int:
        return self.fake.connections


def failing(inside: FakeUpstream, outside: Outside) -> None:
    """Make the inside fail in every way, one of them by pointing outside."""

    @inside.script("redirects")
    async def redirects(call: Call) -> None:
        await call.answer(
            307, headers=f"Location: http://{PUBLIC}:{outside.fake.port}/v1/chat/completions\r\n"
        )

    @inside.script("resets")
    async def resets(call: Call) -> None:
        call.reset()

    @inside.script("hangs")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(30)

    @inside.script("html")
    async def html(call: Call) -> None:
        await call.answer(body=b"<html>", kind="text/html")

    def status(code: int) -> None:
        @inside.script(str(code))
        async def fails(call: Call) -> None:
            await call.answer(code, {})

    for code in (401, 429, 500):
        status(code)


def settings(inside: FakeUpstream, outside: Outside) -> dict[str, Any]:
    """Own deployments that fail, closed and hosted ones outside that work, and every way to name them."""
    own = {
        name: {
            "model": name,
            "base_url": f"http://127.0.0.1:{inside.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": int(name == "500"),
            "timeouts": {"first_byte": 0.15, "idle": 0.15, "total": 0.3},
        }
        for name in FAILURES
    }
    away = {
        f"{lane}-strong": {
            "model": "strong",
            "base_url": f"http://{PUBLIC}:{outside.fake.port}/v1",
            "lane": lane,
            "retries": 0,
            "operations": ["chat", "embeddings"],
            "profile": {"strong": True},
        }
        for lane in ("closed", "hosted")
    }
    # Says `own` but is reached at a public address: the resolved address is what counts.
    disguised = {"disguised": own["500"] | {"base_url": f"http://{PUBLIC}:{outside.fake.port}/v1"}}
    return {
        "deployments": own | away | disguised,
        "aliases": {"chain": [*FAILURES, "disguised", *away], "out": "closed-strong"},
        "routes": {"any": {"candidates": [*own, *away]}},
        "providers": {
            "openai": {"base_url": f"http://{PUBLIC}:{outside.fake.port}/v1", "api_key_env": "OPENAI_API_KEY"}
        },
    }


ROUTED = ("auto", "chain", "out", "any")
PINNED = ("closed-strong", "hosted-strong", "strong", "disguised", "openai/strong", "openai/gpt-5.5")


def ask_everything(gateway: Running, label: str | None) -> list[Answered]:
    """Ask for every name in every form."""
    headers = {"x-wye-label": label} if label else {}
    answers = []
    for model in (*ROUTED, *PINNED, *FAILURES):
        answers += [gateway.chat(model, headers, stream=stream) for stream in (False, True)]
        answers.append(gateway.ask("POST", "/v1/embeddings", {"model": model, "input": "hi"}, headers))
    return answers


def main(folder: Path) -> None:
    interfaces_up()
    inside, outside = FakeUpstream(), Outside()
    failing(inside, outside)
    environ = {"OPENAI_API_KEY": "sk-test", "HTTPS_PROXY": f"http://{PUBLIC}:{outside.fake.port}"}
    environ["HTTP_PROXY"] = environ["HTTPS_PROXY"]
    with running(folder, settings(inside, outside), environ) as gateway:
        before = attempts() - inside.connections
        stays = [answer for label in MUST_STAY for answer in ask_everything(gateway, label)]
        unexplained = attempts() - inside.connections - before - len(stays)
        kept = {
            "unexplained": unexplained,
            "outside": outside.connections,
            "answered": sum(a.status == 200 for a in stays),
        }
        statuses = sorted({a.status for a in stays})
        denied = gateway.chat("out", {"x-wye-label": "phi"})
        free = ask_everything(gateway, None)
        leaves = {"outside": outside.connections, "answered": sum(a.status == 200 for a in free)}
    told = {
        "must_stay": kept | {"requests": len(stays), "statuses": statuses},
        "may_leave": leaves | {"requests": len(free)},
        "denied": {"status": denied.status, "error": denied.json["error"]},
    }
    print(json.dumps(told))  # noqa: T201  # the result, read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
