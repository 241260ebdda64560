"""`wye ask` against a server that plays the gateway."""

import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from cli.playback import DECISION, Gateway, record
from wye.cli.ask import ask

ANSWER = "Rayleigh scattering — λ⁻⁴.\n"


def asked(runner: CliRunner, gateway: Gateway, *arguments: str) -> Result:
    return runner.invoke(ask, [*arguments, "--url", gateway.url])


def test_the_answer_streams_to_stdout_and_the_facts_to_stderr(runner: CliRunner, gateway: Gateway) -> None:
    gateway.records[DECISION] = record(amount="0.0000412", currency="USD", basis="machine hour")
    shown = asked(runner, gateway, "Why", "is the sky blue?")
    assert shown.exit_code == 0
    assert shown.stdout == ANSWER
    facts = shown.stderr.strip().split(" · ")
    assert facts[:4] == ["own", "embedded/smollm2-135m", "11 in, 4 out", "$0.0000412"]
    assert facts[4].endswith(" s")
    assert facts[5] == DECISION
    path, headers, body = gateway.requests[0]
    assert path == "/v1/chat/completions"
    assert "authorization" not in headers
    assert "x-wye-label" not in headers
    assert body == {
        "model": "auto",
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_every_option_reaches_the_gateway(runner: CliRunner, gateway: Gateway) -> None:
    options = [
        "-m",
        "fast",
        "-l",
        "phi",
        "-l",
        "internal",
        "-s",
        "Be brief.",
        "--max-tokens",
        "9",
        "--no-stream",
    ]
    shown = asked(runner, gateway, "Hello", *options, "--key", "wye_secret")
    assert shown.stdout == ANSWER
    _, headers, body = gateway.requests[0]
    assert headers["x-wye-label"] == "phi,internal"
    assert headers["authorization"] == "Bearer wye_secret"
    assert body["model"] == "fast"
    assert body["max_tokens"] == 9
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert "stream" not in body
    assert "wye_secret" not in shown.output


def test_json_holds_the_answer_and_the_facts(runner: CliRunner, gateway: Gateway) -> None:
    gateway.records[DECISION] = record(amount=None, currency="USD", basis="machine_hour is not set")
    gateway.missing_first = 2  # the ledger commits in groups
    shown = json.loads(asked(runner, gateway, "Hi", "--json").stdout)
    assert shown.pop("seconds") > 0
    cost = shown.pop("cost")
    assert (cost["amount"], cost["basis"]) == (None, "machine_hour is not set")
    assert shown == {
        "answer": ANSWER.rstrip(),
        "finish_reason": "stop",
        "deployment": "embedded/smollm2-135m",
        "lane": "own",
        "decision": DECISION,
        "request_id": "req-1",
        "usage": {"prompt_tokens": 11, "completion_tokens": 4},
    }


def test_an_unknown_cost_says_why(runner: CliRunner, gateway: Gateway) -> None:
    gateway.records[DECISION] = record(amount=None, basis="no price is known")
    assert " · cost unknown: no price is known · " in asked(runner, gateway, "Hi").stderr


def test_without_the_record_the_tokens_are_shown(runner: CliRunner, gateway: Gateway) -> None:
    shown = asked(runner, gateway, "Hi").stderr
    assert "11 in, 4 out" in shown
    assert "cost" not in shown


def test_no_gateway(runner: CliRunner) -> None:
    shown = runner.invoke(ask, ["Hi", "--url", "http://127.0.0.1:9"])
    assert shown.exit_code == 1
    wanted = (
        "Error: no gateway at http://127.0.0.1:9; start one with `make run` or `wye serve`, "
        "or say with --url (or WYE_URL) where it is\n"
    )
    assert shown.stderr == wanted


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:4000", "http:", "http://x:99999"])
def test_a_url_that_is_none(runner: CliRunner, url: str) -> None:
    shown = runner.invoke(ask, ["Hi", "--url", url])
    assert shown.stderr == f"Error: '{url}' is no gateway's URL: write http://host:port\n"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("forbidden", "Error: the label 'phi' permits no deployment that is up\nChoose another label"),
        ("limited", "Error: too many requests a minute\nTry again in 7 s."),
        ("html", "Error: status 502 from something that does not speak like wye; check --url"),
        ("midway", "Error: 'x' broke off its answer\n`wye models` shows"),
        ("cut", "Error: the connection to the gateway broke off"),
    ],
)
def test_errors_say_what_to_do(runner: CliRunner, gateway: Gateway, model: str, said: str) -> None:
    shown = asked(runner, gateway, "Hi", "-m", model)
    assert shown.exit_code == 1
    assert said in shown.stderr
    assert shown.stdout == ("half\n" if model in {"midway", "cut"} else "")


def test_a_file_gets_the_answer_as_it_is_and_the_cut_is_told(runner: CliRunner, gateway: Gateway) -> None:
    shown = asked(runner, gateway, "Hi", "-m", "escape", "--no-stream")
    assert "\x1b]0;owned" in shown.stdout
    assert "cut at its token limit" in shown.stderr


def run(gateway: Gateway, *arguments: str, given: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wye.cli.main", "ask", "--url", gateway.url, *arguments],
        input=given,
        stdin=None if given is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "given", "prompt"),
    [
        (["-"], "all of it", "all of it"),
        ([], "all of it", "all of it"),
        (["What", "is this?"], "a diff\n", "What is this?\n\na diff\n"),
        (["Only this"], None, "Only this"),
    ],
)
def test_piped_text(gateway: Gateway, arguments: list[str], given: str | None, prompt: str) -> None:
    shown = run(gateway, *arguments, given=given)
    assert shown.stdout == ANSWER
    assert gateway.requests[0][2]["messages"] == [{"role": "user", "content": prompt}]


def test_nothing_to_ask(gateway: Gateway) -> None:
    shown = run(gateway, given="")
    assert shown.returncode == 2
    assert "there is nothing to ask" in shown.stderr
    assert gateway.requests == []


def test_ctrl_c_stops_the_stream_and_hangs_up(gateway: Gateway) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wye.cli.main", "ask", "--url", gateway.url, "-m", "slow", "Go on"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"word "
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate()  # the answer itself has no end
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert b"stopped" in said
    assert gateway.hung_up.wait(60)


def test_a_question_that_is_no_text_is_told(runner: CliRunner, gateway: Gateway) -> None:
    told = asked(runner, gateway, "caf\udce9")
    assert told.exit_code == 2
    assert "the question is not UTF-8" in told.stderr
