"""`wye chat` with a pipe for a person, and once with a real terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import Self

from click.testing import CliRunner

from cli.playback import WORDS, Gateway
from wye.cli.chat import chat

ANSWER = "".join(WORDS)


def test_turns_are_remembered_until_cleared(runner: CliRunner, gateway: Gateway) -> None:
    shown = runner.invoke(
        chat, ["--url", gateway.url], input="First\n\nSecond\n/clear\nThird\n/quit\nNever\n"
    )
    assert shown.exit_code == 0
    assert shown.stdout == f"{ANSWER}\n" * 3
    asked = [body["messages"] for path, _, body in gateway.requests if path == "/v1/chat/completions"]
    assert asked == [
        [{"role": "user", "content": "First"}],
        [
            {"role": "user", "content": "First"},
            {"role": "assistant", "content": ANSWER},
            {"role": "user", "content": "Second"},
        ],
        [{"role": "user", "content": "Third"}],
    ]
    assert shown.stderr.count("own · embedded/smollm2-135m · 11 in, 4 out") == 3


def test_commands_change_what_is_asked(runner: CliRunner, gateway: Gateway) -> None:
    lines = [
        "/model fast",
        "/label phi, internal",
        "/system Be brief.",
        "Hi",
        "/label",
        "/system",
        "/model",
        "Ho",
    ]
    shown = runner.invoke(chat, ["--url", gateway.url, "-l", "secret"], input="\n".join(lines))
    (_, first_headers, first), (_, second_headers, second) = [
        request for request in gateway.requests if request[2] is not None
    ]
    assert first["model"] == second["model"] == "fast"
    assert first_headers["x-wye-label"] == "phi,internal"
    assert "x-wye-label" not in second_headers
    assert [turn["role"] for turn in first["messages"]] == ["system", "user"]
    assert [turn["role"] for turn in second["messages"]] == ["user", "assistant", "user"]
    assert "label: the default of the gateway" in shown.stderr


def test_the_longest_answer_holds_for_every_turn(runner: CliRunner, gateway: Gateway) -> None:
    runner.invoke(chat, ["--url", gateway.url, "--max-tokens", "8"], input="Hi\nHo\n")
    assert [body["max_tokens"] for _, _, body in gateway.requests if body is not None] == [8, 8]


def test_help_and_what_there_is_not(runner: CliRunner, gateway: Gateway) -> None:
    shown = runner.invoke(chat, ["--url", gateway.url], input="/help\n/frob\n")
    assert "/clear          forget what was said" in shown.stderr
    assert "there is no /frob; /help lists what there is" in shown.stderr
    assert gateway.requests == []


def test_an_error_ends_the_turn_and_not_the_conversation(runner: CliRunner, gateway: Gateway) -> None:
    shown = runner.invoke(chat, ["--url", gateway.url, "-m", "forbidden"], input="Hi\n/model auto\nHo\n")
    assert "Error: the label 'phi' permits no deployment" in shown.stderr
    assert shown.stdout == f"{ANSWER}\n"
    assert shown.exit_code == 1  # nobody was there to read it
    assert gateway.requests[1][2]["messages"] == [{"role": "user", "content": "Ho"}]


def test_no_gateway(runner: CliRunner) -> None:
    shown = runner.invoke(chat, ["--url", "http://127.0.0.1:9"], input="Hi\n")
    assert shown.exit_code == 1
    assert "no gateway at http://127.0.0.1:9" in shown.stderr


class Terminal:
    """A person at a terminal."""

    def __init__(self, *command: str) -> None:
        self._fd, inside = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wye.cli.main", *command],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(inside)
        self._unread = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def until(self, text: str, seconds: float = 60) -> str:
        """Return what is shown up to and with `text`."""
        deadline = time.monotonic() + seconds
        while text not in self._unread:
            ready, _, _ = select.select([self._fd], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} is not in {self._unread!r}"
            self._unread += os.read(self._fd, 4096).decode(errors="replace")
        shown, _, self._unread = self._unread.partition(text)
        return shown + text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)


def test_a_person_stops_an_answer_and_goes_on(gateway: Gateway) -> None:
    with Terminal("chat", "--url", gateway.url, "-m", "slow") as terminal:
        terminal.until("> ")
        terminal.type("Go on\n")
        terminal.until("word word")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert "Traceback" not in terminal.until("stopped")
        assert gateway.hung_up.wait(60)
        terminal.type("/model auto\n")
        terminal.until("model: auto")
        terminal.type("And now?\n")
        terminal.until("11 in, 4 out")
        terminal.until("> ")
        terminal.type("\x04")
        assert terminal.process.wait(60) == 0
    turns = gateway.requests[1][2]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"].startswith("word ")


def test_a_model_cannot_command_the_terminal(gateway: Gateway) -> None:
    with Terminal("ask", "--url", gateway.url, "-m", "escape", "--no-stream", "Hi") as terminal:
        shown = terminal.until("token limit")
        assert terminal.process.wait(60) == 0
    assert "]0;ownedred[31m31m" in shown
    assert "\x1b]0" not in shown
    assert "\x07" not in shown
