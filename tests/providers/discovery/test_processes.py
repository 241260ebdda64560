"""What the kernel tells of a listener; where it tells nothing, nothing is proven."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from wye.providers.discovery.processes import Process, foreign


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def test_this_process_is_found_behind_its_own_socket(listener: socket.socket) -> None:
    seen: list[Process] = []
    assert foreign(_port(listener), lambda process: not seen.append(process)) is None
    assert [process.pid for process in seen] == [os.getpid()]
    assert "(process" in (foreign(_port(listener), lambda _: False) or "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_socket_on_every_address_counts(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, dualstack_ipv6=host == "::") as server:
        assert foreign(_port(server), lambda _: True) is None


def test_a_second_listener_on_the_port_must_be_the_engine_too(listener: socket.socket) -> None:
    """One on 0.0.0.0 beside one on 127.0.0.1 could take over at any time."""
    checked: list[int] = []
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("0.0.0.0", _port(listener)))
            other.listen()
        except OSError:  # the kernel did not allow it, which is as good
            return
        foreign(_port(listener), lambda process: not checked.append(process.pid))
    assert len(checked) == 2


def test_a_port_nobody_here_listens_on_is_not_proven() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert "no process of this machine" in (foreign(_port(bound), lambda _: True) or "")


def test_without_proc_nothing_is_proven(tmp_path: Path) -> None:
    assert foreign(80, lambda _: True, tmp_path) == "this system does not tell which process listens"


LINE = "0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000 {uid} 0 4242 1 0 100 0\n"


def _proc(tmp_path: Path, uid: int, *programs: str) -> Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text("sl local_address ...\n" + LINE.format(uid=uid))
    for number, program in enumerate(programs):
        directory = tmp_path / str(100 + number)
        directory.mkdir()  # no fd, no exe: as of another user's process
        (directory / "cmdline").write_text(f"{program}\0serve\0")
    return tmp_path


def _is_ollama(process: Process) -> bool:
    return process.is_native("ollama")


def test_another_users_socket_is_proven_only_if_that_user_runs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54_321)
    owner = tmp_path.stat().st_uid or 0
    proc = _proc(tmp_path, owner, "/usr/bin/ollama", "ollama")
    if owner == 0:  # never for root, who runs everything
        assert "cannot be identified" in (foreign(11434, _is_ollama, proc) or "")
        for entry in proc.iterdir():
            os.chown(entry, 4_711, -1)
        (proc / "net/tcp").write_text("sl local_address ...\n" + LINE.format(uid=4_711))
    assert foreign(11434, _is_ollama, proc) is None
    (proc / "101/cmdline").write_text("/usr/bin/ssh\0-N\0")
    assert foreign(11434, _is_ollama, proc) == "the listener is 'ssh' (process 101)"


@pytest.mark.parametrize(
    ("program", "words", "proven"),
    [
        ("/usr/bin/python3.11", "python /opt/bin/vllm serve x", True),
        ("/usr/bin/python3", "python3 -m vllm.entrypoints.openai.api_server", True),
        ("/usr/bin/python3", "python3 -u -m vllm serve", True),
        ("/usr/bin/python3", "VLLM::EngineCore", True),
        ("/usr/bin/python3", "python3 -m vllmproxy", False),
        ("/usr/bin/python3", "python3 relay.py vllm", False),
        ("/usr/bin/python3", "python3 -m litellm --model vllm/x", False),
        ("/usr/bin/socat", "vllm", False),
        ("/usr/bin/ssh", "VLLM::EngineCore", False),
        ("", "", False),
    ],
)
def test_python_engines_are_known_by_their_script_or_module(program: str, words: str, proven: bool) -> None:  # noqa: FBT001  # a table
    assert Process(1, program, tuple(words.split())).is_python("vllm") is proven
