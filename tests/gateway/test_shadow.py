"""A certified route is shadowed, and goes to the strong model when its quality drops: in a real gateway."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from gateway.test_runtime import THERE, in_force, nobody, runtime
from routing.granted import grant
from running import QUIET, Running, running
from wye.config.settings import LedgerSettings, Settings
from wye.config.strategies import RouteSettings, ShadowSettings
from wye.gateway import shadow
from wye.gateway.learnt import LearntRoutes
from wye.gateway.shadow import Shadows
from wye.gateway.watched import Watched
from wye.ledger import Reader
from wye.ledger.reader import Filter
from wye.routing.certificate import Arm, Certificate
from wye.routing.state import RouteState, StateError
from wye.routing.watch.journal import Sight, sights

SECONDS = 60.0
SAID = {"big": "The answer is 4.", "small": "The answer is 4."}
"""What each model answers; tests change it."""


def until(found: Callable[[], Any]) -> Any:
    """What comes about, as soon as it does."""
    deadline = time.monotonic() + SECONDS
    while not (what := found()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return what


@pytest.fixture
def models(upstream: FakeUpstream) -> Iterator[FakeUpstream]:
    for name in ("big", "small", "referee"):
        upstream.scripts[name] = answer
    SAID.update(big="The answer is 4.", small="The answer is 4.", referee='{"first": 9, "second": 9}')
    upstream.seen.clear()
    upstream.calls.clear()
    yield upstream
    for name in ("big", "small", "referee"):
        del upstream.scripts[name]


async def answer(call: Call) -> None:
    said = SAID[call.json["model"]]
    if call.json.get("stream"):
        await call.stream([delta(said[:5]), delta(said[5:]), FINISH, USAGE, DONE])
        return
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    await call.answer(body=CHAT | {"choices": [choice]})


def settings(upstream: FakeUpstream, price: dict[str, Any], **shadow: Any) -> dict[str, Any]:
    here: dict[str, Any] = {
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "networks": ["127.0.0.0/8"],
        "retries": 0,
        "price": price,
    }
    return {
        "deployments": {
            "house": here | {"model": "small", "lane": "own"},
            "frontier": here | {"model": "big", "lane": "closed", "profile": {"strong": True}},
            "claude-referee": here | {"model": "referee", "lane": "closed"},
        },
        "auto": {
            "candidates": ["house", "frontier"],
            "shadow": {"probability": 1.0, "run_length": 100} | shadow,
        },
    }


def certified(folder: Path, **facts: Any) -> Certificate:
    return grant(folder / "state", strong=Arm("big", "big"), weak=Arm("small", "small"), **facts)


def ask(gateway: Running, number: int, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    said = [{"role": "user", "content": f"What is {number} and {number}?"}]
    return gateway.ask("POST", "/v1/chat/completions", {"model": "auto", "messages": said} | fields, headers)


def seen(gateway: Running) -> list[Sight]:
    return sights(RouteState(gateway.state, "auto").folder)


def records(gateway: Running) -> list[Any]:
    with Reader(LedgerSettings(), gateway.state) as reader:
        return [msgspec.to_builtins(record) for record in reader.requests(Filter())]


def test_a_drop_sends_the_route_to_the_strong_model_at_once_and_for_good(
    models: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    certificate = certified(tmp_path)
    config = settings(models, price)
    with running(tmp_path, config) as gateway:
        first = ask(gateway, 1)
        assert first.headers["x-wye-deployment"] == "house"
        until(lambda: len(seen(gateway)) == 1)
        (good,) = seen(gateway)
        assert (good.served, good.strong, good.weak, good.probability) == ("weak", 1.0, 1.0, 1.0)
        assert good.models == ("big", "small")
        SAID["small"] = "The answer is 5."
        number = 1
        while ask(gateway, number := number + 1).headers["x-wye-deployment"] == "house":
            until(lambda: len(seen(gateway)) >= number or "withdrawn" in gateway.log.read_text())
            assert number < 100
        gone = until(lambda: RouteState(gateway.state, "auto").withdrawn())[certificate.id]
        assert "quality has dropped" in gone.why
        assert number < 20
        last = gateway.record(ask(gateway, 1000))
        assert last["deployment"] == "frontier"
        assert f"certificate {certificate.id} was withdrawn" in last["decision"]["reasons"][0]
        assert last.get("certificate", "") == ""
        until(lambda: seen(gateway)[-1].certificate == "")
        count = len(seen(gateway))
    with running(tmp_path, config) as gateway:
        again = ask(gateway, 1001)
        assert again.headers["x-wye-deployment"] == "frontier"
        late = until(lambda: seen(gateway)[count:])[-1]  # a label to learn from, and nothing to watch
        assert (late.certificate, late.plan, late.served) == ("", "", "strong")


def test_a_monitor_survives_a_restart(models: FakeUpstream, price: dict[str, Any], tmp_path: Path) -> None:
    certified(tmp_path)
    config = settings(models, price)
    SAID["small"] = "The answer is 5."
    with running(tmp_path, config) as gateway:
        for number in range(3):
            ask(gateway, number)
            until(lambda: len(seen(gateway)) == number + 1)  # noqa: B023  # called at once
        evidence = level(gateway)
        assert 0 < evidence < 1
    with running(tmp_path, config) as gateway:
        ask(gateway, 3)
        until(lambda: len(seen(gateway)) == 4)
        until(lambda: level(gateway) > evidence)
        number = 3
        while ask(gateway, number := number + 1).headers["x-wye-deployment"] == "house":
            time.sleep(0.05)
            assert number < 30


def level(gateway: Running) -> float:
    for line in gateway.metrics().splitlines():
        if line.startswith('wye_drop_evidence{route="auto"}'):
            return float(line.rpartition(" ")[2])
    return 0.0


@pytest.fixture(scope="module")
def shared(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A gateway that is never made to fire."""
    folder = tmp_path_factory.mktemp("shared")
    certified(folder)
    with running(folder, settings(upstream, price, run_length=1_000_000)) as gateway:
        yield gateway


NUMBERS = itertools.count(10_000)
"""A conversation is shadowed once: each test has its own."""


def newest(gateway: Running, more_than: int) -> Sight:
    """The sight that comes after so many."""
    return until(lambda: seen(gateway)[more_than:])[0]  # type: ignore[no-any-return]


def test_a_shadow_is_a_request_of_its_own_under_the_same_verdict(
    models: FakeUpstream, shared: Running
) -> None:
    before = len(seen(shared))
    answered = ask(shared, next(NUMBERS), stream=True)
    assert b"The a" in answered.body
    record = shared.record(answered)
    sight = newest(shared, before)
    assert (record["shadow_probability"], record["certificate"]) == (1.0, sight.certificate)
    assert sight.request == record["id"]
    shadow = until(lambda: [one for one in records(shared) if one.get("shadow_of") == record["id"]])[0]
    assert (shadow["deployment"], shadow["outcome"]) == ("frontier", "ok")
    assert [one["cause"] for one in shadow["attempts"]] == ["shadow"]
    assert set(shadow["permitted"]) == set(record["permitted"]) == {"house", "frontier", "claude-referee"}
    assert list(shadow["labels"]) == record["labels"] == ["internal"]
    assert shadow["cost"]["amount"] == "0.00034"
    assert not shadow.keys() & {"key", "charged"}
    assert models.seen["big"] == models.seen["small"] == 1


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
@pytest.mark.parametrize("stream", [False, True])
def test_answers_in_any_protocol_are_read(
    models: FakeUpstream, shared: Running, path: str, *, stream: bool
) -> None:
    before, words = len(seen(shared)), f"Say {next(NUMBERS)}."
    said = [{"role": "user", "content": words}]
    bodies: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": {"messages": said},
        "/v1/messages": {"messages": said, "max_tokens": 100},
        "/v1/responses": {"input": words, "store": False},
    }
    answered = shared.ask("POST", path, {"model": "auto", "stream": stream} | bodies[path])
    assert answered.status == 200, answered.body
    sight = newest(shared, before)
    assert (sight.strong, sight.weak, sight.why) == (1.0, 1.0, "")
    assert models.seen["big"] == 1


def test_a_conversation_is_shadowed_once(models: FakeUpstream, shared: Running) -> None:
    before, number = len(seen(shared)), next(NUMBERS)
    ask(shared, number)
    newest(shared, before)
    again = ask(shared, number)
    assert "shadow_probability" not in shared.record(again)
    ask(shared, next(NUMBERS))
    newest(shared, before + 1)
    assert (len(seen(shared)), models.seen["big"]) == (before + 2, 2)


def test_what_must_stay_inside_is_never_shadowed_outside(models: FakeUpstream, shared: Running) -> None:
    before = len(seen(shared))
    for _ in range(5):
        answered = ask(shared, next(NUMBERS), {"x-wye-label": "phi"})
        assert answered.headers["x-wye-deployment"] == "house"
        assert "shadow_probability" not in shared.record(answered)
    ask(shared, next(NUMBERS))  # which is shadowed, so that the others would have been by now
    newest(shared, before)
    assert (len(seen(shared)), models.seen["big"]) == (before + 1, 1)


def test_a_missing_score_counts_as_the_worst(models: FakeUpstream, shared: Running) -> None:
    @models.script("big")
    async def fails(call: Call) -> None:
        await call.answer(400, {"error": {"message": "no"}})

    before, evidence = len(seen(shared)), level(shared)
    answered = ask(shared, next(NUMBERS))
    assert answered.headers["x-wye-deployment"] == "house"
    sight = newest(shared, before)
    assert (sight.strong, sight.weak) == (None, None)
    assert "frontier" in sight.why
    until(lambda: level(shared) > evidence)
    shadow = until(lambda: [one for one in records(shared) if one.get("shadow_of") == sight.request])[0]
    assert (shadow["outcome"], shadow["status"]) == ("error", 502)


def test_a_judge_scores_both_without_knowing_whose_they_are(
    models: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    """And where everything goes to the strong model, the weak one is asked, too, and nothing is lost."""
    certified(tmp_path, threshold=-1.0)
    SAID.update(big="A long poem about the sea.", small="Fish.")
    with running(tmp_path, settings(models, price, judge="claude-referee")) as gateway:
        assert ask(gateway, 1).headers["x-wye-deployment"] == "frontier"
        (sight,) = until(lambda: seen(gateway))
        assert (sight.served, sight.strong, sight.weak, sight.why) == ("strong", 0.9, 0.9, "")
        told = next(call.json for call in models.calls if call.json["model"] == "referee")
        words = told["messages"][0]["content"]
        for part in ("What is 1 and 1?", "A long poem", "Fish."):
            assert part in words
        for name in ("frontier", "house", "big", "small"):
            assert name not in words
        asked = until(
            lambda: len(found := [one for one in records(gateway) if one.get("shadow_of")]) > 1 and found
        )
        assert [one["attempts"][0]["cause"] for one in asked[::-1]] == ["shadow", "judge"]
        assert 0 < level(gateway) <= 0.01
        SAID["referee"] = "I would rather not."
        ask(gateway, 2)
        until(lambda: len(seen(gateway)) == 2)
        assert seen(gateway)[1].why == "the judge's answer is no verdict"


def test_a_shadow_that_the_end_of_the_gateway_cuts_short_is_on_record(
    models: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    @models.script("big")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(30)

    certified(tmp_path)
    with running(tmp_path, settings(models, price)) as gateway:
        answered = ask(gateway, 1)
        until(lambda: models.seen["big"])
        assert gateway.stop() == 0
        (shadow,) = (one for one in records(gateway) if one.get("shadow_of"))
    assert shadow["shadow_of"] == answered.headers["x-wye-decision"]
    assert (shadow["outcome"], shadow["error"]) == ("error", "it was stopped before it ended")
    assert [one["error"] for one in shadow["attempts"]] == ["cut short"]


def slowly(models: FakeUpstream, name: str, seconds: float) -> None:
    @models.script(name)
    async def slow(call: Call) -> None:
        await asyncio.sleep(seconds)
        await answer(call)


def test_two_requests_of_a_conversation_at_once_are_one(models: FakeUpstream, shared: Running) -> None:
    slowly(models, "small", 0.5)
    before, number = len(seen(shared)), next(NUMBERS)
    with ThreadPoolExecutor(2) as pool:
        both = [shared.record(one) for one in pool.map(lambda _: ask(shared, number), range(2))]
    assert sorted("shadow_probability" in one for one in both) == [False, True]
    newest(shared, before)
    ask(shared, next(NUMBERS))
    newest(shared, before + 1)
    assert (len(seen(shared)), models.seen["big"]) == (before + 2, 2)


def test_who_was_not_served_may_be_drawn_again(models: FakeUpstream, shared: Running) -> None:
    @models.script("small")
    async def blames(call: Call) -> None:
        await call.answer(400, {"error": {"message": "no"}})

    before, number = len(seen(shared)), next(NUMBERS)
    assert ask(shared, number).status == 400
    models.scripts["small"] = answer
    ask(shared, number)
    newest(shared, before)
    assert "wye_shadows_waiting 0.0" in shared.metrics()


def test_what_waits_when_the_gateway_ends_is_on_record(
    models: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    slowly(models, "big", 30)
    certified(tmp_path)
    with running(tmp_path, settings(models, price)) as gateway:
        for number in range(3):
            ask(gateway, number)
        until(lambda: models.seen["big"] and "wye_shadows_waiting 2.0" in gateway.metrics())
        assert gateway.stop() == 0
        told = [one["error"] for one in records(gateway) if one.get("shadow_of")]
    assert sorted(told) == [
        "it was stopped before it ended",
        *["the gateway was stopped before it began"] * 2,
    ]
    assert "2 conversations that were drawn are not shadowed" in gateway.log.read_text()
    assert not seen(gateway)


def test_what_waits_while_the_policy_changes_does_not_leave(
    models: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    slowly(models, "big", 5)
    certified(tmp_path)
    before = settings(models, price)
    with running(tmp_path, before) as gateway:
        for number in range(2):
            ask(gateway, number)
        until(lambda: models.seen["big"] and "wye_shadows_waiting 1.0" in gateway.metrics())
        inside = before | {"labels": {"internal": {"lanes": ["own"]}}}
        (tmp_path / "wye.yaml").write_text(json.dumps(QUIET | inside))
        until(lambda: "changed and is in force" in gateway.log.read_text())
        until(lambda: "wye_shadows_waiting 0.0" in gateway.metrics())
        why = "the policy changed before it began"
        told = until(lambda: [one for one in records(gateway) if one.get("error") == why])
        assert len(told) == models.seen["big"] == 1
        assert len(seen(gateway)) == 1


@pytest.mark.parametrize("trouble", ["", "full", "slow"])
async def test_a_withdrawal_is_written_first_and_acted_on_in_any_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    certificate = grant(tmp_path)
    made = runtime(LearntRoutes(tmp_path))
    made.load(Settings(auto=RouteSettings(shadow=ShadowSettings())), THERE, nobody)
    withdraw, before = RouteState.withdraw, []

    def write(state: RouteState, id_: str, why: str) -> None:
        before.append(in_force(made))
        if trouble == "slow":
            time.sleep(0.3)
        if trouble == "full":
            message = "cannot write: no space left"
            raise StateError(message)
        withdraw(state, id_, why)

    monkeypatch.setattr(RouteState, "withdraw", write)
    monkeypatch.setattr(shadow, "WRITE_SECONDS", 0.1)
    unused: Any = None
    shadows = Shadows(made, unused, unused)
    watched = Watched(RouteState(tmp_path, "auto"), ShadowSettings(), "big", "small", certificate.id)
    await shadows._take_back(watched, "quality dropped")
    assert before == [certificate.id]
    assert in_force(made) == ""
    assert watched.over
    assert ("strong serves all the same" in caplog.text) is bool(trouble)
