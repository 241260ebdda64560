"""A running gateway under a policy of sets and files: purposes, roles, contracts, and what is stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import CHAT, Call, FakeUpstream
from gateway.test_telemetry import Collector, collecting
from running import Answered, Running, running

FILE = """
@id("hospital/kept")
@reason("what patients say is not kept")
forbid (principal, action == Action::"store", resource)
when { context.labels.contains("private") };

@id("hospital/told")
forbid (principal, action == Action::"export", resource)
when { context.labels.contains("private") };

@id("hospital/warm")
forbid (principal, action == Action::"cache", resource)
when { context.labels.contains("private") && resource.lane != "own" };

@id("hospital/nowhere")
forbid (principal, action, resource)
when { context.labels.contains("stuck") };

@id("hospital/size")
@reason("a long letter stays inside")
forbid (principal, action, resource)
when { context.size > 5000 && resource.lane != "own" };
"""
UNTIL = "2099-01-01"
AGREED = {"baa_until": UNTIL, "zero_retention_until": UNTIL, "trains_on_data": False}


@pytest.fixture(scope="module")
def traces() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, traces: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    @upstream.script("answers")
    async def answers(call: Call) -> None:
        await call.answer(body=CHAT)

    @upstream.script("fails")
    async def fails(call: Call) -> None:
        await call.answer(400, {"error": {"message": "no", "type": "invalid_request_error"}})

    @upstream.script("tells")
    async def tells(call: Call) -> None:
        said = {"role": "assistant", "content": "Her social security number is 219-09-9999."}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        await call.answer(body=CHAT | {"choices": [choice]})

    url = f"http://127.0.0.1:{upstream.port}/v1"

    def deployment(model: str, provider: str, lane: str, **more: str) -> dict[str, Any]:
        about = {"model": model, "provider": provider, "base_url": url, "lane": lane}
        return about | {"networks": ["127.0.0.0/8"], "retries": 0} | more

    folder = tmp_path_factory.mktemp("gateway")
    (folder / "hospital.cedar").write_text(FILE)
    everywhere = {"lanes": ["own", "hosted", "closed"]}
    settings = {
        "providers": {
            name: {"base_url": url, "networks": ["127.0.0.0/8"], "lane": lane, "models": []}
            for name, lane in (("house", "own"), ("bound", "closed"), ("stranger", "closed"))
        },
        "deployments": {
            "inside": deployment("answers", "house", "own"),
            "bound": deployment("answers", "bound", "closed", region="westeurope"),
            "stranger": deployment("answers", "stranger", "closed"),
            "fails": deployment("fails", "house", "own"),
            "tells": deployment("tells", "house", "own"),
        },
        "labels": dict.fromkeys(("phi", "personal", "private", "stuck"), everywhere),
        "policy": {"sets": ["hipaa", "gdpr"], "files": ["hospital.cedar"]},
        "compliance": [{"provider": "bound", **AGREED}],
        "detection": {"raises": {"private": ["ssn"]}},
        "ledger": {"store_content": True},
        "telemetry": {"otlp_endpoint": f"http://127.0.0.1:{traces.port}"},
        "aliases": {"anywhere": ["bound", "inside"]},
    }
    with running(folder, settings) as gateway:
        yield gateway


def ask(gateway: Running, model: str, label: str, purpose: str = "", **fields: object) -> Answered:
    return gateway.chat(
        model, {"x-wye-label": label} | ({"x-wye-purpose": purpose} if purpose else {}), **fields
    )


def test_phi_leaves_only_for_those_who_are_bound(gateway: Running, upstream: FakeUpstream) -> None:
    assert ask(gateway, "inside", "phi").status == 200
    assert ask(gateway, "bound", "phi").status == 200
    before = len(upstream.calls)
    refused = ask(gateway, "stranger", "phi")
    assert refused.status == 403
    assert "business associate agreement in force" in refused.error["message"]
    assert len(upstream.calls) == before


def test_a_purpose_that_is_missing_is_asked_for(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    missing = ask(gateway, "inside", "personal")
    assert missing.status == 403
    assert "send x-wye-purpose" in missing.error["message"]
    assert len(upstream.calls) == before
    assert ask(gateway, "inside", "personal", "support").status == 200
    assert ask(gateway, "bound", "personal", "support").status == 200
    assert ask(gateway, "stranger", "personal", "support").status == 403


def test_a_purpose_that_is_no_name_is_an_error(gateway: Running) -> None:
    wrong = ask(gateway, "inside", "personal", "<b>")
    assert wrong.status == 400
    assert wrong.error["param"] == "x-wye-purpose"


def test_the_size_of_a_request_counts(gateway: Running) -> None:
    long = [{"role": "user", "content": "x" * 6_000}]
    assert ask(gateway, "bound", "public").status == 200
    assert ask(gateway, "bound", "public", messages=long).status == 403
    assert ask(gateway, "inside", "public", messages=long).status == 200


def test_auto_finds_who_is_left(gateway: Running) -> None:
    record = gateway.record(ask(gateway, "auto", "phi"))
    assert "stranger" not in record["permitted"]
    assert {"inside", "bound"} <= set(record["permitted"])


@pytest.mark.parametrize("stream", [False, True])
def test_what_may_not_be_stored_is_not_whoever_answers(gateway: Running, *, stream: bool) -> None:
    kept = gateway.record(ask(gateway, "inside", "public", stream=stream))
    assert json.loads(json.loads(kept["content"])["request"])["messages"][0]["content"] == "hi"
    assert not gateway.record(ask(gateway, "inside", "private", stream=stream)).get("content")


@pytest.mark.parametrize("stream", [False, True])
def test_what_may_not_be_stored_is_not_whatever_shows_it(gateway: Running, *, stream: bool) -> None:
    """Its label came up in the answer, when who answers had been judged."""
    record = gateway.record(ask(gateway, "tells", "public", stream=stream))
    assert record["answer_labels"] == ["private"]
    assert not record.get("content")


@pytest.mark.parametrize(
    ("model", "label", "status"), [("fails", "private", 400), ("inside", "private, stuck", 403)]
)
def test_what_may_not_be_stored_is_not_when_nobody_answers(
    gateway: Running, model: str, label: str, status: int
) -> None:
    answered = ask(gateway, model, label)
    assert answered.status == status
    assert not gateway.record(answered).get("content")


def test_a_refusal_before_there_is_a_verdict_stores_nothing(gateway: Running) -> None:
    answered = ask(gateway, "inside", "personal", "<b>")
    assert not gateway.record(answered).get("content")


KEPT_WARM = [
    {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}
]


def test_a_prompt_that_may_not_be_kept_warm_goes_where_it_may_or_not_as_that(gateway: Running) -> None:
    assert gateway.record(ask(gateway, "anywhere", "private"))["deployment"] == "bound"
    record = gateway.record(ask(gateway, "anywhere", "private", messages=KEPT_WARM))
    assert (record["deployment"], "bound" in record["permitted"]) == ("inside", False)
    refused = ask(gateway, "bound", "private", messages=KEPT_WARM)
    assert refused.status == 403
    assert "a rule forbids that it keeps the prompt: leave out `cache_control`" in refused.error["message"]
    assert ask(gateway, "bound", "public", messages=KEPT_WARM).status == 200


def test_a_collector_is_told_of_no_more_than_may_be_exported(gateway: Running, traces: Collector) -> None:
    """It stops the gateway, which hands on what it has: it is the last of these tests."""
    told = [
        ask(gateway, "inside", "public"),
        ask(gateway, "inside", "private, stuck"),
    ]  # nobody may answer it
    kept = [
        ask(gateway, "inside", "private"),
        ask(gateway, "fails", "private"),
        ask(gateway, "tells", "public"),
    ]
    kept.append(ask(gateway, "inside", "private", stream=True))
    gateway.stop()
    spans = set(traces.spans())
    assert {answered.headers["x-wye-decision"] for answered in told} <= spans
    assert not {answered.headers["x-wye-decision"] for answered in kept} & spans
