"""The real children: llama-server and the encoder, as a gateway starts, uses and stops them."""

import asyncio
import base64
import contextlib
import json
import math
import os
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
import pytest_asyncio

from wye.config.settings import EmbeddedSettings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.providers.embedded.chat_engine import DEFAULT_TOKENS
from wye.providers.embedded.engine import CHAT_ID, EMBEDDING_ID, EmbeddedEngine, chat_threads, usable_cores

pytestmark = pytest.mark.asyncio(loop_scope="module")
READY_SECONDS = 3.0


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(logs: Path) -> AsyncIterator[EmbeddedEngine]:
    running = EmbeddedEngine(EmbeddedSettings(), logs)
    await running.start()
    await running.ready()
    yield running
    await running.drain_and_stop()


def _client(engine: EmbeddedEngine, deployment_id: str) -> openai.AsyncOpenAI:
    deployment = next(one for one in engine.deployments if one.id == deployment_id)
    assert deployment.api_key is not None
    return openai.AsyncOpenAI(
        base_url=deployment.endpoint.url, api_key=deployment.api_key.reveal(), max_retries=0
    )


@pytest_asyncio.fixture(loop_scope="module")
async def chat(engine: EmbeddedEngine) -> AsyncIterator[openai.AsyncOpenAI]:
    async with _client(engine, CHAT_ID) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def embed(engine: EmbeddedEngine) -> AsyncIterator[openai.AsyncOpenAI]:
    async with _client(engine, EMBEDDING_ID) as client:
        yield client


async def test_both_deployments_are_own_and_up(engine: EmbeddedEngine) -> None:
    by_id = {one.id: one for one in engine.deployments}
    assert set(by_id) == {CHAT_ID, EMBEDDING_ID}
    assert {one.lane for one in by_id.values()} == {Lane.OWN}
    assert by_id[CHAT_ID].profile.context_tokens == 2048
    assert by_id[EMBEDDING_ID].operations == {Operation.EMBEDDINGS}
    assert [engine.reason_down(one) for one in by_id] == [None, None]
    assert engine.reason_down("embedded/other") == "not part of the embedded engine"


async def test_chat_answers_a_simple_question(chat: openai.AsyncOpenAI) -> None:
    answer = await chat.chat.completions.create(
        model="smollm2-135m",
        messages=[{"role": "user", "content": "What color is the sky?"}],
        max_tokens=40,
        seed=0,
        temperature=0,
    )
    assert "blue" in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_a_prompt_without_system_message_gets_the_helpful_assistant(engine: EmbeddedEngine) -> None:
    async with _client(engine, CHAT_ID) as client:
        root = client.base_url.copy_with(path="/apply-template")
        question = {"messages": [{"role": "user", "content": "hi"}]}
        plain = await client.post(str(root), body=question, cast_to=object)
        question["messages"].insert(0, {"role": "system", "content": "Be terse."})
        given = await client.post(str(root), body=question, cast_to=object)
    start = "<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert plain == {"prompt": start.format("You are a helpful assistant.")}
    assert given == {"prompt": start.format("Be terse.")}


async def test_a_schema_is_kept(chat: openai.AsyncOpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
        "required": ["city", "people"],
        "additionalProperties": False,
    }
    answer = await chat.chat.completions.create(
        model="smollm2-135m",
        messages=[{"role": "user", "content": "Describe Paris."}],
        max_tokens=200,
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema}},
    )
    value = json.loads(answer.choices[0].message.content or "")
    assert set(value) == {"city", "people"}
    assert isinstance(value["people"], int)


async def test_four_streams_run_side_by_side(chat: openai.AsyncOpenAI) -> None:
    async def stream() -> tuple[float, float]:
        events = await chat.chat.completions.create(
            model="smollm2-135m",
            messages=[{"role": "user", "content": "Tell a story."}],
            max_tokens=24,
            stream=True,
            extra_body={"ignore_eos": True},
        )
        times = [time.monotonic() async for _ in events]
        return times[0], times[-1]

    spans = await asyncio.gather(*(stream() for _ in range(4)))
    assert max(first for first, _ in spans) < min(last for _, last in spans)


@pytest.mark.parametrize("path", ["/metrics", "/slots", "/props", "/v1/models", "/tokenize"])
async def test_nothing_but_health_answers_without_the_key(engine: EmbeddedEngine, path: str) -> None:
    port = engine.deployments[0].endpoint.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.readline()).split()[1] == b"401"
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_it_listens_on_loopback_only(engine: EmbeddedEngine) -> None:
    for pid in engine.pids().values():
        listening = [c for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert [connection.laddr.ip for connection in listening] == ["127.0.0.1"]


async def test_the_key_and_provider_keys_are_not_readable_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-operator")
    engine = EmbeddedEngine(EmbeddedSettings(embeddings=False), tmp_path)
    await engine.start()
    child = psutil.Process(engine.pids()[CHAT_ID])
    key = engine.deployments[0].api_key
    assert key is not None
    visible = " ".join(child.cmdline()) + repr(child.environ())
    await engine.drain_and_stop()
    assert key.reveal() not in visible
    assert "sk-of-the-operator" not in visible


async def test_similar_sentences_are_closer(embed: openai.AsyncOpenAI) -> None:
    texts = ["A man is eating food.", "Someone has a meal.", "The stock market fell sharply today."]
    vectors = [item.embedding for item in (await embed.embeddings.create(model="m", input=texts)).data]

    def cosine(left: list[float], right: list[float]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert [len(vector) for vector in vectors] == [384] * 3
    assert all(math.isclose(cosine(vector, vector), 1, abs_tol=1e-5) for vector in vectors)
    assert cosine(vectors[0], vectors[1]) > 0.5
    assert cosine(vectors[0], vectors[2]) < 0.1


async def test_a_vector_does_not_depend_on_its_neighbours(embed: openai.AsyncOpenAI) -> None:
    alone = await embed.embeddings.create(model="m", input="hello there", encoding_format="float")
    among = await embed.embeddings.create(
        model="m",
        input=["a much longer sentence than the other one is", "hello there"],
        encoding_format="float",
    )
    assert alone.data[0].embedding == among.data[1].embedding
    assert alone.usage.prompt_tokens == 4  # [CLS] hello there [SEP]


async def test_base64_holds_the_same_floats(embed: openai.AsyncOpenAI) -> None:
    plain = await embed.embeddings.create(model="m", input="hello", encoding_format="float")
    raw = await embed.post(
        "/embeddings", body={"input": "hello", "encoding_format": "base64"}, cast_to=object
    )
    assert isinstance(raw, dict)
    packed = base64.b64decode(raw["data"][0]["embedding"])
    assert struct.unpack("<384f", packed) == pytest.approx(plain.data[0].embedding)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input": [1, 2]}, "token arrays"),
        ({"input": [[1], [2]]}, "token arrays"),
        ({"input": []}, "empty"),
        ({"input": ["a", ""]}, "input[1] is an empty string"),
        ({"input": ["a"] * 2049}, "at most 2048"),
        ({"input": "word " * 600}, "reads 512"),
        ({"input": ["word " * 500] * 530}, "at most 262144 a request"),
        ({"input": "a", "dimensions": 128}, "384 dimensions"),
        ({"input": "a", "surprise": 1}, "surprise"),
        ({}, "input"),
    ],
)
async def test_what_it_cannot_do_is_refused_with_the_reason(
    embed: openai.AsyncOpenAI, body: dict[str, object], says: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        await embed.post("/embeddings", body=body, cast_to=object)
    assert says in refusal.value.message


async def test_a_hang_up_ends_the_work(engine: EmbeddedEngine, embed: openai.AsyncOpenAI) -> None:
    child = psutil.Process(engine.pids()[EMBEDDING_ID])
    with pytest.raises(openai.APITimeoutError):  # 40 s of work or more
        await embed.embeddings.create(model="m", input=["word " * 500] * 400, timeout=0.5)
    async with asyncio.timeout(30):
        used = 1.0
        while used > 0.1:
            before = sum(child.cpu_times()[:2])
            await asyncio.sleep(0.5)
            used = sum(child.cpu_times()[:2]) - before


async def test_prompts_do_not_reach_the_log(
    engine: EmbeddedEngine, chat: openai.AsyncOpenAI, embed: openai.AsyncOpenAI, logs: Path
) -> None:
    marker = "xyzzy-plugh"
    question: dict[str, object] = {"messages": [{"role": "user", "content": marker}], "max_tokens": 1}
    for body in (question, {**question, "max_tokens": marker}, {"messages": marker}, {"messages": [marker]}):
        with contextlib.suppress(openai.APIStatusError):
            await chat.post("/chat/completions", body=body, cast_to=object)
    for text in (marker, marker * 2_000):
        with contextlib.suppress(openai.APIStatusError):
            await embed.embeddings.create(model="m", input=text)
    assert engine.pids().keys() == {CHAT_ID, EMBEDDING_ID}
    names = ("embedded-chat.log", "embedded-embeddings.log")
    assert marker not in "".join((logs / name).read_text() for name in names)


async def test_embeddings_need_the_key(engine: EmbeddedEngine) -> None:
    url = next(one for one in engine.deployments if one.id == EMBEDDING_ID).endpoint.url
    async with openai.AsyncOpenAI(base_url=url, api_key="guess", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.embeddings.create(model="m", input="a")


async def _until_down_is(engine: EmbeddedEngine, *, up: bool) -> str:
    async with asyncio.timeout(60):
        while (engine.reason_down(CHAT_ID) is None) is not up:  # noqa: ASYNC110  # what a caller sees is the point
            await asyncio.sleep(0.01)
    return str(engine.reason_down(CHAT_ID))


async def test_a_dead_child_comes_back_on_its_port_with_its_key(engine: EmbeddedEngine) -> None:
    before = engine.pids()[CHAT_ID]
    os.kill(before, signal.SIGKILL)
    assert "ended by SIGKILL; restarting" in await _until_down_is(engine, up=False)
    await _until_down_is(engine, up=True)
    assert engine.pids()[CHAT_ID] != before
    async with _client(engine, CHAT_ID) as client:
        assert (await client.models.list()).data[0].id == "smollm2-135m"


async def test_it_is_ready_within_three_seconds(tmp_path: Path) -> None:
    times: list[float] = []
    while not times or (min(times) > READY_SECONDS and len(times) < 6):  # other tests take the cores
        engine = EmbeddedEngine(EmbeddedSettings(embeddings=False), tmp_path)
        began = time.monotonic()
        await engine.start()
        times.append(time.monotonic() - began)
        await engine.drain_and_stop()
    assert min(times) < READY_SECONDS


async def test_stopping_lets_a_stream_finish(tmp_path: Path) -> None:
    engine = EmbeddedEngine(EmbeddedSettings(embeddings=False), tmp_path)
    await engine.start()
    child = psutil.Process(engine.pids()[CHAT_ID])
    async with _client(engine, CHAT_ID) as client:
        stream = await client.chat.completions.create(
            model="smollm2-135m",
            messages=[{"role": "user", "content": "Tell a story."}],
            max_tokens=100,
            stream=True,
            extra_body={"ignore_eos": True},
        )
        first = await anext(stream)
        stopping = asyncio.create_task(engine.drain_and_stop(60))
        rest = [event async for event in stream]
    assert first.choices
    assert rest[-1].choices[0].finish_reason == "length"
    await stopping
    assert not child.is_running()
    assert oct((tmp_path / "embedded-chat.log").stat().st_mode) == "0o100600"
    assert engine.reason_down(CHAT_ID) == "stopped"
    assert engine.pids() == {}
    await engine.drain_and_stop()


PARENT = """
import asyncio, json, pathlib, sys
from wye.config.settings import EmbeddedSettings
from wye.providers.embedded.engine import EmbeddedEngine
async def main():
    engine = EmbeddedEngine(EmbeddedSettings(), pathlib.Path(sys.argv[1]))
    await engine.start()
    await engine.ready()
    print(json.dumps(engine.pids()), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_the_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    children = [psutil.Process(pid) for pid in json.loads(await parent.stdout.readline()).values()]
    assert len(children) == 2
    parent.kill()
    await parent.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 2)
    assert alive == []


@pytest.mark.parametrize(
    ("limit", "cores"), [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("nonsense", None)]
)
async def test_threads_respect_a_container_quota(tmp_path: Path, limit: str, cores: int | None) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert usable_cores(file) == (cores or len(os.sched_getaffinity(0)))


async def test_one_core_is_left_to_others() -> None:
    assert [chat_threads(cores) for cores in (1, 2, 8)] == [1, 1, 7]


@pytest.mark.deep  # 512 tokens take seconds
async def test_what_has_no_cap_of_its_own_ends(engine: EmbeddedEngine) -> None:
    async with _client(engine, CHAT_ID) as client:
        asked = {"model": "m", "ignore_eos": True, "messages": [{"role": "user", "content": "Count."}]}
        told: Any = await client.post("/chat/completions", body=asked, cast_to=object)
    assert told["usage"]["completion_tokens"] == DEFAULT_TOKENS
    assert told["choices"][0]["finish_reason"] == "length"
