"""Which processes listen on a loopback port, as the Linux kernel tells (proc(5))."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

_LISTEN = "0A"
# Local addresses that a connection to 127.0.0.1 reaches: itself, any, and both as seen by IPv6 sockets.
_REACHED = {
    "0100007F",
    "00000000",
    "00000000000000000000000000000000",
    "0000000000000000FFFF00000100007F",
}
_INODE = 9
_UID = 7
_PYTHON = re.compile(r"(python|pypy)[\d.]*")


class Process(msgspec.Struct, frozen=True):
    """A process, by what it executes."""

    pid: int
    program: str
    """Path of the executable; when it is another user's, what it calls itself."""
    words: tuple[str, ...]
    """Its command line."""

    @property
    def name(self) -> str:
        """Base name of the program, for people."""
        return PurePosixPath(self.program).name or "?"

    def is_native(self, *names: str) -> bool:
        """Say whether it executes a program of one of these names."""
        return self.name in names

    def is_python(self, package: str) -> bool:
        """Say whether it is Python running `package`'s script or a module of it.

        Engines rename their processes: `VLLM::EngineCore` counts while a Python interpreter executes it.
        """
        if not _PYTHON.fullmatch(self.name):
            return False
        title = self.words[0] if self.words else ""
        if title.lower().startswith(f"{package}::"):
            return True
        rest = [word for word in self.words[1:] if word not in {"-u", "-O", "-B", "-s", "-E", "-I", "-P"}]
        if rest[:1] == ["-m"]:
            return len(rest) > 1 and rest[1].split(".")[0] == package
        return bool(rest) and PurePosixPath(rest[0]).name == package


class _Socket(msgspec.Struct, frozen=True):
    inode: str
    uid: int


def foreign(port: int, is_engine: Callable[[Process], bool], proc: Path = Path("/proc")) -> str | None:
    """Say why the listener on `port` is not proven to be the engine; None = it is.

    Reads /proc: milliseconds, so not for the request path.
    """
    try:
        sockets = list(_listening(port, proc))
    except OSError:
        return "this system does not tell which process listens"
    if not sockets:
        return "no process of this machine listens there: a container's network or a kernel forward"
    for socket in sockets:
        holders = list(_holders(socket.inode, proc))
        if not holders:
            if socket.uid in {0, os.getuid()}:
                return f"the listening process cannot be identified (user {socket.uid})"
            holders = list(_of_user(socket.uid, proc))
        stranger = next((process for process in holders if not is_engine(process)), None)
        if stranger is not None:
            return f"the listener is '{stranger.name}' (process {stranger.pid})"
        if not holders:
            return f"the listening process cannot be identified (user {socket.uid})"
    return None


def _listening(port: int, proc: Path) -> Iterator[_Socket]:
    suffix = f":{port:04X}"
    for table in ("net/tcp", "net/tcp6"):
        try:
            lines = (proc / table).read_text().splitlines()[1:]
        except FileNotFoundError:
            if table == "net/tcp":
                raise
            continue  # a kernel without IPv6
        for line in lines:
            fields = line.split()
            address, colon, _ = fields[1].partition(":")
            if fields[3] == _LISTEN and colon and fields[1].endswith(suffix) and address in _REACHED:
                yield _Socket(fields[_INODE], int(fields[_UID]))


def _holders(inode: str, proc: Path) -> Iterator[Process]:
    """Yield the processes that have the socket open, as far as they may be read."""
    wanted = f"socket:[{inode}]"
    for directory in _processes(proc):
        try:
            held = any(_link(entry) == wanted for entry in (directory / "fd").iterdir())
        except OSError:  # another user's, or gone
            continue
        if held:
            yield _describe(directory)


def _of_user(uid: int, proc: Path) -> Iterator[Process]:
    for directory in _processes(proc):
        try:
            owner = directory.stat().st_uid
        except OSError:  # gone
            continue
        if owner == uid:
            yield _describe(directory)


def _processes(proc: Path) -> Iterable[Path]:
    return (entry for entry in proc.iterdir() if entry.name.isdigit())


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # closed meanwhile
        return ""


def _describe(directory: Path) -> Process:
    try:
        words = tuple((directory / "cmdline").read_text(errors="replace").rstrip("\0").split("\0"))
    except OSError:  # gone: it will match no engine
        words = ()
    program = _link(directory / "exe").removesuffix(" (deleted)") or (words[0] if words else "")
    return Process(int(directory.name), program, words)
