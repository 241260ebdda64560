"""The engines wye recognises: where they listen, how they say what they are, what serves.

Each `_ask_*` returns None unless the answers have the shape of that engine and no other.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from wye.catalog.deployments import Profile
from wye.catalog.names import CLOSED_FAMILY, operations_of
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.providers.discovery.probe import Conversation
from wye.providers.discovery.processes import Process

MAX_MODELS = 256
_EMBEDDINGS = frozenset({Operation.EMBEDDINGS})


class Seen(msgspec.Struct, frozen=True):
    """A model that an engine serves."""

    model: str
    operations: frozenset[Operation] = frozenset({Operation.CHAT})
    profile: Profile = Profile()
    slots: int = 1
    lane: Lane | None = Lane.OWN
    """Once the engine is proven: other than `own` for what it hands on to a machine elsewhere."""


class Sighting(msgspec.Struct, frozen=True):
    """An engine that answered as itself."""

    title: str
    """Name and version, for people."""
    models: tuple[Seen, ...]


class Engine(msgspec.Struct, frozen=True):
    """A kind of engine."""

    id: str
    ports: tuple[int, ...]
    """Documented defaults."""
    ask: Callable[[Conversation], Awaitable[Sighting | None]]
    is_process: Callable[[Process], bool]
    """Whether a listening process is this engine and keeps its work on this machine."""


class _Listed(msgspec.Struct):
    """An entry of OpenAI's `GET /v1/models`."""

    id: str
    owned_by: str = ""
    max_model_len: int | None = None


class _Models(msgspec.Struct):
    data: list[_Listed]


async def _owned(talk: Conversation, owner: str) -> list[_Listed]:
    models = await talk.get("/v1/models", _Models)
    return [] if models is None else [one for one in models.data if one.owned_by == owner]


class _Version(msgspec.Struct):
    version: str


class _OllamaModel(msgspec.Struct):
    name: str
    details: dict[str, Any] = {}
    remote_host: str = ""
    remote_model: str = ""


class _Tags(msgspec.Struct):
    models: list[_OllamaModel]


async def _ask_ollama(talk: Conversation) -> Sighting | None:
    tags = await talk.get("/api/tags", _Tags)
    version = await talk.get("/api/version", _Version)
    if tags is None or version is None:
        return None
    return Sighting(f"Ollama {version.version}", tuple(_ollama(one) for one in tags.models[:MAX_MODELS]))


def _ollama(one: _OllamaModel) -> Seen:
    remote = bool(one.remote_host or one.remote_model) or one.name.endswith(("-cloud", ":cloud"))
    families = f"{one.details.get('family')} {one.details.get('families')}"
    operations = _EMBEDDINGS if "bert" in families else operations_of(one.name)
    if not remote:
        return Seen(one.name, operations)
    closed = CLOSED_FAMILY.search(one.name) or CLOSED_FAMILY.search(one.remote_model)
    return Seen(one.name, operations, lane=Lane.CLOSED if closed else Lane.HOSTED)


class _Settings(msgspec.Struct):
    n_ctx: int | None = None


class _Props(msgspec.Struct):
    default_generation_settings: _Settings
    total_slots: int
    modalities: dict[str, bool] = {}
    chat_template_caps: dict[str, bool] = {}
    build_info: str = ""


async def _ask_llama_server(talk: Conversation) -> Sighting | None:
    props = await talk.get("/props", _Props)
    listed = await _owned(talk, "llamacpp")
    if props is None or not listed:
        return None
    profile = Profile(
        context_tokens=props.default_generation_settings.n_ctx or None,
        tools=props.chat_template_caps.get("supports_tools"),
        vision=props.modalities.get("vision"),
        json=True,  # its grammars hold any model to a schema
    )
    slots = max(1, props.total_slots)
    models = (Seen(one.id, operations_of(one.id), profile, slots) for one in listed[:MAX_MODELS])
    return Sighting(f"llama-server {props.build_info}".rstrip(), tuple(models))


async def _ask_vllm(talk: Conversation) -> Sighting | None:
    listed = await _owned(talk, "vllm")
    version = await talk.get("/version", _Version)
    return Sighting(f"vLLM {version.version}", _with_length(listed)) if listed and version else None


class _ModelInfo(msgspec.Struct):
    model_path: str
    is_generation: bool = True


async def _ask_sglang(talk: Conversation) -> Sighting | None:
    info = await talk.get("/get_model_info", _ModelInfo) or await talk.get("/server_info", _ModelInfo)
    listed = await _owned(talk, "sglang")
    if info is None or not listed:
        return None
    models = _with_length(listed)
    if not info.is_generation:
        models = tuple(msgspec.structs.replace(one, operations=_EMBEDDINGS) for one in models)
    return Sighting("SGLang", models)


def _with_length(listed: list[_Listed]) -> tuple[Seen, ...]:
    return tuple(
        Seen(one.id, operations_of(one.id), Profile(context_tokens=one.max_model_len))
        for one in listed[:MAX_MODELS]
    )


class _TgiInfo(msgspec.Struct):
    model_id: str
    version: str
    max_concurrent_requests: int
    max_total_tokens: int | None = None


async def _ask_tgi(talk: Conversation) -> Sighting | None:
    info = await talk.get("/info", _TgiInfo)
    if info is None:
        return None
    profile = Profile(context_tokens=info.max_total_tokens)
    return Sighting(f"TGI {info.version}", (Seen(info.model_id, operations_of(info.model_id), profile),))


class _LmStudioModel(msgspec.Struct):
    id: str
    type: str
    state: str
    max_context_length: int | None = None
    loaded_context_length: int | None = None
    capabilities: list[str] = []


class _LmStudioModels(msgspec.Struct):
    data: list[_LmStudioModel]


class _Raw(msgspec.Struct):
    data: list[dict[str, Any]]


async def _ask_lmstudio(talk: Conversation) -> Sighting | None:
    listed = await talk.get("/api/v0/models", _LmStudioModels)
    raw = await talk.get("/api/v0/models", _Raw)
    if listed is None or raw is None or not listed.data:
        return None
    # LM Studio reaches models on other devices, and no documented field says so: any that may is one.
    away = [any("remote" in key.lower() or "device" in key.lower() for key in one) for one in raw.data]
    models = [
        msgspec.structs.replace(_lmstudio(one), lane=None if elsewhere else Lane.OWN)
        for one, elsewhere in zip(listed.data, away, strict=True)
    ]
    return Sighting("LM Studio", tuple(models[:MAX_MODELS]))


def _lmstudio(one: _LmStudioModel) -> Seen:
    profile = Profile(
        context_tokens=one.loaded_context_length or one.max_context_length,
        tools=True if "tool_use" in one.capabilities else None,
        vision=one.type == "vlm",
    )
    return Seen(one.id, _EMBEDDINGS if one.type == "embeddings" else operations_of(one.id), profile)


def _is_llama_server(process: Process) -> bool:
    spread = any(word.startswith("--rpc") for word in process.words)  # tensors go to other machines
    return process.is_native("llama-server", "llamafile") and not spread


ENGINES: tuple[Engine, ...] = (
    Engine("ollama", (11434,), _ask_ollama, lambda process: process.is_native("ollama")),
    Engine("llama-server", (8080,), _ask_llama_server, _is_llama_server),
    Engine("vllm", (8000,), _ask_vllm, lambda process: process.is_python("vllm")),
    Engine("sglang", (30000,), _ask_sglang, lambda process: process.is_python("sglang")),
    Engine(
        "tgi",
        (3000, 8080, 80),
        _ask_tgi,
        lambda process: process.is_native("text-generation-router", "text-generation-launcher"),
    ),
    Engine(
        "lmstudio",
        (1234,),
        _ask_lmstudio,
        lambda process: re.search(r"/\.?lm[-_ ]?studio", process.program, re.IGNORECASE) is not None,
    ),
)
