"""`wye claude` and `wye codex`: what the tools are started with. `tests/clients` starts the real ones."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cli import playback
from cli.playback import Gateway
from wye.cli.client import Gateway as Where
from wye.cli.launch import for_claude, for_codex
from wye.core.secret import Secret

TOOL = f"""#!{sys.executable}
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
sys.exit(7)
"""
"""Says how it was started."""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    for name in ("claude", "codex"):
        program = tmp_path / name
        program.write_text(TOOL)
        program.chmod(0o700)
    return tmp_path


def wye(*arguments: str, path: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "WYE_"))}
    command = [sys.executable, "-m", "wye.cli.main", *arguments]
    env = kept | {"PATH": path} | environ
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def settings(flags: list[str]) -> dict[str, Any]:
    """Read `-c name=value` flags as Codex does: each value is TOML."""
    assert flags[::2] == ["-c"] * (len(flags) // 2)
    named = (flag.partition("=") for flag in flags[1::2])
    return {name: tomllib.loads(f"it = {value}")["it"] for name, _, value in named}


def test_claude_starts_on_the_gateway(gateway: Gateway, tools: Path) -> None:
    started = wye(
        "claude", "--url", gateway.url, "-p", "hi", "--lane", path=str(tools), ANTHROPIC_API_KEY="sk-x"
    )
    assert started.returncode == 7, started.stderr
    arguments, environ = json.loads(started.stdout)
    assert arguments == ["-p", "hi", "--lane"], "what follows its first argument is Claude Code's own"
    assert environ["ANTHROPIC_BASE_URL"] == gateway.url
    assert environ["ANTHROPIC_AUTH_TOKEN"] == "wye"
    assert environ["ANTHROPIC_MODEL"] == environ["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == "auto"
    assert environ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"
    assert "ANTHROPIC_API_KEY" not in environ, "Anthropic's key is not for the gateway"


def test_codex_starts_on_the_gateway(gateway: Gateway, tools: Path) -> None:
    started = wye("codex", "--url", gateway.url, "exec", "hi", path=str(tools), WYE_API_KEY="wye-key")
    assert started.returncode == 7, started.stderr
    arguments, environ = json.loads(started.stdout)
    assert arguments[-2:] == ["exec", "hi"]
    said = settings(arguments[:-2])
    assert (said["model"], said["model_provider"]) == ("auto", "wye")
    assert said["model_providers.wye.base_url"] == f"{gateway.url}/v1"
    assert said["model_providers.wye.env_key"] == "WYE_API_KEY"
    assert environ["WYE_API_KEY"] == "wye-key"
    assert "wye-key" not in started.stdout.partition("{")[0], "flags are seen by everybody on the machine"
    assert gateway.requests[-1][1]["authorization"] == "Bearer wye-key"


def test_a_lane_is_a_model() -> None:
    where = Where("http://127.0.0.1:4000", Secret("k"))
    theirs = {"ANTHROPIC_CUSTOM_HEADERS": "x-a: b", "CLAUDE_CODE_USE_BEDROCK": "1", "HOME": "/h"}
    environ = for_claude(theirs, where, "auto/own", ["phi", "team-x"])
    assert environ["ANTHROPIC_SMALL_FAST_MODEL"] == "auto/own"
    assert environ["ANTHROPIC_AUTH_TOKEN"] == "k"
    assert environ["ANTHROPIC_CUSTOM_HEADERS"] == "x-a: b\nx-wye-label: phi, team-x"
    assert environ["HOME"] == "/h"
    assert "CLAUDE_CODE_USE_BEDROCK" not in environ
    said = settings(for_codex(where, "auto/closed", ["phi"]))
    assert said["model"] == "auto/closed"
    assert said["model_providers.wye.http_headers.x-wye-label"] == "phi"
    assert said["analytics.enabled"] is False
    assert "model_providers.wye.env_key" not in settings(for_codex(Where(where.url), "auto", []))


def test_what_can_be_wrong_is_said(gateway: Gateway, tools: Path, tmp_path: Path) -> None:
    url = ("--url", gateway.url)
    missing = wye("codex", *url, path=str(tmp_path / "empty"))
    assert missing.returncode == 1
    assert "'codex' is not installed, or not on PATH: npm install -g @openai/codex" in missing.stderr
    nobody = wye("claude", "--url", "http://127.0.0.1:1", path=str(tools))
    assert nobody.returncode == 1
    assert "no gateway at http://127.0.0.1:1; start one with `make run` or `wye serve`" in nobody.stderr
    empty = wye("claude", *url, "--lane", "hosted", path=str(tools))
    assert empty.returncode == 1
    assert "the gateway has no model in the lane 'hosted': set TOGETHER_API_KEY" in empty.stderr
    both = wye("claude", "--url", "http://127.0.0.1:1", path=str(tmp_path / "empty"))
    assert "'claude' is not installed" in both.stderr
    assert "Also: no gateway at" in both.stderr
    assert wye("claude", *url, "--lane", "cheap", path=str(tools)).returncode == 2


def test_a_lane_without_room_for_a_coding_tool_is_told_before_it_starts(
    gateway: Gateway, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"data": [{"id": "auto", "wye": {"context_tokens": 8_192}}]}
    monkeypatch.setattr(playback, "MODELS", small)
    started = wye("claude", "--url", gateway.url, path=str(tools))
    assert started.returncode == 1
    assert "at most 8,192 tokens of context" in started.stderr
    assert "set ANTHROPIC_API_KEY" in started.stderr
