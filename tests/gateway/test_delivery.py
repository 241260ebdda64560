"""Whatever goes wrong while an answer is given, its place and budget come back: defects put in on purpose."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from running import KEY, Answered, Running, running

DEFECTS = """\
import wye.gateway.delivery as delivery
from wye.gateway.job import Answer
from wye.gateway.session import Session

cost_of, headers, served = delivery.cost_of, Answer.headers, Session.served

def no_cost(deployment, *rest):
    assert deployment.model != "costed"
    return cost_of(deployment, *rest)

def no_headers(answer):
    assert answer.hold.target.deployment.model != "told"
    return headers.fget(answer)

def no_seat(session, deployment, usage):
    assert deployment != "seated"
    served(session, deployment, usage)

delivery.cost_of, Answer.headers, Session.served = no_cost, property(no_headers), no_seat
"""
WRONG = ("costed", "told", "seated")


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    async def chat(call: Call) -> None:
        if call.json.get("stream"):
            await call.begin_stream()
            await call.event(delta("Hello."))
            await call.event(FINISH + USAGE + DONE)
            await call.send(b"0\r\n\r\n")
        else:
            await call.answer(body=CHAT)

    def deployment(model: str) -> dict[str, Any]:
        place = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"]}
        return place | {"model": model, "lane": "own", "price": price, "concurrency": 1, "queue": 0}

    names = (*WRONG, "well")
    upstream.scripts |= dict.fromkeys(names, chat)
    folder = tmp_path_factory.mktemp("defects")
    (folder / "sitecustomize.py").write_text(DEFECTS)
    environ = {"WYE_BOOTSTRAP_KEY": KEY, "PYTHONPATH": str(folder)}
    settings = {"deployments": {name: deployment(name) for name in names}}
    with running(folder, settings, environ) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def limited(gateway: Running) -> dict[str, str]:
    """The headers of who has a budget."""
    command = [sys.executable, "-m", "wye", "keys", "create", "limited", "--budget", "5/total", "--json"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(gateway.state), "WYE_STATE_DIR": str(gateway.state)}
    made = subprocess.run(command, env=environ, cwd=gateway.state, capture_output=True, check=True)
    headers = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}"}
    deadline = time.monotonic() + 60
    while gateway.ask("GET", "/v1/models", headers=headers).status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    return headers


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", WRONG)
def test_a_defect_costs_one_answer_and_no_place(
    gateway: Running, limited: dict[str, str], model: str, *, stream: bool
) -> None:
    for _ in range(3):  # there is one place, and no queue
        answered = gateway.chat(model, limited, stream=stream, max_tokens=64)
        assert error_of(answered)["message"].startswith("an internal error")
        record = gateway.record(answered, limited)
        assert record["outcome"] == ("broken" if answered.status == 200 else "error")
        assert [attempt["status"] for attempt in record["attempts"]] == [200]
        assert float(record["charged"]) > 0
    metrics = gateway.ask("GET", "/metrics", headers={"authorization": f"Bearer {KEY}"}).body.decode()
    assert f'wye_in_flight{{deployment="{model}"}} 0' in metrics


@pytest.mark.parametrize("stream", [False, True])
def test_what_goes_well_costs_what_it_used(
    gateway: Running, limited: dict[str, str], *, stream: bool
) -> None:
    answered = gateway.chat("well", limited, stream=stream, max_tokens=64)
    assert answered.status == 200
    record = gateway.record(answered, limited)
    assert (record["charged"], len(record["attempts"])) == ("0.00034", 1)


def error_of(answered: Answered) -> Any:
    if answered.status != 200:
        assert answered.status == 500
        return answered.error
    told = answered.body.split(b"data: ")
    return json.loads(told[-2] if told[-1].startswith(b"[DONE]") else told[-1])["error"]
