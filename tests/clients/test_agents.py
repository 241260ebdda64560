"""Claude Code and Codex, unmodified, started by `wye claude` and `wye codex`: a turn with a tool call.

They are installed by `npm install -g @anthropic-ai/claude-code @openai/codex`; without, this is skipped.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import EMBEDDED
from clients.played import response_events
from exchanges import MESSAGE, block, event, message_end, message_start, text_block
from fake_upstream import DONE, FINISH, USAGE, Call, FakeUpstream, chunk, delta
from running import KEY, Running, running

COMMAND = "echo by-the-tool > made.txt && cat made.txt"
PATCH = '*** Begin Patch\n*** Add File: made.txt\n+by the "patch" \\ é\n*** End Patch\n'
KNOWN = "gpt-5.5"
"""A model to which Codex offers `apply_patch` as a custom tool."""
SECONDS = 90
pytestmark = [pytest.mark.deep]
CLAUDE = pytest.mark.skipif(shutil.which("claude") is None, reason="Claude Code is not installed")
CODEX = pytest.mark.skipif(shutil.which("codex") is None, reason="Codex is not installed")


def tool_of(names: list[str]) -> tuple[str, dict[str, Any]] | None:
    """The call that makes the file, by whichever tool is offered."""
    if "apply_patch" in names:
        return "apply_patch", {"input": PATCH}
    if "Bash" in names:
        return "Bash", {"command": COMMAND, "description": "Make the file"}
    return ("exec_command", {"cmd": COMMAND}) if "exec_command" in names else None


async def by_messages(call: Call) -> None:
    asked = call.json
    tool = tool_of([tool["name"] for tool in asked.get("tools", [])])
    if tool is None or "tool_result" in json.dumps(asked["messages"]):
        events = [message_start(), text_block(0, "It is ", "made."), message_end()]
    else:
        use = {"type": "tool_use", "id": "toolu_1", "name": tool[0], "input": {}}
        written = {"type": "input_json_delta", "partial_json": json.dumps(tool[1])}
        events = [message_start(), block(0, use, written), message_end("tool_use")]
    if asked.get("stream"):
        await call.stream([events[0], event("ping"), *events[1:]])
    else:
        await call.answer(body=MESSAGE)


async def by_chat(call: Call) -> None:
    asked = call.json
    tool = tool_of([tool["function"]["name"] for tool in asked.get("tools", [])])
    if tool is None or any(message["role"] == "tool" for message in asked["messages"]):
        await call.stream([delta("It is "), delta("made."), FINISH, USAGE, DONE])
        return
    named = {"name": tool[0], "arguments": json.dumps(tool[1])}
    made = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": named}]}
    ended = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
    first = chunk(choices=[{"index": 0, "delta": made, "finish_reason": None}])
    await call.stream([first, ended, USAGE, DONE])


async def by_responses(call: Call) -> None:
    asked = call.json
    tool = tool_of([tool.get("name", "") for tool in asked.get("tools", [])])
    item: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    item["content"] = [{"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}]
    if tool is not None and "function_call_output" not in json.dumps(asked["input"]):
        called = {"call_id": "call_1", "name": tool[0], "arguments": json.dumps(tool[1])}
        item = {"id": "fc_1", "type": "function_call", "status": "completed"} | called
    await call.stream(response_events([item]))


SCRIPTS = {
    "chat": ("openai_chat", by_chat, "It is made."),
    "messages": ("anthropic_messages", by_messages, "It is made."),
    "responses": ("openai_responses", by_responses, "Hello."),
}
ANYBODY = pytest.mark.parametrize("lane", SCRIPTS)
LANES = {"chat": "own", "messages": "closed", "responses": "hosted"}
"""Each upstream is alone in a lane, so that `--lane` chooses it."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    upstream = FakeUpstream()
    upstream.scripts |= {name: script for name, (_, script, _) in SCRIPTS.items()}
    deployments = {
        name: {
            "model": name,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "protocol": protocol,
            "lane": LANES[name],
        }
        for name, (protocol, _, _) in SCRIPTS.items()
    }
    settings = {"deployments": deployments, "aliases": {KNOWN: ["chat"], f"{KNOWN}-": ["messages"]}}
    with running(tmp_path_factory.mktemp("agents"), settings, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        yield gateway
    upstream.stop()


def wye(gateway: Running, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a launcher in an empty home and folder."""
    env = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "IS_SANDBOX": "1",  # else Claude Code asks not to be root
        "WYE_URL": f"http://127.0.0.1:{gateway.port}",
        "WYE_API_KEY": KEY,
    }
    work = home / "work"
    work.mkdir()
    return subprocess.run(
        [sys.executable, "-m", "wye", *arguments],
        env=env,
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@CLAUDE
@ANYBODY
def test_claude_code(gateway: Running, tmp_path: Path, lane: str) -> None:
    options = ("-p", "Make the file", "--dangerously-skip-permissions", "--output-format", "json")
    done = wye(gateway, tmp_path, "claude", "--lane", LANES[lane], *options)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["result"], told["num_turns"], told["is_error"]) == (SCRIPTS[lane][2], 2, False)
    assert list(told["modelUsage"]) == [f"auto/{LANES[lane]}"]
    assert (tmp_path / "work" / "made.txt").read_text() == "by-the-tool\n"


@CODEX
@ANYBODY
def test_codex(gateway: Running, tmp_path: Path, lane: str) -> None:
    options = ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--json")
    done = wye(gateway, tmp_path, "codex", "--lane", LANES[lane], *options, "Make the file")
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    items = [told["item"] for told in events if told["type"] == "item.completed"]
    assert [item["text"] for item in items if item["type"] == "agent_message"] == [SCRIPTS[lane][2]]
    (ran,) = (item for item in items if item["type"] == "command_execution")
    assert (ran["exit_code"], ran["aggregated_output"]) == (0, "by-the-tool\n")
    assert (tmp_path / "work" / "made.txt").read_text() == "by-the-tool\n"


@CODEX
@pytest.mark.parametrize("lane", ["chat", "messages"])
def test_codex_patches_over_who_knows_functions_only(gateway: Running, tmp_path: Path, lane: str) -> None:
    options = ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--json")
    model = {"chat": KNOWN, "messages": f"{KNOWN}-"}[lane]
    done = wye(gateway, tmp_path, "codex", *options, "--model", model, "Make the file")
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    items = [told["item"] for told in events if told["type"] == "item.completed"]
    assert [item["type"] for item in items] == ["file_change", "agent_message"]
    assert (tmp_path / "work" / "made.txt").read_text() == 'by the "patch" \\ é\n'


@CLAUDE
@CODEX
def test_a_model_too_small_is_named(tmp_path: Path) -> None:
    with running(tmp_path / "gateway", {"embedded": {"enabled": True}}) as gateway:
        for number, arguments in enumerate(
            [
                ("claude", "-p", "Hi"),
                ("codex", "exec", "--skip-git-repo-check", "Hi"),
            ]
        ):
            home = tmp_path / f"home{number}"
            home.mkdir()
            done = wye(gateway, home, *arguments)
            assert done.returncode == 1, done.stdout
            assert EMBEDDED in done.stdout + done.stderr
