"""Engines on loopback: found by what they say, `own` only when the kernel names them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wye.catalog.deployments import Deployment
from wye.config.settings import DiscoverySettings, Settings
from wye.config.upstreams import DeploymentSettings, ProviderSettings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.providers.discovery import Discovered, Probe, discover, dynamic
from wye.providers.discovery.engines import ENGINES, Engine

HERE = Path(__file__).parent
SETTINGS = Settings(discovery=DiscoverySettings(seconds=2))
Imitate = Callable[..., int]

OLLAMA = {
    "/api/version": {"body": {"version": "0.13.5"}},
    "/api/tags": {
        "body": {
            "models": [
                {"name": "llama3.2:3b", "model": "llama3.2:3b", "details": {"family": "llama"}},
                {
                    "name": "nomic-embed-text:latest",
                    "details": {"family": "nomic-bert", "families": ["nomic-bert"]},
                },
                {"name": "gpt-oss:120b-cloud", "details": {"family": "gptoss"}},
                {"name": "glm-4.6:cloud", "details": {}},
                {"name": "gemini-3-flash-preview:cloud", "details": {}},
                {
                    "name": "mine",
                    "remote_host": "https://ollama.com:443",
                    "remote_model": "qwen3",
                    "details": {},
                },
            ]
        }
    },
}
LLAMA_SERVER = {
    "/props": {
        "body": {
            "default_generation_settings": {"n_ctx": 4096, "params": {}},
            "total_slots": 4,
            "modalities": {"vision": False, "audio": False},
            "chat_template_caps": {"supports_tools": True},
            "build_info": "b7000-abc",
        },
        "headers": {"Server": "llama.cpp"},
    },
    "/v1/models": {"body": {"object": "list", "data": [{"id": "qwen3-4b", "owned_by": "llamacpp"}]}},
}
VLLM = {
    "/version": {"body": {"version": "0.19.0"}},
    "/v1/models": {
        "body": {"data": [{"id": "Qwen/Qwen3-8B", "owned_by": "vllm", "max_model_len": 40960, "root": "x"}]},
        "headers": {"Server": "uvicorn"},
    },
}
SGLANG = {
    "/get_model_info": {
        "body": {"model_path": "Qwen/Qwen3-8B", "tokenizer_path": "x", "is_generation": True}
    },
    "/v1/models": {"body": {"data": [{"id": "Qwen/Qwen3-8B", "owned_by": "sglang", "max_model_len": 32768}]}},
}
TGI = {
    "/info": {
        "body": {
            "model_id": "meta-llama/Llama-3.1-8B-Instruct",
            "version": "3.3.6",
            "docker_label": "sha-abc",
            "max_concurrent_requests": 128,
            "max_total_tokens": 8192,
            "router": "text-generation-router",
        }
    }
}
LM_STUDIO = {
    "/api/v0/models": {
        "body": {
            "object": "list",
            "data": [
                {"id": "qwen3-vl-4b", "object": "model", "type": "vlm", "state": "loaded",
                 "max_context_length": 262144, "loaded_context_length": 8192, "capabilities": ["tool_use"]},
                {"id": "text-embedding-nomic", "type": "embeddings", "state": "not-loaded",
                 "max_context_length": 2048},
                {"id": "elsewhere", "type": "llm", "state": "loaded", "deviceIdentifier": "studio-mac"},
            ],
        }
    }
}  # fmt: skip


def _at(engine_id: str, port: int) -> tuple[Engine, ...]:
    engine = next(one for one in ENGINES if one.id == engine_id)
    return (msgspec.structs.replace(engine, ports=(port,)),)


def _by_model(found: Discovered) -> dict[str, Deployment]:
    return {one.model: one for one in found.deployments}


def _lanes(found: Discovered) -> set[Lane | None]:
    return {one.lane for one in found.deployments}


async def test_ollama_keeps_its_own_models_and_not_the_remote_ones(imitate: Imitate, probe: Probe) -> None:
    port = imitate(OLLAMA, program="bin/ollama", args="serve")
    found = await discover(SETTINGS, {}, probe, _at("ollama", port))
    models = _by_model(found)
    assert {name: one.lane for name, one in models.items()} == {
        "llama3.2:3b": Lane.OWN,
        "nomic-embed-text:latest": Lane.OWN,
        "gpt-oss:120b-cloud": Lane.HOSTED,
        "glm-4.6:cloud": Lane.HOSTED,
        "gemini-3-flash-preview:cloud": Lane.CLOSED,
        "mine": Lane.HOSTED,
    }
    assert models["llama3.2:3b"].id == "ollama/llama3.2:3b"
    assert models["llama3.2:3b"].found_by == f"Ollama 0.13.5 at 127.0.0.1:{port}"
    assert models["nomic-embed-text:latest"].operations == {Operation.EMBEDDINGS}
    assert found.notes == ()


async def test_llama_server_tells_slots_and_capabilities(imitate: Imitate, probe: Probe) -> None:
    port = imitate(LLAMA_SERVER, program="llama-server")
    (one,) = (await discover(SETTINGS, {}, probe, _at("llama-server", port))).deployments
    assert (one.lane, one.slots, one.profile.context_tokens) == (Lane.OWN, 4, 4096)
    assert (one.profile.tools, one.profile.vision, one.profile.json) == (True, False, True)


async def test_llama_server_with_rpc_workers_is_unknown(imitate: Imitate, probe: Probe) -> None:
    port = imitate(LLAMA_SERVER, program="llama-server", args="--rpc 10.0.0.9:50052")
    assert _lanes(await discover(SETTINGS, {}, probe, _at("llama-server", port))) == {None}


@pytest.mark.parametrize(
    ("engine", "routes", "run"),
    [
        ("vllm", VLLM, {"script": "vllm", "args": "serve"}),
        ("sglang", SGLANG, {"script": "sglang"}),
        ("tgi", TGI, {"program": "text-generation-router"}),
        ("lmstudio", LM_STUDIO, {"program": "LM-Studio/lm-studio"}),
    ],
)
async def test_each_engine_is_own_under_its_own_name_and_unknown_under_another(
    imitate: Imitate, probe: Probe, engine: str, routes: dict[str, Any], run: dict[str, str]
) -> None:
    found = await discover(SETTINGS, {}, probe, _at(engine, imitate(routes, **run)))
    assert found.deployments[0].lane is Lane.OWN
    context = {"vllm": 40960, "sglang": 32768, "tgi": 8192, "lmstudio": 8192}
    assert found.deployments[0].profile.context_tokens == context[engine]
    other = await discover(SETTINGS, {}, probe, _at(engine, imitate(routes)))
    assert _lanes(other) == {None}
    assert "is not proven local: the listener is 'python" in other.notes[0]


async def test_what_lm_studio_runs_on_another_device_is_not_own(imitate: Imitate, probe: Probe) -> None:
    port = imitate(LM_STUDIO, program="LM-Studio/lm-studio")
    models = _by_model(await discover(SETTINGS, {}, probe, _at("lmstudio", port)))
    assert models["elsewhere"].lane is None
    assert models["text-embedding-nomic"].operations == {Operation.EMBEDDINGS}
    assert models["qwen3-vl-4b"].profile.vision
    assert models["qwen3-vl-4b"].profile.tools


async def test_a_relay_in_front_of_a_real_engine_is_unknown(
    imitate: Imitate, launch: Callable[..., int], probe: Probe
) -> None:
    engine = imitate(OLLAMA, program="bin/ollama", args="serve")
    relay = launch(str(HERE / "relay.py"), str(engine))
    found = await discover(SETTINGS, {}, probe, _at("ollama", relay))
    assert len(found.deployments) == 6
    assert _lanes(found) == {None}
    assert "the listener is 'python" in found.notes[0]
    assert "declare it in wye.yaml" in found.notes[0]


@pytest.mark.parametrize(
    "header", [{"Via": "1.1 proxy"}, {"Server": "cloudflare"}, {"x-litellm-version": "1.109"}]
)
async def test_traces_of_a_proxy_make_it_unknown(
    imitate: Imitate, probe: Probe, header: dict[str, str]
) -> None:
    routes = {**OLLAMA, "/api/version": {"body": {"version": "1"}, "headers": header}}
    found = await discover(SETTINGS, {}, probe, _at("ollama", imitate(routes, program="ollama")))
    assert _lanes(found) == {None}
    assert "its answers carry" in found.notes[0]


@pytest.mark.parametrize(
    "routes",
    [
        {},
        {"/v1/models": {"body": {"data": [{"id": "gpt-4o", "object": "model", "owned_by": "openai"}]}}},
        {**VLLM, "/v1/models": {"raw": "<html>"}},
        {"/version": {"body": [1]}, "/v1/models": {"body": {"data": "many"}}},
        {**VLLM, "/v1/models": {"raw": "[" * 5_000}},
        {**VLLM, "/v1/models": {"status": 302, "body": {}, "headers": {"Location": "/version"}}},
        {**VLLM, "/v1/models": {"raw": " " * 1_100_000 + '{"data": [{"id": "x", "owned_by": "vllm"}]}'}},
    ],
)  # fmt: skip
async def test_another_gateway_or_nonsense_is_no_engine(
    imitate: Imitate, probe: Probe, routes: dict[str, Any]
) -> None:
    found = await discover(SETTINGS, {}, probe, _at("vllm", imitate(routes, script="vllm")))
    assert found.deployments == ()


async def test_an_engine_that_wants_a_key_is_noted(imitate: Imitate, probe: Probe) -> None:
    locked = {target: {"status": 401, "body": {}} for target in VLLM}
    found = await discover(SETTINGS, {}, probe, _at("vllm", imitate(locked, script="vllm")))
    assert found.deployments == ()
    assert "wants a key" in found.notes[0]


async def test_a_slow_server_delays_nothing_beyond_the_limit(imitate: Imitate, probe: Probe) -> None:
    slow = {target: {**route, "after": 5} for target, route in VLLM.items()}
    engines = (*_at("vllm", imitate(slow, script="vllm")), *_at("ollama", imitate(OLLAMA, program="ollama")))
    settings = Settings(discovery=DiscoverySettings(seconds=0.5))
    began = time.monotonic()
    found = await discover(settings, {}, probe, engines)
    assert time.monotonic() - began < 4
    assert {one.provider for one in found.deployments} == {"ollama"}
    assert any("did not answer in time" in note for note in found.notes)


async def test_ports_where_nobody_listens_cost_next_to_nothing(probe: Probe) -> None:
    free = tuple(msgspec.structs.replace(engine, ports=(1,)) for engine in ENGINES)
    began = time.monotonic()
    found = await discover(SETTINGS, {}, probe, free)
    assert time.monotonic() - began < 1.5, "asking and waiting takes 2 s"
    assert found.deployments == ()
    assert found.notes == ()


async def test_nothing_is_asked_when_config_says_so(probe: Probe) -> None:
    asked: list[bytes] = []

    async def counting(endpoint: Any, method: bytes, target: bytes) -> Any:  # any probe
        asked.append(target)
        return await probe(endpoint, method, target)

    off = (
        Settings(discovery=DiscoverySettings(engines=False)),
        Settings(providers={"ollama": ProviderSettings(enabled=False)}),
        Settings(providers={"ollama": ProviderSettings(base_url="http://10.0.0.9:11434/v1", lane=Lane.OWN)}),
    )
    for settings in off:
        await discover(settings, {}, counting, _at("ollama", 1))
    assert asked == []


async def test_only_get_is_ever_sent(imitate: Imitate, probe: Probe) -> None:
    methods: set[bytes] = set()

    async def watching(endpoint: Any, method: bytes, target: bytes) -> Any:  # any probe
        methods.add(method)
        return await probe(endpoint, method, target)

    engines: Sequence[Engine] = [
        one
        for port in [imitate(OLLAMA, program="ollama"), imitate(VLLM, script="vllm")]
        for engine in ENGINES
        for one in _at(engine.id, port)
    ]
    found = await discover(SETTINGS, {}, watching, engines)
    assert {one.provider for one in found.deployments} == {"ollama", "vllm"}
    assert methods == {b"GET"}


async def test_the_operator_may_declare_what_cannot_be_proven(imitate: Imitate, probe: Probe) -> None:
    port = imitate(VLLM)
    declared = DeploymentSettings(model="Qwen/Qwen3-8B", provider="vllm", lane=Lane.OWN)
    found = await discover(Settings(deployments={"qwen": declared}), {}, probe, _at("vllm", port))
    lanes = {one.id: (one.lane, one.found_by) for one in found.deployments}
    assert lanes["qwen"] == (Lane.OWN, "wye.yaml")
    assert lanes["vllm/Qwen/Qwen3-8B"][0] is None


async def test_an_engine_elsewhere_serves_any_model_by_name(probe: Probe) -> None:
    given = ProviderSettings(base_url="http://10.0.0.9:8000/v1", lane=Lane.OWN, networks=("10.0.0.0/8",))
    found = await discover(Settings(providers={"vllm": given}), {}, probe, ())
    made = dynamic(found, "vllm/Qwen/Qwen3-8B")
    assert made is not None
    assert (made.lane, made.endpoint.host, made.price, made.api_key) == (Lane.OWN, "10.0.0.9", None, None)
