"""What upstreams say of their limits and of what is wrong, to clients of each protocol, by a real gateway."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import play_chat, play_messages
from fake_upstream import Call, FakeUpstream
from running import Answered, Running, running

OPENAI = (
    "x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 59\r\n"
    "x-ratelimit-reset-requests: 6m0s\r\nopenai-organization: acme\r\nx-request-id: req_up\r\n"
)
ANTHROPIC = (
    "anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-input-tokens-limit: 9\r\n"
    "anthropic-ratelimit-tokens-reset: 2020-01-01T00:00:00Z\r\nanthropic-organization-id: acme\r\n"
)
LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens."
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "gemini": "/v1beta/models/{}:generateContent",
}
SAYS: dict[str, tuple[int, dict[str, Any], str]] = {
    "openai-long": (400, {"error": {"message": LONG, "code": "context_length_exceeded"}}, ""),
    "anthropic-long": (
        400,
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"},
        },
        ANTHROPIC,
    ),
    "openai-named": (
        400,
        {
            "error": {
                "message": "no",
                "type": "odd_error",
                "param": "temperature",
                "code": "unsupported_value",
            }
        },
        OPENAI,
    ),
    "openai-limited": (
        429,
        {"error": {"message": "slow"}},
        OPENAI + "Retry-After: 30\r\nretry-after-ms: 29500\r\n",
    ),
    "anthropic-limited": (429, {"error": {"message": "slow"}}, ANTHROPIC + "Retry-After: 30\r\n"),
    "openai-busy": (503, {"error": {"message": "busy"}}, "Retry-After: 7\r\n"),
    "anthropic-busy": (529, {"error": {"message": "busy", "type": "overloaded_error"}}, ""),
    "gemini-key": (
        400,
        {"error": {"code": 400, "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}},
        "",
    ),
    "openai-leaks": (200, {}, "x-ratelimit-limit-requests: sk-up\r\n"),
}


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    protocols = {"openai": "openai_chat", "anthropic": "anthropic_messages", "gemini": "gemini"}

    def says(name: str, status: int, body: Any, headers: str) -> None:
        @upstream.script(name)
        async def say(call: Call) -> None:
            await (call.answer(status, body, headers) if body else call.answer(headers=headers))

    for name, (status, body, headers) in SAYS.items():
        says(name, status, body, headers)
    upstream.scripts["openai-well"] = limited(play_chat, OPENAI)
    upstream.scripts["anthropic-well"] = limited(play_messages, ANTHROPIC)
    deployments = {
        name: {
            "model": name,
            "protocol": protocols[name.partition("-")[0]],
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
            "api_key_env": "UP_KEY",
        }
        for name in (*SAYS, "openai-well", "anthropic-well")
    }
    with running(
        tmp_path_factory.mktemp("gateway"), {"deployments": deployments}, {"UP_KEY": "sk-up"}
    ) as gateway:
        yield gateway


def limited(script: Any, headers: str) -> Any:
    """Play `script` with more header lines."""

    async def play(call: Call) -> None:
        send = call.send

        async def sent(data: bytes) -> None:
            await send(
                data.replace(b"\r\n", b"\r\n" + headers.encode(), 1) if data.startswith(b"HTTP/") else data
            )

        call.send = sent
        await script(call)

    return play


def ask(gateway: Running, protocol: str, model: str, *, stream: bool = False) -> Answered:
    path = PATHS[protocol].format(model)
    said: dict[str, Any] = {"model": model, "stream": stream}
    match protocol:
        case "gemini":
            said = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
            path = path.replace(":generate", ":streamGenerate") + "?alt=sse" if stream else path
        case "openai_responses":
            said["input"] = "hi"
        case _:
            said |= {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    return gateway.ask("POST", path, said)


def limits(answered: Answered) -> dict[str, str]:
    kept = {k: v for k, v in answered.headers.items() if "ratelimit" in k or k.startswith("retry-after")}
    assert "acme" not in str(answered.headers)
    assert answered.headers["x-request-id"] != "req_up"
    return kept


@pytest.mark.parametrize("stream", [False, True])
def test_limits_reach_a_client_of_the_same_headers_as_they_are(gateway: Running, *, stream: bool) -> None:
    wanted = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "6m0s",
    }
    for protocol in ("openai_chat", "openai_responses"):
        answered = ask(gateway, protocol, "openai-well", stream=stream)
        assert (answered.status, limits(answered)) == (200, wanted)
    told = limits(ask(gateway, "anthropic_messages", "anthropic-well", stream=stream))
    assert told == dict(line.split(": ") for line in ANTHROPIC.split("\r\n")[:3])


@pytest.mark.parametrize("stream", [False, True])
def test_limits_reach_others_in_their_own_words(gateway: Running, *, stream: bool) -> None:
    told = limits(ask(gateway, "anthropic_messages", "openai-well", stream=stream))
    reset = dt.datetime.fromisoformat(told.pop("anthropic-ratelimit-requests-reset"))
    assert 300 < (reset - dt.datetime.now(dt.UTC)).total_seconds() < 420
    assert told == {
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": "59",
    }
    told = limits(ask(gateway, "openai_chat", "anthropic-well", stream=stream))
    assert told == {"x-ratelimit-limit-requests": "50", "x-ratelimit-reset-tokens": "0s"}
    assert limits(ask(gateway, "gemini", "openai-well", stream=stream)) == {}


def test_a_key_is_never_a_limit(gateway: Running) -> None:
    answered = ask(gateway, "openai_chat", "openai-leaks")
    assert (answered.status, limits(answered)) == (200, {})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["openai-limited", "anthropic-limited"])
@pytest.mark.parametrize("protocol", PATHS)
def test_who_is_limited_learns_by_whom_and_for_how_long(
    gateway: Running, protocol: str, model: str, *, stream: bool
) -> None:
    answered = ask(gateway, protocol, model, stream=stream)
    told = limits(answered)
    assert (answered.status, told.pop("retry-after")) == (429, "30")
    assert told.pop("retry-after-ms", "29500") == "29500"
    count = {"openai": "60", "anthropic": "50"}[model.partition("-")[0]]
    name = {"a": "anthropic-ratelimit-requests-limit", "o": "x-ratelimit-limit-requests"}.get(protocol[0])
    assert told.get(name) == (count if name else None)
    assert bool(told) == bool(name)


@pytest.mark.parametrize("protocol", PATHS)
@pytest.mark.parametrize("model", ["openai-busy", "anthropic-busy"])
def test_an_upstream_that_has_too_much_to_do_is_named_so(gateway: Running, protocol: str, model: str) -> None:
    answered = ask(gateway, protocol, model)
    assert answered.status == (529 if protocol == "anthropic_messages" else 503)
    assert answered.headers.get("retry-after") == ("7" if model == "openai-busy" else None)
    if protocol == "anthropic_messages":
        assert answered.error["type"] == "overloaded_error"
    elif protocol == "gemini":
        assert answered.error["status"] == "UNAVAILABLE"
    else:
        assert answered.error["code"] == "upstream_overloaded"
    assert gateway.record(answered)["status"] == answered.status


@pytest.mark.parametrize("stream", [False, True])
def test_too_long_is_told_in_the_clients_words(gateway: Running, *, stream: bool) -> None:
    for protocol, model in (("openai_responses", "openai-long"), ("openai_chat", "anthropic-long")):
        answered = ask(gateway, protocol, model, stream=stream)
        assert (answered.status, answered.error["code"]) == (400, "context_length_exceeded")
        assert answered.error["type"] == "invalid_request_error"
    answered = ask(gateway, "anthropic_messages", "openai-long", stream=stream)
    assert (answered.status, answered.error["type"]) == (400, "invalid_request_error")
    assert answered.error["message"].startswith("prompt is too long: 10000 tokens > 8192 maximum")
    answered = ask(gateway, "gemini", "anthropic-long", stream=stream)
    assert (answered.status, answered.error["status"]) == (400, "INVALID_ARGUMENT")
    assert answered.error["message"].startswith(
        "The input token count (9) exceeds the maximum number of tokens"
    )


def test_openais_words_stay_between_its_protocols(gateway: Running) -> None:
    answered = ask(gateway, "openai_responses", "openai-named")
    told = [answered.error[name] for name in ("type", "param", "code")]
    assert (answered.status, told) == (400, ["odd_error", "temperature", "unsupported_value"])
    assert limits(answered)["x-ratelimit-limit-requests"] == "60"
    assert ask(gateway, "anthropic_messages", "openai-named").error["type"] == "invalid_request_error"


def test_a_key_that_google_does_not_know_is_not_the_clients_fault(gateway: Running) -> None:
    answered = ask(gateway, "gemini", "gemini-key")
    assert answered.status == 502
    assert "credentials" in answered.error["message"]
