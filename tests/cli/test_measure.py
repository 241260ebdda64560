"""`wye measure` through a real gateway, in front of an upstream that serves four at once."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from fake_upstream import DONE, FINISH, Call, FakeUpstream, chunk, delta
from running import Running, running
from wye.catalog import local
from wye.cli.main import group
from wye.cli.measure import plot, table
from wye.economics.measuring import Point

SLOTS = 4
PREFILL, TOKEN, TOKENS = 0.04, 0.01, 20
"""Seconds: long beside what a busy machine of tests adds."""
USAGE = {"prompt_tokens": 90, "completion_tokens": TOKENS, "total_tokens": 90 + TOKENS}


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    free = asyncio.Semaphore(SLOTS)

    @fake.script("four-at-once")
    async def _(call: Call) -> None:
        async with free:
            await asyncio.sleep(PREFILL)
            await call.begin_stream()
            for _ in range(TOKENS):
                await call.event(delta("word "))
                await asyncio.sleep(TOKEN)
            for last in (FINISH, chunk(choices=[], usage=USAGE), DONE):
                await call.event(last)
            await call.send(b"0\r\n\r\n")

    @fake.script("silent")
    async def _(call: Call) -> None:
        await call.stream([delta("word"), FINISH, DONE])

    @fake.script("breaks")
    async def _(call: Call) -> None:
        await call.answer(500, {"error": {"message": "no", "type": "server_error"}})

    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    url = f"http://127.0.0.1:{upstream.port}/v1"
    own = {"base_url": url, "lane": "own", "retries": 0}
    settings = {
        "machines": {"rack": {"gpu": "L4", "rent_hour": 0.8}},
        "deployments": {
            "mine": own | {"model": "four-at-once", "machines": "rack", "slots": SLOTS, "build": "fp8"},
            "free": own | {"model": "four-at-once"},
            "silent": own | {"model": "silent"},
            "breaks": own | {"model": "breaks"},
            "vectors": own | {"model": "v", "operations": ["embeddings"]},
            "theirs": {"base_url": url, "lane": "hosted", "model": "four-at-once"},
        },
    }
    with running(tmp_path_factory.mktemp("measured"), settings) as served:
        yield served


def asked(upstream: FakeUpstream) -> int:
    """Return how often a model was asked: what looks whether the engine is there does not count."""
    return sum(call.head.startswith(b"POST ") for call in upstream.calls)


def measure(gateway: Running, *args: str, given: str | None = None) -> Result:
    config = gateway.log.parent / "wye.yaml"
    where = ["--url", f"http://127.0.0.1:{gateway.port}", "--config", str(config), "--state-dir"]
    quick = ["--level", "100ms"]
    return CliRunner().invoke(group, ["measure", *args, *quick, *where, str(gateway.state)], input=given)


def test_it_climbs_until_more_at_once_brings_no_more(gateway: Running) -> None:
    result = measure(gateway, "mine", "--yes")
    assert result.exit_code == 0, result.output
    assert "It stopped: more at once brought no more." in result.stderr
    assert " at once make " in result.stderr
    assert "under the label wye-measure" in result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["1", "2", "4", "8"]
    assert "tokens a second" in result.stdout
    kept = {row.concurrency: row for row in local.read(gateway.state)}
    one, four, eight = kept[1], kept[4], kept[8]
    assert (four.model, four.precision, four.gpu, four.gpus) == ("four-at-once", "fp8", "L4", 1)
    assert (four.input_tokens, four.output_tokens) == (90, TOKENS)
    assert 2 < four.output_rate.value / one.output_rate.value < 5
    assert eight.ttft_p95_ms is not None
    assert four.ttft_p95_ms is not None
    assert eight.ttft_p95_ms > four.ttft_p95_ms + 100, "the slots were taken"
    assert one.itl_ms == pytest.approx(TOKEN * 1_000, rel=0.8)


def test_what_it_cost_is_said(gateway: Running) -> None:
    result = measure(gateway, "mine", "--yes", "--max-concurrency", "1")
    assert "1 at once are the most that was asked for" in result.stderr
    assert "cost <0.000001 USD" in result.stderr or "cost 0.0" in result.stderr
    assert "cost not known" in measure(gateway, "free", "--yes", "--max-concurrency", "1").stderr


def test_bounds_are_kept(gateway: Running, upstream: FakeUpstream) -> None:
    before = asked(upstream)
    result = measure(gateway, "mine", "--yes", "--max-requests", "9")
    assert result.exit_code == 0, result.output
    assert "9 requests were sent" in result.stderr
    assert asked(upstream) - before == 9
    assert "the next level might go beyond 0" in measure(gateway, "mine", "--yes", "--max-cost", "0").stderr
    slow = measure(gateway, "mine", "--yes", "--seconds", "1", "--level", "3s")
    assert "1 s were over" in slow.stderr + slow.output


def test_it_asks_first(gateway: Running, upstream: FakeUpstream) -> None:
    before = asked(upstream)
    result = measure(gateway, "mine", given="n\n")
    assert result.exit_code != 0
    assert "Go on?" in result.output
    assert asked(upstream) == before


def test_json_is_the_curve(gateway: Running) -> None:
    result = measure(gateway, "mine", "--yes", "--json", "--max-concurrency", "2")
    assert [one["concurrency"] for one in json.loads(result.stdout)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("theirs", "theirs is in the hosted lane: only own machines are load-tested"),
        ("vectors", "vectors does not chat"),
        ("mne", "there is no deployment 'mne'. Did you mean 'mine'?"),
        ("auto", "there is no deployment 'auto'"),
        ("silent", "it tells no usage"),
        ("breaks", "a request failed"),
    ],
)
def test_what_cannot_be_measured_is_named(gateway: Running, name: str, what: str) -> None:
    before = local.read(gateway.state)
    result = measure(gateway, name, "--yes")
    assert result.exit_code != 0
    assert what in result.output
    assert local.read(gateway.state) == before


def test_the_table_and_the_picture() -> None:
    points = [
        Point(1, 5, 90, 20, 10.0, 10.0, 12.0, 4.0, 250.0, 1_375.0),
        Point(16, 50, 90, 20, 10.0, 10.0, 120.0, None, 1_000.0, 5_500.0),
    ]
    head, first, second = table(points)
    assert head.split() == [
        "at",
        "once",
        "requests",
        "TTFT",
        "p50",
        "p95",
        "a",
        "token",
        "tokens/s",
        "with",
        "input",
    ]
    assert first.split()[-2:] == ["250.0", "1,375.0"]
    assert "  -  " in second
    title, low, high = plot(points)
    assert "TTFT p95" in title
    assert (low.count("█"), high.count("█"), low.count("░"), high.count("░")) == (8, 30, 3, 30)
