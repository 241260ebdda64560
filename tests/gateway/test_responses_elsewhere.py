"""Going on from an answer that nobody here remembers: where it may be, while nobody has a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_upstream import FakeUpstream
from gateway.holding import (
    BY_SDK,
    OTHER,
    RESPONSES,
    answer,
    ask,
    deployment,
    event,
    one_of,
    scripts,
    settings,
)
from running import KEY, Running, running


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scripts(upstream)
    with running(tmp_path_factory.mktemp("gateway"), settings(upstream)) as gateway:
        yield gateway


def test_a_request_goes_on_where_it_may_be(gateway: Running, upstream: FakeUpstream) -> None:
    assert ask(gateway, "native", previous_response_id="resp_elsewhere").status == 200
    assert one_of(upstream, "native").json["previous_response_id"] == "resp_elsewhere"


def test_labels_decide_over_it(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    headers = {"x-wye-label": "phi"}
    refused = ask(gateway, "away", previous_response_id="resp_elsewhere", headers=headers)
    assert refused.status == 403
    assert len(upstream.calls) == before


def test_an_answer_is_fetched_as_a_stream_in_one_piece(gateway: Running, upstream: FakeUpstream) -> None:
    path = f"{RESPONSES}/resp_past?stream=true&starting_after=4"
    told = event("response.completed", response=answer("resp_past"))
    upstream.scripts[f"GET /v1{path.removeprefix('/v1')}"] = lambda call: call.stream([told])
    answered = gateway.ask("GET", path)
    assert answered.headers["content-type"].startswith("text/event-stream")
    assert answered.body == told


def test_with_keys_it_is_not_found(upstream: FakeUpstream, tmp_path: Path) -> None:
    open_to_all = settings(upstream, keys={"required": False})
    with running(tmp_path, open_to_all, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        before = len(upstream.calls)
        for headers in (OTHER, None):
            assert ask(gateway, "native", previous_response_id="resp_x", headers=headers).status == 400
            for path in (f"{RESPONSES}/resp_x", "/v1/chat/completions", "/v1/chat/completions/chatcmpl-x"):
                assert gateway.ask("GET", path, headers=headers).status == 404
        assert len(upstream.calls) == before


def test_a_name_that_does_not_lead_there_is_told_what_to_do(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    for model in ("chat", "thinker"):
        refused = ask(gateway, model, previous_response_id="resp_elsewhere")
        assert (refused.status, refused.error["code"]) == (400, "previous_response_not_found")
    assert len(upstream.calls) == before
    served = ask(gateway, "any", previous_response_id="resp_elsewhere")
    assert gateway.record(served)["decision"]["strategy"] == "held"


def test_what_only_the_upstream_remembers_is_counted_and_compacted_there(
    gateway: Running, upstream: FakeUpstream
) -> None:
    body = {"model": "counter", "input": "hi", "previous_response_id": "resp_elsewhere"}
    assert gateway.ask("POST", f"{RESPONSES}/input_tokens", body).json["input_tokens"] == 7
    assert gateway.ask("POST", f"{RESPONSES}/compact", body | {"model": "native"}).status == 200
    assert one_of(upstream, "native").json["previous_response_id"] == "resp_elsewhere"


def test_accounts_that_labels_do_not_permit_do_not_count(upstream: FakeUpstream, tmp_path: Path) -> None:
    scripts(upstream)
    address = f"http://127.0.0.1:{upstream.port}/other/v1"
    two = settings(upstream)
    two["deployments"]["away"] |= {"base_url": address}
    with running(tmp_path, two) as gateway:
        refused = ask(gateway, "native", previous_response_id="resp_x", headers={"x-wye-label": "public"})
        assert refused.error["code"] == "previous_response_not_found"
        served = ask(gateway, "native", previous_response_id="resp_x", headers={"x-wye-label": "phi"})
        assert served.status == 200
        for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
            asked = gateway.ask(method, f"{RESPONSES}/resp_x{below}", headers=BY_SDK | {"x-wye-label": "phi"})
            assert "not found" in asked.error["message"]
            assert gateway.record(asked)["deployment"] == "native"


def test_several_accounts_are_not_guessed_at(upstream: FakeUpstream, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{upstream.port}/other/v1"
    other = deployment(upstream, "native", also=["openai_responses"], base_url=address)
    several = settings(upstream)
    several["deployments"] |= {"another": other}
    with running(tmp_path, several) as gateway:
        assert gateway.ask("GET", f"{RESPONSES}/resp_x").status == 404
        assert ask(gateway, "native", previous_response_id="resp_x").status == 400


REFERENCES = {
    "conversation": {"conversation": "conv_1"},
    "prompt": {"prompt": {"id": "pmpt_1"}},
    "input": {"input": [{"type": "item_reference", "id": "msg_1"}]},
}


@pytest.mark.parametrize("member", REFERENCES)
def test_what_else_an_account_keeps_is_asked_of_the_only_one(
    gateway: Running, upstream: FakeUpstream, member: str
) -> None:
    served = ask(gateway, "any", **REFERENCES[member])
    assert served.status == 200
    assert gateway.record(served)["decision"]["strategy"] == "held"
    assert one_of(upstream, "native").json[member] == REFERENCES[member][member]
    refused = ask(gateway, "chat", **REFERENCES[member])
    assert (refused.status, refused.error["param"]) == (400, member)
    assert ask(gateway, "away", **REFERENCES[member], headers={"x-wye-label": "phi"}).status == 403


def test_with_keys_nobody_names_what_may_be_anothers(upstream: FakeUpstream, tmp_path: Path) -> None:
    closed = settings(upstream, keys={"required": False})
    with running(tmp_path, closed, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        before = len(upstream.calls)
        for member, asked in REFERENCES.items():
            refused = ask(gateway, "native", **asked)
            assert (refused.status, refused.error["param"]) == (403, member)
            assert "references: true" in refused.error["message"]
        assert len(upstream.calls) == before


def test_config_lets_keys_share_what_the_account_keeps(upstream: FakeUpstream, tmp_path: Path) -> None:
    shared = settings(upstream, keys={"required": False}, responses={"references": True})
    with running(tmp_path, shared, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        assert ask(gateway, "native", conversation="conv_1").status == 200
