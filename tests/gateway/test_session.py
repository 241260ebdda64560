"""Conversations keep their seat, and the router counts what a translation would lose."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_upstream import CHAT, Call, FakeUpstream
from running import Answered, Running, running
from wye.core.decision import Seat
from wye.gateway.session import MOST_SEATS, SEAT_SECONDS, Seats


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_seats_are_forgotten_in_time() -> None:
    clock = Clock()
    seats = Seats(clock)
    key = ("account", b"conversation")
    assert seats.find(key) is None
    seats.take(key, Seat("a", 10))
    assert seats.find(key) == Seat("a", 10)
    assert seats.find(("other", b"conversation")) is None
    clock.now = SEAT_SECONDS - 1
    seats.take(key, Seat("b", 20))
    clock.now += SEAT_SECONDS - 1
    assert seats.find(key) == Seat("b", 20)
    clock.now += 1
    assert seats.find(key) is None
    assert len(seats) == 0


def test_seats_are_bounded_and_the_eldest_goes_first() -> None:
    seats = Seats()
    for number in range(MOST_SEATS + 10):
        seats.take(("a", b"%d" % number), Seat("x"))
        if number == MOST_SEATS - 1:
            seats.take(("a", b"0"), Seat("y"))
    assert len(seats) == MOST_SEATS
    assert seats.find(("a", b"0")) == Seat("y")
    assert seats.find(("a", b"1")) is None
    assert seats.find(("a", b"10")) is None
    assert seats.find(("a", b"11")) == Seat("x")


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xy")), max_size=20))
def test_the_last_seat_counts(taken: list[tuple[str, str]]) -> None:
    seats = Seats()
    for who, where in taken:
        seats.take((who, b""), Seat(where))
    for who, where in dict(taken).items():
        assert seats.find((who, b"")) == Seat(where)


def price(rate: float, cached: float) -> dict[str, Any]:
    return {"input": rate, "output": 1, "cache_read": cached, "as_of": "2026-11-22"}


def deployment(upstream: FakeUpstream, model: str, **fields: Any) -> dict[str, Any]:
    address = f"http://127.0.0.1:{upstream.port}/v1"
    always = {"base_url": address, "lane": "hosted", "networks": ["127.0.0.0/8"], "retries": 0}
    return always | {"model": model} | fields


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    @upstream.script("dear")
    async def dear(call: Call) -> None:
        cached = {"prompt_tokens_details": {"cached_tokens": int(call.json.get("seed", 40))}}
        used = CHAT["usage"] | {"prompt_tokens": 100_000, "total_tokens": 100_020} | cached  # type: ignore[operator]
        await call.answer(body=CHAT | {"usage": used})

    anthropic = {"protocol": "anthropic_messages"}
    settings = {
        "deployments": {
            "cheap": deployment(upstream, "cheap", price=price(2, 0.5)),
            "dear": deployment(upstream, "dear", price=price(2.5, 0.5)),
            "claude": deployment(upstream, "claude", price=price(1, 0.1), **anthropic),
        },
        "routes": {"any": {"candidates": ["cheap", "dear"]}, "all": {"candidates": ["claude", "dear"]}},
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def say(gateway: Running, name: str, turns: int, headers: Any = None, **fields: Any) -> Answered:
    """Send a conversation that begins with `name` and has so many turns."""
    said = [{"role": "user", "content": f"{name} " * 100}]
    said += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": "go on"}] * (turns - 1)
    answered = gateway.ask(
        "POST", "/v1/chat/completions", {"model": "any", "messages": said} | fields, headers
    )
    assert answered.status == 200, answered.body
    return answered


async def fails(call: Call) -> None:
    await call.answer(503, {})


def settle_at_dear(gateway: Running, upstream: FakeUpstream, name: str, **more: Any) -> None:
    """Begin a conversation while the cheapest fails."""
    upstream.scripts["cheap"] = fails
    assert say(gateway, name, 1, **more).headers["x-wye-deployment"] == "dear"
    del upstream.scripts["cheap"]


def test_a_conversation_stays_where_its_prompt_is_cached(gateway: Running, upstream: FakeUpstream) -> None:
    settle_at_dear(gateway, upstream, "alpha", seed=90_000)
    second = say(gateway, "alpha", 2, seed=90_000)
    assert second.headers["x-wye-deployment"] == "dear"
    decision = gateway.record(second)["decision"]
    assert decision["seat"] == {"deployment": "dear", "cached_tokens": 90_000, "switching_cost": "0.18"}
    assert decision["reasons"][-1].startswith(
        "keeps its seat 'dear': leaving costs 0.180000 USD (90000 cached tokens read anew), 'cheap' saves"
    )


def test_another_conversation_has_no_seat(gateway: Running) -> None:
    other = say(gateway, "beta", 2)
    assert other.headers["x-wye-deployment"] == "cheap"
    assert gateway.record(other)["decision"].get("seat") is None


def test_a_seat_that_is_worth_nothing_is_left(gateway: Running, upstream: FakeUpstream) -> None:
    settle_at_dear(gateway, upstream, "gamma", seed=0)
    second = say(gateway, "gamma", 2, seed=0)
    assert second.headers["x-wye-deployment"] == "cheap"
    assert gateway.record(second)["decision"]["reasons"][-1].startswith("leaves its seat 'dear'")


def test_a_name_of_the_client_s_counts_more_than_how_it_begins(
    gateway: Running, upstream: FakeUpstream
) -> None:
    named = {"x-wye-session": "my-session"}
    settle_at_dear(gateway, upstream, "delta", headers=named, seed=90_000)
    assert say(gateway, "delta", 2, seed=90_000).headers["x-wye-deployment"] == "cheap"
    moved = say(gateway, "something else", 1, headers=named, seed=90_000)
    assert moved.headers["x-wye-deployment"] == "dear"
    mark = gateway.record(moved)["session"]
    assert mark == hashlib.sha256(b"my-session").hexdigest()[:12], "the name may be private"
    assert "session" not in gateway.record(say(gateway, "delta", 2))


@pytest.mark.parametrize("name", ["x" * 129, "two words"])
def test_a_name_that_would_not_count_is_refused(gateway: Running, name: str) -> None:
    body = {"model": "any", "messages": [{"role": "user", "content": "hi"}]}
    refused = gateway.ask("POST", "/v1/chat/completions", body, {"x-wye-session": name})
    assert refused.status == 400
    assert "1 to 128 visible" in refused.error["message"]
    assert refused.error["param"] == "x-wye-session"


def test_the_record_says_what_was_translated(gateway: Running) -> None:
    (attempt,) = gateway.record(gateway.chat("claude"))["attempts"]
    assert attempt["translated"] == "anthropic_messages"
    (attempt,) = gateway.record(gateway.chat("dear"))["attempts"]
    assert "translated" not in attempt


def test_who_cannot_be_told_is_no_candidate(gateway: Running) -> None:
    answered = say(gateway, "epsilon", 1, model="all", logprobs=True)
    assert answered.headers["x-wye-deployment"] == "dear"
    (excluded,) = gateway.record(answered)["decision"]["excluded"]
    assert excluded["deployment"] == "claude"
    said = "speaks Anthropic Messages, which cannot carry log probabilities (`logprobs`)"
    assert excluded["reason"].startswith(said)


def test_nobody_can_be_told(gateway: Running) -> None:
    answered = gateway.chat("claude", logprobs=True)
    assert answered.error["code"] == "cannot_translate"
    assert answered.error["param"] == "logprobs"
    assert answered.error["message"] == (
        "'claude' speaks Anthropic Messages, which cannot carry log probabilities (`logprobs`): it has none, "
        "and who asks for them works with them. "
        "Leave `logprobs` out, or ask for a model that speaks OpenAI Chat."
    )


def test_who_loses_a_hint_says_so(gateway: Running) -> None:
    answered = say(gateway, "zeta", 1, model="all", frequency_penalty=0.5)
    candidates = {one["deployment"]: one for one in gateway.record(answered)["decision"]["candidates"]}
    assert candidates["claude"]["reason"].startswith("would lose frequency_penalty")
    assert "reason" not in candidates["dear"]
