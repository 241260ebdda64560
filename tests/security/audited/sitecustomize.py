"""Loaded by every interpreter with this folder on its PYTHONPATH: writes down what goes out, and who sent it.

Audit hooks (PEP 578) see what the interpreter does, whichever module asks for it, and cannot be taken off.
"""

import json
import os
import sys
from types import FrameType
from typing import Any

EVENTS = frozenset(
    {
        "ftplib.connect", "http.client.connect", "imaplib.open", "os.exec", "os.posix_spawn", "os.system",
        "poplib.connect", "smtplib.connect", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr",
        "socket.gethostbyname", "socket.sendmsg", "socket.sendto", "subprocess.Popen", "urllib.Request",
    }
)  # fmt: skip
FILE = os.open(os.environ["WYE_AUDIT_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def granted() -> bool:
    """Whether the egress is at it: it connects for a grant, and for nothing else."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_name == "connect" and code.co_filename.endswith("/wye/providers/egress.py"):
            return True
        frame = frame.f_back
    return False


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in EVENTS:
        told = [str(one) for one in arguments[1:]]
        os.write(FILE, json.dumps([os.getpid(), event, told, granted()]).encode() + b"\n")


sys.addaudithook(hook)
