"""A gate on the path: who is asked, who serves, and what it costs, whatever happens to any of them.

A prompt says what each upstream does: `weak=4 second=5` makes the one answer 4 and the other 5.
"""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from fake_upstream import Call, FakeUpstream
from gateway.gated import certify
from running import KEY, Answered, Running, running
from wye.config.strategies import GateSettings
from wye.core.answer import Answer, Choice
from wye.core.chat import Finish, Part, Text, ToolCall
from wye.core.usage import Usage
from wye.gateway.crossing import as_stream
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.gemini.framing import EVENTS
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import DownstreamDialect

SAYS = re.compile(rb"(\w+)=([\w-]+)")
PATIENCE = {"connect": 10, "first_byte": 2, "idle": 2, "total": 4}
LOOK = {"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]}
NATIVE = {
    "openai_chat": {},
    "openai_responses": {"also": ["openai_responses"]},
    "anthropic_messages": {"protocol": "anthropic_messages"},
    "gemini": {"protocol": "gemini"},
}
"""Protocol -> how a deployment says that it speaks it."""


def spoken_by(call: Call) -> tuple[DownstreamDialect, bool]:
    """The protocol of a call, and whether it is for a stream."""
    path = call.head.split(b" ", 2)[1]
    stream = b"streamGenerateContent" in path or bool(call.json.get("stream"))
    if b"enerateContent" in path:
        return GeminiDialect("up", stream=stream, framing=EVENTS), stream
    if path.endswith(b"/messages"):
        return AnthropicMessages(), stream
    if path.endswith(b"/responses"):
        return OpenAIResponsesDialect(call.body, {}), stream
    return OpenAIChatDialect(), stream


PROSE = (
    "We looked at what the lease says of repairs, at who had been told of the leak and when, and at what "
    "the landlord did once the letter had come. The clause puts the roof with the landlord, the letter came "
    "in time, and nothing was done for two months. Courts have held that rent may be held back then. "
    "So we conclude that the tenant is {} to hold back a part of the rent for the months of the leak."
)
"""Long texts, alike but for their conclusion."""


def answer(told: str, *, tells: bool = False) -> Answer:
    part: Part = Text(text=PROSE.format(told[5:]) if told.startswith("prose") else f"The answer is {told}.")
    finish = Finish.STOP
    if told == "cut":
        part, finish = Text(text="The ans"), Finish.LENGTH
    elif told.startswith("call"):
        part, finish = (
            ToolCall(id="c1", name="look", arguments=f'{{"at": {told[4:] or "null"}}}'),
            Finish.TOOL_CALLS,
        )
    usage = Usage(input_tokens=100, output_tokens=20)
    token = {"token": "x", "bytes": [120], "logprob": -2.0 if told == "guess" else -0.01, "top_logprobs": []}
    logprobs = {"content": [token] * 3, "refusal": None} if tells else None
    choice = Choice(parts=(part,), finish=finish, logprobs=logprobs)
    return Answer(id="up-1", model="up", created=1_700_000_000, choices=(choice,), usage=usage)


async def act(call: Call) -> None:
    """Do what the prompt says."""
    does = dict(SAYS.findall(call.body)).get(call.name.split("-")[0].encode(), b"4").decode()
    dialect, stream = spoken_by(call)
    said = answer(does, tells=bool(call.json.get("logprobs")))
    if does == "hang":
        await asyncio.sleep(30)
    elif does == "slow":
        await asyncio.sleep(1)
        does = "4"
    if does in {"500", "429", "400"}:
        error = {"error": {"message": "no", "type": "invalid_request_error"}}
        await call.answer(int(does), error)
    elif does == "half":
        written = as_stream(answer("4"), dialect, wants_usage=True)
        await call.begin_stream()
        await call.event(written[: written.rindex(b"data: ", 0, len(written) - 60)])
        call.reset()
    elif stream:
        await call.begin_stream()
        await call.event(as_stream(said, dialect, wants_usage=True))
        await call.send(b"0\r\n\r\n")
    else:
        await call.answer(body=dialect.write_answer(said))


def deployment(upstream: FakeUpstream, model: str, **fields: Any) -> dict[str, Any]:
    own = {"lane": "own", "machine_hour": 0.36} if "price" not in fields else {"lane": "closed"}
    place = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"]}
    return {"model": model, "retries": 0, "timeouts": PATIENCE} | own | place | fields


FAILING = [
    # what they do, who serves, what the record says of the gate, why the strong one was asked
    ("weak=500", "strong", "' failed with status 500", "fallback"),
    ("weak=400", "strong", "refused the request with status 400", "fallback"),
    ("weak=429", "strong", "is rate limited upstream; try again in 1 s", "fallback"),
    ("weak=hang", "strong", "did not answer in time", "fallback"),
    ("weak=cut", "strong", "it ended by length", "cascade"),
    ("second=500", "strong", "failed with status 500", "cascade"),
    ("second=hang", "strong", "did not answer in time", "cascade"),
    ("second=cut", "strong", "it ended by length", "cascade"),
    ("second=5 strong=500", "weak", "served all the same, since nobody else could: 'strong", "cascade"),
    ("second=5 strong=400", "weak", "served all the same, since nobody else could: 'strong", "cascade"),
    ("weak=cut strong=500", "weak", "it ended by length; served all the same", "cascade"),
    ("weak=half", "strong", "it broke off", "fallback"),
    ("weak=500 strong=500", "", "failed with status 500", "fallback"),
]
"""Each has upstreams of its own: their failures make them rest."""

ROUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "gated": ("weak", ("second",)),
    "both": ("weak", ("second", "third")),
    "twice": ("weak", ("weak",)),
    "sure": ("weak", ("second",)),
    **{f"as-{name}": (f"weak-{name}", ("second",)) for name in NATIVE if name != "openai_chat"},
}
"""Route -> who answers first, and who is asked."""


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("gated")
    weak = {f"weak-{name}": deployment(upstream, f"weak-{name}", **told) for name, told in NATIVE.items()}
    deployments = {
        **weak,
        "weak": deployment(upstream, "weak"),
        "second": deployment(upstream, "second", price=price, lane="hosted"),
        "third": deployment(upstream, "third"),
        "strong": deployment(
            upstream, "strong", price={**price, "input": 200, "output": 1000}, profile={"strong": True}
        ),
    }
    strong = deployments["strong"]
    for n in range(len(FAILING)):
        deployments |= {f"{name}-{n}": deployment(upstream, f"{name}-{n}") for name in ("weak", "second")}
        deployments[f"strong-{n}"] = strong | {"model": f"strong-{n}"}
    upstream.scripts |= dict.fromkeys(deployments, act)
    routes: dict[str, Any] = {}
    for name, (first, ask) in ROUTES.items():
        sure = 0.5 if name == "sure" else None
        routes[name] = {"candidates": [first, "strong"], "gate": {"ask": list(ask), "sure": sure}}
        certify(folder / "state", name, "strong", first, GateSettings(ask=ask, sure=sure))
    for n in range(len(FAILING)):
        routes[f"failing-{n}"] = {
            "candidates": [f"weak-{n}", f"strong-{n}"],
            "gate": {"ask": [f"second-{n}"]},
        }
        gate = GateSettings(ask=(f"second-{n}",))
        certify(folder / "state", f"failing-{n}", f"strong-{n}", f"weak-{n}", gate)
    labels = {"apart": {"lanes": ["own", "closed"]}}
    settings = {"deployments": deployments, "routes": routes, "labels": labels}
    with running(folder, settings, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def limited(gateway: Running) -> dict[str, str]:
    """The headers of who has a budget."""
    return key(gateway, "limited", "50/total")


def key(gateway: Running, name: str, budget: str) -> dict[str, str]:
    command = [sys.executable, "-m", "wye", "keys", "create", name, "--budget", budget, "--json"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(gateway.state), "WYE_STATE_DIR": str(gateway.state)}
    made = subprocess.run(command, env=environ, cwd=gateway.state, capture_output=True, check=True)
    headers = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}"}
    deadline = time.monotonic() + 60
    while gateway.ask("GET", "/v1/models", headers=headers).status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    return headers


def said(does: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": does}]


def asked(protocol: str, route: str, does: str, *, stream: bool) -> tuple[str, dict[str, Any]]:
    """Path and body of a request in a protocol."""
    if protocol == "gemini":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{route}:{verb}", {"contents": [{"role": "user", "parts": [{"text": does}]}]}
    if protocol == "gemini_array":
        return f"/v1beta/models/{route}:streamGenerateContent", {"contents": [{"parts": [{"text": does}]}]}
    body: dict[str, Any] = {"model": route, "stream": stream, "max_tokens": 64}
    if protocol == "openai_responses":
        return "/v1/responses", {"model": route, "stream": stream, "input": does}
    if protocol == "openai_completions":
        return "/v1/completions", body | {"prompt": does}
    paths = {"anthropic_messages": "/v1/messages", "ollama": "/api/chat"}
    return paths.get(protocol, "/v1/chat/completions"), body | {"messages": said(does)}


def ask(gateway: Running, route: str, does: str, headers: Mapping[str, str], **fields: Any) -> Answered:
    return gateway.chat(route, headers, **{"messages": said(does), "max_tokens": 64} | fields)


def causes(record: Any) -> list[tuple[str, str]]:
    return [(one["deployment"], one["cause"]) for one in record["attempts"]]


CLIENTS = [
    "openai_chat",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "gemini_array",
    "ollama",
    "openai_completions",
]
NATIVELY = [(name, f"as-{name}") for name in NATIVE if name != "openai_chat"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("protocol", "route"), [*((name, "gated") for name in CLIENTS), *NATIVELY])
def test_in_every_protocol_an_answer_is_served_that_others_give_too(
    gateway: Running, limited: dict[str, str], protocol: str, route: str, *, stream: bool
) -> None:
    first = ROUTES[route][0]
    path, body = asked(protocol, route, "weak=4 second=4", stream=stream)
    answered = gateway.ask("POST", path, body, limited)
    assert answered.status == 200, answered.body
    assert b"answer is 4" in answered.body
    assert answered.headers["x-wye-deployment"] == first
    record = gateway.record(answered, limited)
    assert record["gate"] == "agreed"
    assert record["deployment"] == first
    assert causes(record) in ([(first, "first"), ("second", "gate")], [("second", "gate"), (first, "first")])
    assert record["certificate"]
    assert record["usage"]["output_tokens"] == 20


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("protocol", "route"), [*((name, "gated") for name in CLIENTS), *NATIVELY])
def test_in_every_protocol_the_strong_model_serves_what_others_do_not_agree_on(
    gateway: Running, limited: dict[str, str], protocol: str, route: str, *, stream: bool
) -> None:
    path, body = asked(protocol, route, "weak=4 second=5 strong=6", stream=stream)
    answered = gateway.ask("POST", path, body, limited)
    assert answered.status == 200, answered.body
    assert b"answer is 6" in answered.body
    assert b"answer is 4" not in answered.body
    assert answered.headers["x-wye-deployment"] == "strong"
    record = gateway.record(answered, limited)
    assert record["gate"] == "second: another final answer"
    assert causes(record)[-1] == ("strong", "cascade")
    assert len(record["attempts"]) == 3


def test_all_that_was_asked_for_is_counted(gateway: Running, limited: dict[str, str]) -> None:
    record = gateway.record(ask(gateway, "both", "weak=4 second=4 third=5", limited), limited)
    aside = {one["deployment"]: one for one in record["attempts"] if one.get("cost")}
    assert aside.keys() == {"weak", "second", "third"}
    assert all(one["usage"]["output_tokens"] == 20 for one in aside.values())
    parts = sum(float(one["cost"]["amount"]) for one in aside.values())
    strong = (100 * 200 + 20 * 1000) / 1e6
    assert float(record["cost"]["amount"]) == pytest.approx(parts + strong)
    assert float(record["charged"]) == pytest.approx(parts + strong)
    assert record["cost"]["basis"].startswith("4 answers by")
    agreed = gateway.record(ask(gateway, "both", "weak=4", limited), limited)
    assert float(agreed["cost"]["amount"]) == pytest.approx(
        sum(float(one["cost"]["amount"]) for one in agreed["attempts"])
    )
    assert float(agreed["charged"]) == pytest.approx(float(agreed["cost"]["amount"]))


def test_who_cannot_pay_for_the_strong_model_gets_what_there_is(gateway: Running) -> None:
    poor = key(gateway, "poor", "0.02/total")
    answered = ask(gateway, "gated", "weak=4 second=5", poor)
    assert answered.status == 200, answered.body
    record = gateway.record(answered, poor)
    assert record["deployment"] == "weak"
    assert "since nobody else could: this key's budget" in record["gate"]
    assert float(record["charged"]) == pytest.approx(float(record["cost"]["amount"]))
    assert not record.get("certificate")


@pytest.mark.parametrize("does", ["second=slow third=5 strong=slow", "second=5 third=slow"])
def test_opinions_that_no_longer_matter_are_counted_too(
    gateway: Running, limited: dict[str, str], does: str
) -> None:
    """A processor may end what it bills; an own machine is let go at once, and costs what it was busy."""
    record = gateway.record(ask(gateway, "both", does, limited), limited)
    assert record["deployment"] == "strong"
    assert record["cost"]["amount"] is not None
    assert record["cost"]["basis"].startswith("4 answers by")
    ended = {one["deployment"]: one.get("error", "") for one in record["attempts"]}
    assert ended["second"] == ""
    assert ended["third"] == ("cut short" if "third=slow" in does else "")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", range(len(FAILING)))
def test_no_request_is_lost_while_somebody_can_serve_it(
    gateway: Running, limited: dict[str, str], case: int, *, stream: bool
) -> None:
    does, serves, gate, cause = FAILING[case]
    if "half" in does and not stream:
        return
    answered = ask(gateway, f"failing-{case}", does, limited, stream=stream)
    record = gateway.record(answered, limited)
    assert gate in record["gate"]
    assert (f"strong-{case}", cause) in causes(record)
    if serves:
        assert answered.status == 200, answered.body
        assert record["outcome"] == "ok"
        assert record["deployment"] == f"{serves}-{case}"
        assert bool(record.get("certificate")) is (serves == "strong")
        assert answered.body.count(b"The ans") == 1
    else:
        assert answered.status == 502
        assert "'strong-12' failed with status 500" in answered.error["message"]


def test_a_second_sample_is_drawn_anew(
    gateway: Running, limited: dict[str, str], upstream: FakeUpstream
) -> None:
    before = len(upstream.calls)
    answered = ask(gateway, "twice", "weak=4", limited, temperature=0, seed=7, logprobs=True)
    assert gateway.record(answered, limited)["gate"] == "agreed"
    bodies = [call.json for call in upstream.calls[before:]]
    served = next(body for body in bodies if body.get("seed") == 7)
    other = next(body for body in bodies if "seed" not in body)
    assert (served["temperature"], other["temperature"]) == (0, 0.7)
    assert "logprobs" not in other


@pytest.mark.parametrize(
    ("does", "gate"),
    [
        ("weak=call1 second=call1", "agreed"),
        ("weak=call1 second=call2", "second: other calls of tools"),
        ("weak=call second=call", "a call's arguments break its schema"),
        ("weak=call1 second=4", "second: other calls of tools"),
    ],
)
def test_calls_of_tools_are_checked_and_compared(
    gateway: Running, limited: dict[str, str], does: str, gate: str
) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": LOOK}}
    answered = ask(gateway, "gated", does, limited, tools=[tool])
    assert gateway.record(answered, limited)["gate"] == gate


def test_texts_without_a_final_answer_agree_on_nothing_however_alike_they_are(
    gateway: Running, limited: dict[str, str]
) -> None:
    """Under `answer`, the default: as their rows were compared when the gate was certified."""
    answered = ask(gateway, "gated", "weak=proseallowed second=proseforbidden strong=6", limited)
    assert answered.headers["x-wye-deployment"] == "strong"
    assert gateway.record(answered, limited)["gate"] == "second: no final answers to compare"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("protocol", ["openai_chat", "anthropic_messages"])
def test_what_the_weak_model_only_guesses_is_not_served(
    gateway: Running, limited: dict[str, str], protocol: str, *, stream: bool
) -> None:
    path, body = asked(protocol, "sure", "weak=guess second=guess", stream=stream)
    guessed = gateway.ask("POST", path, body, limited)
    assert guessed.headers["x-wye-deployment"] == "strong"
    assert gateway.record(guessed, limited)["gate"] == "unsure of itself (0.14)"
    path, body = asked(protocol, "sure", "weak=4", stream=stream)
    known = gateway.ask("POST", path, body, limited)
    assert known.headers["x-wye-deployment"] == "weak"
    assert gateway.record(known, limited)["gate"] == "agreed"
    assert b'"logprob"' not in known.body
    assert b"answer is 4" in known.body


def test_a_client_that_asks_how_sure_it_is_is_told(gateway: Running, limited: dict[str, str]) -> None:
    answered = ask(gateway, "sure", "weak=4", limited, logprobs=True)
    assert b'"logprob"' in answered.body
    assert (
        gateway.record(ask(gateway, "sure", "weak=guess", limited, logprobs=True), limited)["deployment"]
        == "strong"
    )


def test_whom_a_label_keeps_out_is_not_asked(
    gateway: Running, limited: dict[str, str], upstream: FakeUpstream
) -> None:
    before = upstream.seen["second"]
    answered = ask(gateway, "gated", "weak=4", {**limited, "x-wye-label": "apart"})
    assert answered.headers["x-wye-deployment"] == "strong"
    record = gateway.record(answered, limited)
    assert "gate off: the policy does not permit 'second'" in record["decision"]["reasons"]
    assert upstream.seen["second"] == before
    assert "gate" not in record


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_client_that_hangs_up_ends_it_for_all(
    gateway: Running, limited: dict[str, str], upstream: FakeUpstream
) -> None:
    names = ("weak", "second", "third")
    before, seen = upstream.closed.copy(), upstream.seen.copy()
    body = {"model": "both", "messages": said("weak=hang second=hang third=hang"), "max_tokens": 64}
    with contextlib.closing(gateway.connect()) as connection:
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json", **limited}
        )
        until(lambda: all(upstream.seen[name] > seen[name] for name in names))
    until(lambda: all(upstream.closed[name] > before[name] for name in names))
    metrics = gateway.ask("GET", "/metrics", headers={"authorization": f"Bearer {KEY}"}).body.decode()
    for name in names:
        assert f'wye_in_flight{{deployment="{name}"}} 0' in metrics


def test_a_conversation_goes_on_where_its_answer_came_from(gateway: Running, limited: dict[str, str]) -> None:
    route = "as-openai_responses"
    first = gateway.ask("POST", "/v1/responses", {"model": route, "input": "weak=4", "store": True}, limited)
    assert gateway.record(first, limited)["gate"] == "agreed"
    more = {"model": route, "input": "weak=5", "previous_response_id": first.json["id"]}
    second = gateway.ask("POST", "/v1/responses", more, limited)
    assert second.status == 200, second.body
    assert second.headers["x-wye-deployment"] == "weak-openai_responses"
    assert gateway.record(second, limited)["decision"]["strategy"] == "held"
