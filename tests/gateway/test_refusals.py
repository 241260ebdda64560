import email.utils
import time

import msgspec
import pytest

from wye.catalog.deployments import Deployment, Endpoint
from wye.core.errors import (
    RateLimitError,
    Said,
    UpstreamError,
    UpstreamOverloadedError,
    UpstreamQuotaError,
    UpstreamRefusedError,
)
from wye.core.lane import Lane
from wye.core.secret import Secret
from wye.gateway.complaints import MAX_PASSED_BYTES
from wye.gateway.refusals import refusal, retry_after_seconds

DEPLOYMENT = Deployment(
    id="p/m",
    model="m",
    provider="p",
    lane=Lane.CLOSED,
    endpoint=Endpoint("https", "api.example.com", 443),
    found_by="test",
    api_key=Secret("sk-hidden"),
)
BLAME = b'{"error":{"message":"bad"}}'


@pytest.mark.parametrize(
    ("status", "retry", "fallback", "verbatim"),
    [
        (302, False, True, False),
        (400, False, False, True),
        (401, False, True, False),
        (402, False, True, False),
        (403, False, True, False),
        (404, False, True, True),
        (413, False, False, True),
        (422, False, False, True),
        (408, True, True, False),
        (409, True, True, False),
        (429, True, True, False),
        (500, True, True, False),
        (503, True, True, False),
        (529, True, True, False),
    ],
)
def test_whose_fault_it_is(status: int, *, retry: bool, fallback: bool, verbatim: bool) -> None:
    told = refusal(DEPLOYMENT, status, BLAME, None)
    assert (told.retry, told.fallback, told.verbatim) == (retry, fallback, verbatim)
    assert isinstance(told.error, RateLimitError if status == 429 else UpstreamError)
    assert isinstance(told.error, UpstreamOverloadedError) == (status in (503, 529))
    assert isinstance(told.error, UpstreamRefusedError) == verbatim


def test_a_refusal_keeps_what_an_upstream_of_openais_protocols_named() -> None:
    body = b'{"error":{"message":"no","type":"t","param":"p","code":"c"}}'
    told = refusal(DEPLOYMENT, 400, body, None).error
    assert isinstance(told, UpstreamRefusedError)
    assert (told.status, told.said) == (400, Said("t", "p", "c"))
    told = refusal(msgspec.structs.replace(DEPLOYMENT, protocol="gemini"), 400, body, None).error
    assert isinstance(told, UpstreamRefusedError)
    assert told.said == Said()


def test_a_key_that_google_does_not_know_is_wyes_own() -> None:
    body = b'{"error":{"code":400,"message":"no","details":[{"reason":"API_KEY_INVALID"}]}}'
    told = refusal(DEPLOYMENT, 400, body, None)
    assert (told.fallback, told.verbatim) == (True, False)
    assert "credentials" in told.error.message


def test_an_error_in_an_array_is_shown_as_well() -> None:
    """As Gemini sends it where a stream was to be one."""
    body = b'[{"error":{"code":400,"message":"no such field","status":"INVALID_ARGUMENT"}}]'
    told = refusal(DEPLOYMENT, 400, body, None)
    assert told.verbatim
    assert "no such field" in told.error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, b""),
        (429, b'{"error":{"message":"no","type":"insufficient_quota"}}'),
        (400, b'{"error":{"message":"Your credit balance is too low to access the Anthropic API."}}'),
        (403, b'{"error":{"message":"Insufficient balance"}}'),
    ],
)
def test_an_account_without_credit(status: int, body: bytes) -> None:
    told = refusal(DEPLOYMENT, status, body, 9)
    assert isinstance(told.error, UpstreamQuotaError)
    assert (told.retry, told.fallback, told.verbatim, told.retry_after) == (False, True, False, None)


def test_429_says_when() -> None:
    assert refusal(DEPLOYMENT, 429, b"", 7).error.retry_after == 7


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"{}",
        b"[]",
        b"[" * 5000,
        b'{"error":"Incorrect key sk-hidden"}',
        b'{"error":"' + b"x" * MAX_PASSED_BYTES + b'"}',
    ],
)
def test_what_is_not_presentable_is_replaced(body: bytes) -> None:
    assert not refusal(DEPLOYMENT, 400, body, None).verbatim


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (b"", None),
        (b"3", 3),
        (b"0.5", 0.5),
        (b"-3", 0),
        (b"soon", None),
        (b"nan", None),
        (b"1e999", None),
        (b"999999", 86_400),
    ],
)
def test_retry_after_in_seconds(value: bytes | None, seconds: float | None) -> None:
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize(
    ("milliseconds", "seconds"),
    [(b"1500", 1.5), (b"0.5", 0.0005), (b"soon", 3), (b"", 3), (b"999999999999", 86_400)],
)
def test_milliseconds_come_first(milliseconds: bytes, seconds: float) -> None:
    assert retry_after_seconds(b"3", milliseconds) == seconds


def test_retry_after_as_a_date() -> None:
    told = retry_after_seconds(email.utils.formatdate(time.time() + 30, usegmt=True).encode())
    assert told == pytest.approx(30, abs=2)
