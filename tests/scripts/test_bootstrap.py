"""The installer, against a package index of our own on loopback."""

import hashlib
import importlib.util
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = b"#!/bin/sh\necho uv 0.13.9\n"


def import_bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = import_bootstrap()
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return module


class Index:
    """A package index with one file; the first `failures` answers are 503s."""

    def __init__(self, bootstrap: ModuleType) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"uv-{bootstrap.UV}.data/scripts/uv", SCRIPT)
        self.wheel = packed.getvalue()
        self.tag, _ = bootstrap.UV_WHEELS[bootstrap.this_platform()]
        self.filename = f"uv-{bootstrap.UV}-py3-none-{self.tag}.whl"
        self.failures = 0
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        if self.failures:
            self.failures -= 1
            return 503, b""
        if path == "/simple/uv/":
            return 200, json.dumps({"files": [{"filename": self.filename, "url": "../../f/uv.whl"}]}).encode()
        return (200, self.wheel) if path == "/f/uv.whl" else (404, b"")


@pytest.fixture
def index(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    served = Index(bootstrap)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append((self.path, self.headers["Authorization"]))
            status, body = served.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/simple"
    wheels = {bootstrap.this_platform(): (served.tag, hashlib.sha256(served.wheel).hexdigest())}
    monkeypatch.setattr(bootstrap, "UV_WHEELS", wheels)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_uv_is_fetched_after_failures_that_pass(bootstrap: ModuleType, index: Index, tmp_path: Path) -> None:
    index.failures = 2
    bootstrap.download_uv(tmp_path / "bin" / "uv", index.url)
    assert (tmp_path / "bin" / "uv").read_bytes() == SCRIPT
    assert bootstrap.usable(str(tmp_path / "bin" / "uv"))
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["uv"]


def test_a_wheel_with_another_checksum_is_refused(
    bootstrap: ModuleType, index: Index, tmp_path: Path
) -> None:
    index.wheel += b" "
    with pytest.raises(bootstrap.BootstrapError, match="refusing to run it"):
        bootstrap.download_uv(tmp_path / "uv", index.url)
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_lacks_the_wheel_is_named(bootstrap: ModuleType, index: Index, tmp_path: Path) -> None:
    index.filename = "uv-0.0.1-py3-none-any.whl"
    with pytest.raises(bootstrap.BootstrapError, match="does not list uv-"):
        bootstrap.download_uv(tmp_path / "uv", index.url)


def test_an_index_that_stays_down_is_given_up(bootstrap: ModuleType, index: Index, tmp_path: Path) -> None:
    index.failures = 99
    with pytest.raises(bootstrap.BootstrapError, match="status 503"):
        bootstrap.download_uv(tmp_path / "uv", index.url)
    assert len(index.asked) == bootstrap.ATTEMPTS


def test_a_password_in_the_index_url_is_sent_but_not_shown(
    bootstrap: ModuleType, index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(bootstrap.BootstrapError) as raised:
        bootstrap.download_uv(tmp_path / "uv", index.url.replace("//", "//user:hidden@") + "/elsewhere")
    assert index.asked == [("/simple/elsewhere/uv/", "Basic dXNlcjpoaWRkZW4=")]
    assert "hidden" not in str(raised.value) + capsys.readouterr().err


def test_the_index_is_the_environments_else_the_locks(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bootstrap.index_url() == bootstrap.locked_index((ROOT / "uv.lock").read_text(encoding="utf-8"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple")
    assert bootstrap.index_url() == "https://pip.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mirror=https://uv.example/simple?a=b")
    assert bootstrap.index_url() == "https://uv.example/simple?a=b"


def test_a_uv_that_does_not_start_or_is_old_is_not_used(bootstrap: ModuleType, tmp_path: Path) -> None:
    for name, script in {"broken": "exit 1", "old": "echo uv 0.4.0", "new": "echo uv 1.2.3"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert not bootstrap.usable(str(tmp_path / "broken"))
    assert not bootstrap.usable(str(tmp_path / "old"))
    assert not bootstrap.usable(str(tmp_path / "none"))
    assert bootstrap.usable(str(tmp_path / "new"))


@pytest.fixture
def recorded(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """A tree of two files and a `uv` that only says it was called."""
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / ".venv").mkdir()
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: "uv")
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    return calls


def test_an_environment_that_matches_is_left_alone(
    bootstrap: ModuleType, recorded: list[list[str]], tmp_path: Path
) -> None:
    bootstrap.sync(dev=False)
    bootstrap.sync(dev=False)
    assert len(recorded) == 1
    assert recorded[0][-2:] == ["--no-dev", "--inexact"]
    bootstrap.sync(dev=True)
    bootstrap.sync(dev=False)
    bootstrap.sync(dev=True)
    assert len(recorded) == 2
    assert "--no-dev" not in recorded[1]
    (tmp_path / "uv.lock").write_text("changed", encoding="utf-8")
    bootstrap.sync(dev=False)
    assert len(recorded) == 3


def test_an_unsupported_python_is_told_apart(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    bootstrap.choose_python()
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 98))
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 99))
    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.98 to 3\.99; .*PYTHON="):
        bootstrap.choose_python()


def test_an_unsupported_platform_is_told_apart(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Plan9")
    with pytest.raises(bootstrap.BootstrapError, match="no uv is pinned for Plan9"):
        bootstrap.download_uv(tmp_path / "uv", "http://127.0.0.1:1")


def test_it_runs_on_the_python_of_this_environment() -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bootstrap.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--dev" in shown
