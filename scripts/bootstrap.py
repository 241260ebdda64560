"""Make `.venv` hold what `uv.lock` names, on a machine that has Python 3.11 and nothing else.

    python3 scripts/bootstrap.py        # what running wye needs
    python3 scripts/bootstrap.py --dev  # and what testing it needs

Only the standard library, since it runs before anything is installed. Without `uv` on PATH, its wheel is
taken from the Python package index (PEP 691, the JSON simple API), held against the checksum below, and its
binary put in `.wye/bin`. Nothing is done when `.venv` already matches: a later start pays a few milliseconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)  # `requires-python` in pyproject.toml
UV_OLDEST = (0, 8, 0)  # reads our uv.lock

UV = "0.13.9"
UV_WHEELS = {  # (system, machine, libc) -> (platform tag, sha256)
    ("Linux", "x86_64", "glibc"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "x86_64", "musl"): (
        "musllinux_1_1_x86_64",
        "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    ),
    ("Linux", "aarch64", "glibc"): (
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    ("Linux", "aarch64", "musl"): (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Darwin", "arm64", ""): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
    ("Darwin", "x86_64", ""): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
}
JSON_API = "application/vnd.pypi.simple.v1+json"
ATTEMPTS = 4
SECONDS = 60
PASSING = {408, 425, 429, 500, 502, 503, 504}  # statuses that another try may cure


class BootstrapError(Exception):
    """Something to tell the person at the terminal: one sentence that says what to do."""


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def choose_python() -> None:
    """Go on under a Python that wye supports, or say which are.

    Raises:
        BootstrapError: neither this one nor another on PATH will do.
    """
    if OLDEST <= sys.version_info[:2] <= NEWEST:  # the very check that an older one must reach
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], check=False).returncode == 0:  # noqa: S603  # from PATH
            os.execv(found, [found, *sys.argv])  # noqa: S606  # no shell on purpose
    message = (
        f"wye needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}; {sys.executable} is "
        f"{platform.python_version()}. Install one, or name one: make run PYTHON=/path/to/python3.11"
    )
    raise BootstrapError(message)


def locked_index(lock: str) -> str:
    """Give the index that the lock was made from, so that no second place has to name it."""
    found = re.search(r'registry = "(https://[^"]+)"', lock)
    if not found:
        message = "uv.lock names no package index: set UV_DEFAULT_INDEX"
        raise BootstrapError(message)
    return found.group(1)


def index_url() -> str:
    """Give the simple index to ask: the environment's, as uv and pip read it, else the lock's."""
    chosen = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL")
    if chosen:
        return chosen.split("=", 1)[1] if re.match(r"[\w-]+=", chosen) else chosen  # uv allows NAME=URL
    return locked_index((ROOT / "uv.lock").read_text(encoding="utf-8"))


def request(url: str, accept: str) -> urllib.request.Request:
    """Build a GET; a user and password in the URL become a header, which urllib would not do."""
    parts = urllib.parse.urlsplit(url)
    headers = {"Accept": accept, "User-Agent": "wye-bootstrap"}
    user, at, host = parts.netloc.rpartition("@")
    if at:
        credential = urllib.parse.unquote(user).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(credential).decode()}"
    return urllib.request.Request(parts._replace(netloc=host).geturl(), headers=headers)


def fetch(url: str, accept: str = "*/*") -> bytes:
    """GET `url`, trying again after what may pass.

    Raises:
        BootstrapError: the index cannot be reached, or refuses.
    """
    asked = request(url, accept)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            problem, passing = f"status {error.code}", error.code in PASSING
        except (OSError, http.client.HTTPException) as error:
            problem, passing = str(getattr(error, "reason", error)) or type(error).__name__, True
        if not passing or attempt == ATTEMPTS:
            break
        say(f"  {asked.full_url}: {problem}; trying again")
        time.sleep(0.5 * 2**attempt)
    message = (
        f"cannot fetch {asked.full_url}: {problem}. Check the network, HTTPS_PROXY, SSL_CERT_FILE (a private "
        "CA) and UV_DEFAULT_INDEX (a mirror); or install uv yourself."
    )
    raise BootstrapError(message)


def this_platform() -> tuple[str, str, str]:
    """Describe this machine as a key of `UV_WHEELS`."""
    system, machine = platform.system(), platform.machine()
    if system != "Linux":
        return system, machine, ""
    musl = any(Path("/lib").glob("ld-musl-*"))
    return system, {"arm64": "aarch64", "amd64": "x86_64"}.get(machine, machine), "musl" if musl else "glibc"


def download_uv(destination: Path, index: str) -> None:
    """Put the pinned uv's binary at `destination`.

    Raises:
        BootstrapError: no wheel for this machine, the index lacks it, or its checksum is wrong.
    """
    machine = this_platform()
    if machine not in UV_WHEELS:
        message = f"no uv is pinned for {' '.join(machine).strip()}: install uv yourself, then run this again"
        raise BootstrapError(message)
    tag, sha256 = UV_WHEELS[machine]
    name = f"uv-{UV}-py3-none-{tag}.whl"
    page = f"{index.rstrip('/')}/uv/"
    say(f"Fetching uv {UV} ...")
    try:
        files = json.loads(fetch(page, JSON_API))["files"]
        listed = next(str(file["url"]) for file in files if file["filename"] == name)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        message = f"{request(page, '').full_url} does not list {name} (PEP 691 JSON): install uv yourself"
        raise BootstrapError(message) from error
    wheel = fetch(urllib.parse.urljoin(page, listed))
    found = hashlib.sha256(wheel).hexdigest()
    if found != sha256:
        message = f"{name} has sha256 {found}, not the pinned {sha256}: refusing to run it"
        raise BootstrapError(message)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{UV}.data/scripts/uv")
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(f"uv.{os.getpid()}")
    partial.write_bytes(binary)
    partial.chmod(0o755)
    partial.replace(destination)  # atomic: a half-written uv is never found by the next start


def usable(uv: str) -> bool:
    """Tell whether this uv starts and is new enough. A version manager's shim may do neither."""
    try:
        shown = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603  # uv
    except OSError:
        return False
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", shown)
    return found is not None and tuple(map(int, found.groups())) >= UV_OLDEST


def find_uv() -> str:
    """Give a uv to run: the one on PATH, one fetched earlier, or one fetched now."""
    fetched = ROOT / ".wye" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(fetched)):
        if candidate and usable(candidate):
            return candidate
    download_uv(fetched, index_url())
    if not usable(str(fetched)):
        message = f"{fetched} was fetched but does not start on this machine: install uv yourself"
        raise BootstrapError(message)
    return str(fetched)


def fingerprint() -> str:
    """Digest what an environment depends on: the lock, the project, the Python, and where the tree lies."""
    digest = hashlib.sha256()
    for part in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / part).read_bytes())
    digest.update(f"{sys.version}\0{os.path.realpath(sys.executable)}\0{ROOT}".encode())
    return digest.hexdigest()


def sync(*, dev: bool) -> None:
    """Install into `.venv` what is missing. One environment serves both uses: `dev` only adds to it.

    Raises:
        BootstrapError: uv failed; it has said why.
    """
    stamp = ROOT / ".venv" / ".wye-stamp"
    wanted = fingerprint()
    have = stamp.read_text(encoding="utf-8").split() if stamp.exists() else []
    if have[:1] == [wanted] and ("dev" in have or not dev):
        return
    uv = find_uv()
    say(f"Installing wye{' and its test tools' if dev else ''} into .venv ...")
    stamp.unlink(missing_ok=True)
    # --inexact: running must not take away what testing installed.
    command = [uv, "sync", "--frozen", "--all-extras", "--python", sys.executable]
    command += [] if dev else ["--no-dev", "--inexact"]
    environment = {
        **os.environ,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv"),
    }
    environment.pop("VIRTUAL_ENV", None)
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:  # noqa: S603  # uv, by full path
        message = "installing failed: see uv's words above"
        raise BootstrapError(message)
    stamp.write_text(f"{wanted} {'dev' if dev else 'run'}\n", encoding="utf-8")


def main() -> int:
    """Run it; 1 = not possible, and said why."""
    parser = argparse.ArgumentParser(description="Install what uv.lock names into .venv.")
    parser.add_argument("--dev", action="store_true", help="also what testing needs")
    dev = parser.parse_args().dev
    try:
        choose_python()
        sync(dev=dev)
    except BootstrapError as error:
        say(f"wye: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
