"""Every outbound connection goes through one module: nothing else names what could open one.

`tests/security/test_one_egress.py` holds a running gateway to the same.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house import tree

MODULES = {
    "aiohttp", "ftplib", "grpc", "http.client", "httpx", "imaplib", "paramiko", "poplib", "psycopg", "redis",
    "requests", "smtplib", "socket", "socketserver", "telnetlib", "urllib.request", "urllib3", "valkey",
    "websockets", "xmlrpc",
}  # fmt: skip
"""Modules with which a connection can be opened."""
NAMES = {
    "connect_ex", "create_connection", "create_datagram_endpoint", "create_engine", "create_unix_connection",
    "getaddrinfo", "gethostbyaddr", "gethostbyname", "getnameinfo", "open_connection", "open_unix_connection",
    "sendto", "sock_connect", "sock_sendto", "urlopen", "urlretrieve",
}  # fmt: skip
"""What opens one, or asks a name server, by whatever module it is reached."""
PROGRAMS = {"subprocess", "create_subprocess_exec", "create_subprocess_shell", "execv", "execve", "execvp",
            "execvpe", "fork", "popen", "posix_spawn", "spawnv", "startfile", "system"}  # fmt: skip
"""What starts another program, which could."""
STARTERS = {"os", "asyncio", "subprocess"}

TRANSPORT = {
    "providers/egress.py": {"socket", "sock_connect"},
    "providers/transport/dial.py": {
        "socket",
        "create_connection",
    },  # around a socket of the egress: see below
    "providers/transport/resolve.py": {"socket", "getaddrinfo"},
}
"""The way out."""
ELSEWHERE = {
    # The operator's own database, where `ledger.url` names one: libpq connects, and no request names it.
    "ledger/store.py": {"psycopg"},
    "ledger/database.py": {"create_engine"},
    # A pair of sockets between the gateway and its writer, which the gateway starts: no address at all.
    "ledger/writer.py": {"socket", "subprocess"},
    "ledger/follow.py": {"socket"},
    # Such a pair between the gateway and the process that looks into requests.
    "gateway/inspectors.py": {"socket", "subprocess", "create_unix_connection"},
    "gateway/inspector.py": {"socket"},
    # Listens on loopback, to hold the port of its engine; the gateway asks the engine through the egress.
    "providers/embedded/process.py": {"socket", "subprocess", "create_subprocess_exec"},
    "providers/embedded/embedding_engine.py": {"socket"},
    # The command line asks a running gateway, and tries whether a port is free. It is another process.
    "cli/answer.py": {"http.client"},
    "cli/client.py": {"http.client"},
    "cli/checkup/network.py": {"socket"},
    "cli/serve.py": {"socket"},  # the name of an error
    "cli/launch.py": {"execve"},  # the coding agent that the person asked for, in place of this process
}
"""What is named without being a way out for a request, and why."""


WORDS = re.compile("|".join(sorted({name.partition(".")[0] for name in MODULES} | NAMES | PROGRAMS)))


def named(path: Path) -> Iterator[str]:
    """What a file names of modules, functions and programs: imported, as an attribute, or by its name."""
    source = (tree.ROOT / path).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)) if WORDS.search(source) else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (name for alias in node.names for name in (alias.name, f"{node.module}.{alias.name}"))
        elif isinstance(node, ast.Attribute):
            yield node.attr if node.attr in NAMES or getattr(node.value, "id", "") in STARTERS else ""
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            by_name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield str(node.args[0].value) if by_name in {"import_module", "__import__"} else ""


def openers(path: Path) -> set[str]:
    found = set(named(path))
    modules = {module for module in MODULES if any(n == module or n.startswith(f"{module}.") for n in found)}
    return modules | (found & (NAMES | PROGRAMS))


def test_only_the_transport_names_what_opens_connections() -> None:
    sources = {path.relative_to("src/wye").as_posix(): path for path in tree.python("src")}
    found = {name: names for name, path in sources.items() if (names := openers(path))}
    assert found == TRANSPORT | ELSEWHERE


def test_the_loop_connects_nothing_by_itself() -> None:
    """`create_connection` gets a socket that the egress has connected, never a host."""
    source = (tree.ROOT / "src/wye/providers/transport/dial.py").read_text(encoding="utf-8")
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "create_connection"
    ]
    assert len(calls) == 1
    assert [keyword.arg for keyword in calls[0].keywords] == ["sock"]
    assert len(calls[0].args) == 1


def test_the_search_finds_each_way_to_say_it(tmp_path: Path) -> None:
    ways = {
        "import urllib.request": "urllib.request",
        "from urllib import request": "urllib.request",
        "from http import client": "http.client",
        "import httpx": "httpx",
        "from asyncio import open_connection": "open_connection",
        "loop.sock_connect(sock, address)": "sock_connect",
        "import_module('requests')": "requests",
        "import os; os.system('curl')": "system",
    }
    file = tmp_path / "some.py"
    for source, name in ways.items():
        file.write_text(source)
        assert name in openers(file), source
