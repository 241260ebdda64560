"""Where a request would go, asked of a real gateway: decided as the request itself, and not sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fake_upstream import FakeUpstream
from running import Answered, Running, running
from wye.cli.route.test import test as command

PATH = "/v1/wye/route"
HELLO: dict[str, Any] = {"model": "work", "messages": [{"role": "user", "content": "hi"}]}


def settings(upstream: FakeUpstream) -> dict[str, Any]:
    def deployment(lane: str, rate: float, **profile: Any) -> dict[str, Any]:
        return {
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": lane,
            "model": "any",
            "networks": ["127.0.0.0/8"],
            "profile": profile,
            "price": {"input": rate, "output": rate},
        }

    return {
        "deployments": {
            "near": deployment("own", 0, tags=["code"]),
            "far": deployment("hosted", 2),
            "dear": deployment("closed", 30, strong=True),
        },
        "routes": {
            "work": {
                "objective": {"best": "quality"},
                "rules": [{"name": "clinic", "when": {"labels": ["phi"]}, "lanes": ["own"]}],
            },
            "trial": {"rules": [{"use": ["near"], "canary": {"far": 50}}]},
        },
        "labels": {"never": {"lanes": [], "providers": ["embedded"]}},
    }


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("rehearsal"), settings(upstream)) as gateway:
        yield gateway


def chosen(told: Answered) -> str:
    return str(told.json["decision"]["candidates"][0]["deployment"])


def test_it_decides_as_the_request_would_be_and_sends_nothing(
    gateway: Running, upstream: FakeUpstream
) -> None:
    asked = len(upstream.calls)
    told = gateway.ask("POST", PATH, HELLO)
    assert told.status == 200, told.body
    assert len(upstream.calls) == asked
    found = told.json
    assert (found["asked"], found["labels"], found["ceiling"]) == ("work", ["internal"], False)
    assert found["permitted"] == ["dear", "far", "near"]
    sent = gateway.ask("POST", "/v1/chat/completions", HELLO)
    record = gateway.record(sent)
    assert found["decision"] == record["decision"]
    assert found["policy_revision"] == record["policy_revision"]
    assert record["deployment"] == found["decision"]["candidates"][0]["deployment"] == "dear"


def test_a_pinned_name_has_its_price_too(gateway: Running) -> None:
    (candidate,) = gateway.ask("POST", PATH, HELLO | {"model": "far"}).json["decision"]["candidates"]
    assert candidate["deployment"] == "far"
    assert 0.0005 < float(candidate["expected_cost"]) < 0.001


def test_labels_bind_it(gateway: Running) -> None:
    found = gateway.ask("POST", PATH, HELLO, {"x-wye-label": "phi"}).json
    assert [c["deployment"] for c in found["decision"]["candidates"]] == ["near"]
    assert found["decision"]["reasons"][0] == "rule 'clinic'"
    assert found["permitted"] == ["near"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (HELLO | {"model": "nobody"}, {}, 404, "model_not_found"),
        (HELLO | {"model": "dear"}, {"x-wye-label": "phi"}, 403, "policy_denied"),
        ({"model": "work"}, {}, 400, None),
        (b"{", {}, 400, None),
        (HELLO, {"x-wye-label": "not a label!"}, 400, None),
        (HELLO | {"models": ["far"]}, {}, 400, None),
    ],
)
def test_what_would_be_refused_is_refused(
    gateway: Running, body: object, headers: dict[str, str], status: int, code: str | None
) -> None:
    refused = gateway.ask("POST", PATH, body, headers)
    assert refused.status == status, refused.body
    assert code in (None, refused.error["code"])


def test_a_conversation_s_name_decides_its_draw_and_each_turn_draws_the_same(gateway: Running) -> None:
    firsts = {}
    for number in range(40):
        headers = {"x-wye-session": f"talk-{number}"}
        body = HELLO | {"model": "trial"}
        longer = body | {
            "messages": [*HELLO["messages"], {"role": "assistant", "content": "yes?"}, *HELLO["messages"]]
        }
        firsts[number] = chosen(gateway.ask("POST", PATH, body, headers))
        assert chosen(gateway.ask("POST", PATH, longer, headers)) == firsts[number]
    assert set(firsts.values()) == {"near", "far"}


def test_without_a_name_the_beginning_of_a_conversation_decides(gateway: Running) -> None:
    turns = [{"role": "user", "content": "Tell me of herons."}]
    body = {"model": "trial", "messages": turns}
    first = chosen(gateway.ask("POST", PATH, body))
    for more in range(1, 4):
        turns += [{"role": "assistant", "content": "a" * more}, {"role": "user", "content": f"And {more}?"}]
        assert chosen(gateway.ask("POST", PATH, body)) == first


class TestCommand:
    def test_asks_the_running_gateway(self, gateway: Running, upstream: FakeUpstream) -> None:
        asked = len(upstream.calls)
        arguments = ["--url", f"http://127.0.0.1:{gateway.port}", "-m", "work", "hello"]
        shown = CliRunner().invoke(command, arguments)
        assert shown.exit_code == 0, shown.output
        lines = shown.output.splitlines()
        assert lines[0].startswith("work → dear (closed), expected 0.0")
        assert lines[1] == "  labels   internal"
        assert "  highest expected score of 3 that fit; no score is known" in lines
        assert lines[-1] == "No model was asked."
        as_json = CliRunner().invoke(command, [*arguments, "--json", "--label", "phi"])
        assert json.loads(as_json.stdout)["permitted"] == ["near"]
        assert len(upstream.calls) == asked

    def test_says_what_the_gateway_says(self, gateway: Running) -> None:
        shown = CliRunner().invoke(
            command, ["--url", f"http://127.0.0.1:{gateway.port}", "-m", "nobody", "x"]
        )
        assert shown.exit_code == 1
        assert "There is no model 'nobody'" in shown.output

    def test_decides_by_the_settings_where_no_gateway_runs(
        self, upstream: FakeUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        quiet = {"discovery": {"environment": False, "engines": False}, "embedded": {"enabled": False}}
        config = tmp_path / "wye.yaml"
        config.write_text(json.dumps(settings(upstream) | quiet))
        connections = upstream.connections
        here = ["--config", str(config), "--state-dir", str(tmp_path / "state"), "-m", "work", "hello"]
        for way in (["--offline"], ["--url", "http://127.0.0.1:1"]):
            shown = CliRunner().invoke(command, [*way, *here])
            assert shown.exit_code == 0, shown.output
            assert "work → dear (closed)" in shown.output
            assert ("no gateway at" in shown.output) is (way[0] == "--url")
        assert upstream.connections == connections
