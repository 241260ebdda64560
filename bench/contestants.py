"""Who is measured, and how each is started."""

import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
PORT = int(os.environ.get("BENCH_PORT", "9901"))
"""The first of seventeen ports; the configurations in this folder name 9901 and 9902."""
UPSTREAM, STREAMS = PORT, PORT + 1
PATH = "/v1/chat/completions"
ROUTES = {
    "Chat": PATH,
    "Messages": "/v1/messages",
    "Responses": "/v1/responses",
    "Gemini": "/v1beta/models/MODEL:generateContent",
}
"""Where clients of each protocol ask."""
PROTOCOLS = {
    "Chat": "openai_chat",
    "Messages": "anthropic_messages",
    "Responses": "openai_responses",
    "Gemini": "gemini",
}
"""What upstreams speak: `bench/` and the name in small letters."""
PROXY_CORE, LOAD_CORE = "0", "1"
START_SECONDS = 60


@dataclass(frozen=True)
class Contestant:
    """Something that answers chat completions.

    `command` is None for what runs anyway: the upstream itself. `streams` is the model that streams, None =
    not measured with streams. `port` is where it listens, `stream_port` where it streams; `path` is its
    route, from which load.lua knows the protocol. `of` names the contestant whose server it is.
    """

    name: str
    port: int
    model: str
    command: list[str] | None = None
    streams: str | None = None
    stream_port: int | None = None
    headers: list[str] = field(default_factory=list)
    env: Mapping[str, str] = field(default_factory=dict)
    path: str = PATH
    of: str | None = None

    def url(self, *, stream: bool = False) -> str:
        """Where load goes."""
        port = self.stream_port if stream and self.stream_port else self.port
        return f"http://127.0.0.1:{port}{self.path}"


class NotStartedError(Exception):
    """A server did not come up."""


def pinned(core: str, *command: str) -> list[str]:
    """Give the command, bound to one core."""
    return ["taskset", "-c", core, *command]


def log_file(folder: Path, name: str) -> Path:
    """Where a server's own words go."""
    return folder / f"{name.replace(' ', '-')}.log"


def last_words(folder: Path, name: str) -> str:
    """Give the end of a server's log."""
    log = log_file(folder, name)
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""


@contextmanager
def started(name: str, command: list[str], port: int, folder: Path, env: Mapping[str, str]) -> Iterator[int]:
    """Run a server while the block runs; yields its process id once it listens.

    Raises:
        NotStartedError: it ended, or does not listen after `START_SECONDS`.
    """
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            message = f"{name}: port {port} is taken"
            raise NotStartedError(message)
    with log_file(folder, name).open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **env}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{name} did not start"
                raise NotStartedError(message)
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def configuration(name: str) -> str:
    """Give a configuration of this folder with the ports of this run."""
    text = (HERE / name).read_text(encoding="utf-8")
    return text.replace("127.0.0.1:9901", f"127.0.0.1:{UPSTREAM}").replace(
        "127.0.0.1:9902", f"127.0.0.1:{STREAMS}"
    )


def nginx(folder: Path) -> list[str]:
    """The canned upstream."""
    config = folder / "nginx.conf"
    config.write_text(configuration("nginx.conf"), encoding="utf-8")
    return pinned(LOAD_CORE, "nginx", "-p", str(folder), "-e", "stderr", "-c", str(config))


def sse_upstream(events: int) -> list[str]:
    """The canned upstream that streams."""
    return pinned(LOAD_CORE, sys.executable, str(HERE / "sse_upstream.py"), str(STREAMS), str(events))


def direct() -> Contestant:
    """No proxy at all."""
    return Contestant("direct", UPSTREAM, "gpt-bench", streams="gpt-bench", stream_port=STREAMS)


def bare(port: int, *, spin_us: int = 0) -> Contestant:
    """The floor; or a proxy that does what the floor does and is `spin_us` a request slower."""
    options = f"--loop uvloop --http httptools --no-access-log --log-level warning --port {port}"
    command = [sys.executable, "-m", "uvicorn", "bare_proxy:app", "--app-dir", str(HERE), *options.split()]
    env = {"BENCH_UPSTREAM": str(UPSTREAM), "BENCH_STREAMS": str(STREAMS), "BENCH_SPIN_US": str(spin_us)}
    name, streams = (f"bare proxy, +{spin_us} us", None) if spin_us else ("bare proxy", "gpt-bench")
    return Contestant(name, port, "gpt-bench", pinned(PROXY_CORE, *command), streams=streams, env=env)


def wye(port: int, folder: Path, *, access_log: bool = False, sealed: bool = False) -> Contestant:
    """Ours, with everything on."""
    name = "wye, access log" if access_log else "wye, sealed" if sealed else "wye"
    settings = yaml.safe_load(configuration("wye.yaml"))
    settings["listener"]["access_log"] = access_log
    settings["ledger"] = {"transparency": sealed}
    upstream = settings["deployments"]["bench/gpt"]
    for spoken_by, protocol in PROTOCOLS.items():
        settings["deployments"][f"bench/{spoken_by.lower()}"] = {**upstream, "protocol": protocol}
    config = folder / f"wye-{port}.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    key = f"wye_{secrets.token_urlsafe(32)}"
    serve = [str(BIN / "wye"), "serve", "--config", str(config), "--listen", f"127.0.0.1:{port}"]
    return Contestant(
        name,
        port,
        "bench/gpt",
        pinned(PROXY_CORE, *serve),
        streams="bench/stream",
        headers=[f"Authorization: Bearer {key}"],
        env={"WYE_STATE_DIR": str(folder / f"state-{port}"), "WYE_BOOTSTRAP_KEY": key},
    )


def translated(ours: Contestant, name: str, path: str) -> Contestant:
    """The gateway `ours` with clients of another protocol than its upstream's: both ways are translated."""
    return Contestant(name, ours.port, ours.model, headers=ours.headers, path=path, of=ours.name)


def pairs(ours: Contestant) -> list[Contestant]:
    """The gateway `ours` with clients of every protocol, and upstreams of every protocol for each."""
    found = []
    for client, path in ROUTES.items():
        for upstream in PROTOCOLS:
            model = f"bench/{upstream.lower()}"
            where = path.replace("MODEL", model)
            name = f"{client} to {upstream}"
            found.append(Contestant(name, ours.port, model, headers=ours.headers, path=where, of=ours.name))
    return found


def routed(ours: Contestant, name: str) -> Contestant:
    """The gateway `ours` with clients that leave the choice to it: of two models, by measured quality."""
    return Contestant(name, ours.port, "auto", headers=ours.headers, of=ours.name)


def litellm(port: int, folder: Path) -> Contestant | None:
    """LiteLLM's proxy, one worker, when its command is on PATH."""
    found = shutil.which("litellm")
    if found is None:
        return None
    key = f"sk-{secrets.token_hex(32)}"
    parameters = {"model": "openai/gpt-bench", "api_base": f"http://127.0.0.1:{UPSTREAM}/v1", "api_key": "x"}
    config = folder / "litellm.yaml"
    config.write_text(
        yaml.safe_dump({"model_list": [{"model_name": "gpt", "litellm_params": parameters}]}),
        encoding="utf-8",
    )
    command = [found, "--config", str(config), "--port", str(port), "--num_workers", "1"]
    return Contestant(
        "LiteLLM",
        port,
        "gpt",
        pinned(PROXY_CORE, *command),
        headers=[f"Authorization: Bearer {key}"],
        # Without the second it would fetch a price list from outside.
        env={"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )


def portkey(port: int) -> Contestant | None:
    """Portkey's gateway, when BENCH_PORTKEY holds the command that starts it."""
    command = shlex.split(os.environ.get("BENCH_PORTKEY", ""))
    if not command:
        return None
    headers = [
        "Authorization: Bearer x",
        "x-portkey-provider: openai",
        f"x-portkey-custom-host: http://127.0.0.1:{UPSTREAM}/v1",
    ]
    return Contestant(
        "Portkey", port, "gpt-bench", pinned(PROXY_CORE, *command, f"--port={port}"), headers=headers
    )
