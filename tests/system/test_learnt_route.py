"""The whole way of a route: labels teach, others certify, a person activates, and the gateway follows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from evaluation.made_up import rows
from fake_upstream import FakeUpstream
from running import Running, running
from wye.cli.route import route
from wye.routing.certificate import listed as certificates
from wye.routing.revision import listed
from wye.routing.state import RouteState

EASY = "Question: price minutes item4988 sum subtract count item1290 item7597 item6473 number coins?"
HARD = (
    "Question: item4810 jurisdiction breach item2797 breach statute item9658 jurisdiction item7825 contract?"
)


def wye_route(*words: str) -> str:
    result = CliRunner().invoke(route, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    yield fake
    fake.stop()


def deployment(upstream: FakeUpstream, model: str, **fields: Any) -> dict[str, Any]:
    address = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"]}
    return {"model": model, "lane": "hosted", "retries": 0, **address, **fields}


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_labels_a_certificate_and_a_person_move_work_to_the_weak_model(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows(900)))
    settings = {
        "deployments": {
            "big": deployment(upstream, "strong", profile={"strong": True}, price={"input": 5, "output": 25}),
            "small": deployment(upstream, "weak", price={"input": 0.1, "output": 0.2}),
        },
        "tasks": {"sums": {"examples": [EASY, "Question: minutes subtract sum item5678 coins number?"]}},
    }
    with running(tmp_path, settings) as gateway:
        assert served(gateway, EASY)["deployment"] == "big"
        state = ("--state-dir", str(gateway.state))
        wye_route("learn", "auto", "--strong", "strong", "--weak", "weak", "--labels", str(labels), *state)
        files = RouteState(gateway.state, "auto")
        (revision,) = listed(files.revisions)
        told = wye_route("certify", "auto", "--labels", str(labels), "--epsilon", "0.06", *state)
        (certificate,) = certificates(files.certificates)
        assert certificate.id in told
        assert (
            served(gateway, EASY)["deployment"] == "big"
        )  # nothing serves differently until a person says so
        wye_route("activate", "auto", revision.id, "--certificate", certificate.id, *state)
        until(lambda: served(gateway, EASY)["deployment"] == "small")
        decision = served(gateway, EASY)["decision"]
        assert (decision["certificate"], decision["task"]) == (certificate.id, "sums")
        assert {one["deployment"] for one in decision["candidates"] if one["quality"] > 0.5} == {
            "big",
            "small",
        }
        hard = served(gateway, HARD)
        assert hard["deployment"] == "big"
        assert hard["decision"]["gain"] > certificate.threshold > decision["gain"]
        wye_route("rollback", "auto", *state)
        until(lambda: served(gateway, EASY)["deployment"] == "big")


def served(gateway: Running, prompt: str) -> Any:
    answered = gateway.ask(
        "POST", "/v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
    )
    assert answered.status == 200, answered.body
    return gateway.record(answered)
