import datetime as dt
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.ratelimits import MAX_LINES, limit_headers

OPENAI = [
    (b"content-type", b"application/json"),
    (b"openai-organization", b"acme"),
    (b"x-ratelimit-limit-requests", b"60"),
    (b"x-ratelimit-remaining-requests", b"59"),
    (b"x-ratelimit-reset-requests", b"6m0s"),
    (b"x-ratelimit-limit-tokens", b"150000"),
    (b"x-ratelimit-remaining-tokens", b"149984"),
    (b"x-ratelimit-reset-tokens", b"20ms"),
    (b"x-ratelimit-limit-project-tokens", b"7"),
    (b"retry-after-ms", b"20"),
]
ANTHROPIC = [
    (b"anthropic-organization-id", b"acme"),
    (b"anthropic-ratelimit-requests-limit", b"50"),
    (b"anthropic-ratelimit-requests-remaining", b"49"),
    (b"anthropic-ratelimit-tokens-limit", b"80000"),
    (b"anthropic-ratelimit-input-tokens-limit", b"60000"),
    (b"anthropic-ratelimit-unified-status", b"allowed"),
    (b"retry-after", b"3"),
    (b"request-id", b"req_1"),
]


def test_what_tells_of_limits_goes_on_as_it_is_and_nothing_else() -> None:
    assert limit_headers(OPENAI) == OPENAI[2:]
    assert limit_headers(ANTHROPIC) == ANTHROPIC[1:-1]
    assert limit_headers([(b"date", b"now"), (b"x-request-id", b"1")]) == []


@pytest.mark.parametrize("protocol", ["openai_chat", "openai_responses", "openai_completions"])
def test_between_protocols_with_the_same_headers_they_stay(protocol: str) -> None:
    assert limit_headers(OPENAI, protocol) == OPENAI[2:]


def test_openais_in_anthropics_words() -> None:
    told = dict(limit_headers(OPENAI, "anthropic_messages"))
    resets = [told.pop(b"anthropic-ratelimit-%b-reset" % of) for of in (b"requests", b"tokens")]
    assert told == {
        b"anthropic-ratelimit-requests-limit": b"60",
        b"anthropic-ratelimit-requests-remaining": b"59",
        b"anthropic-ratelimit-tokens-limit": b"150000",
        b"anthropic-ratelimit-tokens-remaining": b"149984",
        b"retry-after-ms": b"20",
    }
    for reset, seconds in zip(resets, (360, 0.02), strict=True):
        assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", reset)
        at = dt.datetime.fromisoformat(reset.decode()).timestamp()
        assert at - time.time() == pytest.approx(seconds, abs=2)


def test_anthropics_in_openais_words() -> None:
    assert limit_headers(ANTHROPIC, "openai_chat") == [
        (b"x-ratelimit-limit-requests", b"50"),
        (b"x-ratelimit-remaining-requests", b"49"),
        (b"x-ratelimit-limit-tokens", b"80000"),
        (b"retry-after", b"3"),
    ]


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(-5, rb"0s"), (30, rb"(29|30|31)s"), (359.5, rb"(5m59|6m0)s"), (7000, rb"1h56m(39|40)s")],
)
def test_a_time_becomes_a_duration(ahead: float, said: bytes) -> None:
    at = dt.datetime.fromtimestamp(time.time() + ahead, dt.UTC).isoformat().encode()
    ((name, value),) = limit_headers([(b"anthropic-ratelimit-tokens-reset", at)], "openai_chat")
    assert name == b"x-ratelimit-reset-tokens"
    assert re.fullmatch(said, value), value


@pytest.mark.parametrize(("value", "seconds"), [(b"1h2m3.5s", 3723.5), (b"2m59.56s", 179.56), (b"12", 12)])
def test_a_duration_becomes_a_time(value: bytes, seconds: float) -> None:
    ((_, told),) = limit_headers([(b"x-ratelimit-reset-tokens", value)], "anthropic_messages")
    at = dt.datetime.fromisoformat(told.decode()).timestamp()
    assert at - time.time() == pytest.approx(seconds, abs=2)


@pytest.mark.parametrize(
    ("name", "value", "protocol"),
    [
        (b"x-ratelimit-reset-tokens", b"soon", "anthropic_messages"),
        (b"x-ratelimit-reset-tokens", b"1700000000", "anthropic_messages"),
        (b"x-ratelimit-limit-tokens", b"many", "anthropic_messages"),
        (b"anthropic-ratelimit-tokens-reset", b"2026-01-01T00:00:00", "openai_chat"),
        (b"anthropic-ratelimit-tokens-reset", b"soon", "openai_chat"),
        (b"anthropic-ratelimit-unified-status", b"allowed", "openai_chat"),
        (b"x-ratelimit-limit-tokens", b"5", "gemini"),
        (b"anthropic-ratelimit-tokens-limit", b"5", "ollama"),
        (b"x-ratelimit-limit-tokens", b"x" * 101, None),
        (b"x-ratelimit-limit-tokens", b"", None),
        (b"x-ratelimit-limit-tokens", b"a\tb", None),
        (b"x-ratelimit-limit-tokens", b"\xff", None),
        (b"x-ratelimit-limit_tokens", b"5", None),
        (b"x-ratelimit-" + b"a" * 80, b"5", None),
        (b"retry-after-account", b"acme", None),
    ],
)
def test_what_has_no_word_there_or_is_out_of_bounds_stays_here(
    name: bytes, value: bytes, protocol: str | None
) -> None:
    assert limit_headers([(name, value)], protocol) == []


def test_there_are_only_so_many() -> None:
    headers = [(b"x-ratelimit-%d" % number, b"1") for number in range(MAX_LINES + 9)]
    assert limit_headers(headers) == headers[:MAX_LINES]


@given(
    st.sampled_from([name for name, _ in OPENAI + ANTHROPIC]),
    st.binary(max_size=30) | st.from_regex(rb"\A[0-9hms.:TZ+-]{1,30}\Z"),
    st.sampled_from(["openai_chat", "anthropic_messages", "gemini", None]),
)
def test_whatever_an_upstream_says_the_lines_are_whole(
    name: bytes, value: bytes, protocol: str | None
) -> None:
    for told, said in limit_headers([(name, value)], protocol):
        assert re.fullmatch(rb"[a-z0-9-]+: [!-~]([ -~]*[!-~])?", b"%b: %b" % (told, said))
