"""Providers and engines wye knows: one literal each, with the models `auto` chooses from.

Facts are dated 2026-11-22, from each provider's own API reference, and conservative: what is not known is
None. Regions are None throughout: no provider's default endpoint promises one; an operator who has it in a
contract says so in `wye.yaml`. `also` names what is documented and needs no memory, but for OpenAI's own.

`frontier` names the models that each closed provider sells as its best for general work, old and new, by its
naming and its price list of that day. Nobody measured them here: `strong` in `wye.yaml` says otherwise.
"""

import msgspec

from wye.catalog.deployments import Native, Profile
from wye.catalog.provider import Model, Provider, Variant
from wye.core.spelling import Ignored, Refused, Spelling, Taken


def _chat(
    id: str,  # noqa: A002  # as in Model
    context: int | None,
    output: int | None,
    *,
    vision: bool | None = None,
) -> Model:
    """Describe a chat model with tools and JSON schemas, which all of these have."""
    return Model(
        id,
        Profile(
            context_tokens=context,
            max_output_tokens=output,
            tools=True,
            vision=vision,
            json=True,
        ),
    )


def _embedding(id: str, context: int) -> Model:  # noqa: A002  # as in Model
    return Model(id, Profile(context_tokens=context, tools=False, vision=False, json=False))


def _all(*names: Refused) -> frozenset[Refused]:
    return frozenset(names)


_NO_SAMPLING = _all("temperature", "top_p", "presence_penalty", "frequency_penalty")
_SAMPLES: frozenset[Taken] = frozenset({"top_k"})
_TAKES: frozenset[Taken] = frozenset({"allowed_tools", "developer", "custom_tools", "shared"})
_COMPLETES: frozenset[Native] = frozenset({"openai_completions"})
_OPENAI = Spelling(
    max_output_field="max_completion_tokens",
    call_ids="forty",
    takes=_TAKES,
    refuses=_NO_SAMPLING | _all("logprobs", "stop"),  # of models that reason, which all newer ones do
)
OPENAI = Provider(
    id="openai",
    base_url="https://api.openai.com/v1",
    variables=("OPENAI_API_KEY",),
    also=frozenset({"openai_responses"}),
    spelling=_OPENAI,
    variants=(
        Variant(
            r"^(gpt-[5-9][.\d]*-(codex|pro)|o\d+-pro|codex-|computer-use-)|-deep-research",
            protocol="openai_responses",
            also=frozenset(),
        ),
        # Chat refuses their tools, unless they are told not to think.
        Variant(r"^gpt-(5\.[4-9]|[6-9])", protocol="openai_responses", also=frozenset({"openai_chat"})),
        Variant(r"-instruct$|^(davinci|babbage)-", also=_COMPLETES),
        Variant(
            r"^(gpt-[34]|chatgpt-|gpt-5-chat)",
            Spelling(
                max_output_field="max_completion_tokens",
                effort_field="",
                call_ids="forty",
                takes=_TAKES,
            ),
        ),
    ),
    frontier=r"gpt-5\.5(-pro)?|gpt-6-astra(-pro)?",
    models=(
        _chat("gpt-5.5", 1_000_000, 128_000, vision=True),
        _chat("gpt-5.4-mini", 400_000, 128_000, vision=True),
        _chat("gpt-5.4-nano", 400_000, 128_000, vision=True),
        _embedding("text-embedding-3-small", 8_191),
        _embedding("text-embedding-3-large", 8_191),
    ),
)
ANTHROPIC = Provider(
    id="anthropic",
    base_url="https://api.anthropic.com/v1",
    variables=("ANTHROPIC_API_KEY",),
    protocol="anthropic_messages",
    spelling=Spelling(call_ids="words", refuses=_all("temperature_with_top_p")),
    variants=(
        Variant(
            r"claude-opus-4[-.][7-9]|claude-(opus|sonnet|haiku)-[5-9]|claude-(fable|mythos)",
            Spelling(call_ids="words", refuses=_all("temperature", "top_p", "top_k")),
        ),
        Variant(
            r"claude-(\d|instant)|claude-(opus|sonnet)-4(-0|-20\d{6}|@|$)",
            Spelling(call_ids="words", formats="none", refuses=_all("strict")),
        ),
    ),
    frontier=r"claude-(opus-(4-8|5|5-5)|fable-5(-[12])?|mythos-5-2)",
    models=(
        _chat("claude-opus-4-8", 1_000_000, None, vision=True),
        _chat("claude-haiku-4-5", 200_000, 64_000, vision=True),
    ),
)
GOOGLE = Provider(
    id="google",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    protocol="gemini",
    spelling=Spelling(refuses=_all("presence_penalty", "frequency_penalty")),
    variants=(Variant(r"gemini-(1|2\.0)", Spelling()),),
    frontier=r"gemini-3\.1-pro-preview",
    models=(
        _chat("gemini-3.1-pro-preview", 1_048_576, 65_536, vision=True),
        _chat("gemini-3.5-flash", 1_000_000, 65_536, vision=True),
        _chat("gemini-2.5-pro", 1_048_576, 65_536, vision=True),
        _chat("gemini-2.5-flash", 1_048_576, 65_536, vision=True),
        _chat("gemini-2.5-flash-lite", 1_000_000, 65_536, vision=True),
    ),
)
_MISTRAL = _all("seed", "user", "logprobs", "custom_tools")
MISTRAL = Provider(
    id="mistral",
    base_url="https://api.mistral.ai/v1",
    variables=("MISTRAL_API_KEY",),
    spelling=Spelling(
        stream_options=False,
        reasoning_field="thinking",
        effort_field="",
        call_ids="nine",
        refuses=_MISTRAL,
    ),
    variants=(
        Variant(
            r"^open-|mamba",
            Spelling(
                stream_options=False,
                effort_field="",
                call_ids="nine",
                formats="object",
                refuses=_MISTRAL,
            ),
        ),
    ),
    models=(
        _chat("mistral-large-2512", 262_144, None, vision=True),
        _chat("mistral-medium-3-5", 262_144, None, vision=True),
        _chat("ministral-14b-2512", 262_144, None, vision=True),
        _embedding("mistral-embed", 8_192),
    ),
)
_DEEPSEEK = _all("parallel_tool_calls", "seed", "strict", "n", "user", "custom_tools")
DEEPSEEK = Provider(
    id="deepseek",
    base_url="https://api.deepseek.com",
    variables=("DEEPSEEK_API_KEY",),
    spelling=Spelling(
        reasoning_field="reasoning_content",
        effort_field="thinking",
        formats="object",
        refuses=_DEEPSEEK,
    ),
    variants=(
        Variant(
            r"reasoner",
            Spelling(
                reasoning_field="reasoning_content",
                effort_field="",
                formats="object",
                refuses=_DEEPSEEK | _NO_SAMPLING | _all("logprobs", "tool_choice"),
            ),
        ),
    ),
    models=(
        _chat("deepseek-v4-pro", 1_000_000, 393_216, vision=False),
        _chat("deepseek-v4-flash", 1_000_000, 393_216),
    ),
)
_MOONSHOT = _all(
    "tool_choice", "parallel_tool_calls", "image_url", "seed", "logprobs", "user", "custom_tools"
)
MOONSHOT = Provider(
    id="moonshot",
    base_url="https://api.moonshot.ai/v1",
    variables=("MOONSHOT_API_KEY",),
    spelling=Spelling(
        reasoning_field="reasoning_content",
        effort_field="thinking",
        formats="object",
        refuses=_MOONSHOT | _NO_SAMPLING | _all("n"),  # its newer models have fixed values for these
    ),
    variants=(
        Variant(r"^moonshot-v1|kimi-k2-", Spelling(effort_field="", formats="object", refuses=_MOONSHOT)),
    ),
    models=(
        _chat("kimi-k2.6", 262_144, None, vision=True),
        _chat("kimi-k3", 1_048_576, None),
    ),
)
TOGETHER = Provider(
    id="together",
    base_url="https://api.together.xyz/v1",
    variables=("TOGETHER_API_KEY",),
    also=_COMPLETES,
    spelling=Spelling(takes=_SAMPLES, refuses=_all("parallel_tool_calls")),
    models=(
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("zai-org/GLM-5.3", 1_048_575, None),
        _chat("deepseek-ai/DeepSeek-V4-Pro-0813", 1_048_576, None, vision=False),
    ),
)
_GROQ = _all("n", "logprobs", "presence_penalty", "frequency_penalty", "custom_tools")
GROQ = Provider(
    id="groq",
    base_url="https://api.groq.com/openai/v1",
    variables=("GROQ_API_KEY",),
    spelling=Spelling(effort_field="", formats="object", refuses=_GROQ),
    variants=(
        Variant(r"gpt-oss", Spelling(refuses=_GROQ)),
        Variant(r"kimi-k2|llama-4", Spelling(effort_field="", refuses=_GROQ)),
    ),
    models=(
        _chat("openai/gpt-oss-120b", 131_072, 65_536, vision=False),
        _chat("openai/gpt-oss-20b", 131_072, 65_536, vision=False),
    ),
)
FIREWORKS = Provider(
    id="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    variables=("FIREWORKS_API_KEY",),
    also=_COMPLETES,
    spelling=Spelling(reasoning_field="reasoning_content", takes=_SAMPLES),
    models=(
        _chat("accounts/fireworks/models/gpt-oss-20b", 131_072, None, vision=False),
        _chat("accounts/fireworks/models/kimi-k2p5", 262_144, None),
        _chat("accounts/fireworks/models/deepseek-v4p1-flash", None, None),
    ),
)
DEEPINFRA = Provider(
    id="deepinfra",
    base_url="https://api.deepinfra.com/v1/openai",
    variables=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"),
    also=_COMPLETES,
    spelling=Spelling(takes=_SAMPLES, refuses=_all("parallel_tool_calls")),
    models=(
        _chat("google/gemma-4-31B-it", 262_144, None, vision=True),
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", 1_048_576, None),
    ),
)
_OPENROUTER = Spelling(
    reasoning_field="reasoning", effort_field="reasoning", call_ids="words", takes=_SAMPLES
)
OPENROUTER = Provider(
    id="openrouter",
    base_url="https://openrouter.ai/api/v1",
    variables=("OPENROUTER_API_KEY",),
    also=_COMPLETES,
    spelling=_OPENROUTER,
    variants=(
        Variant(r"^~?anthropic/", also=frozenset({"anthropic_messages"})),
        Variant(
            r"^mistralai/",
            Spelling(reasoning_field="reasoning", effort_field="reasoning", call_ids="nine", takes=_SAMPLES),
        ),
    ),
    frontier=r"openai/gpt-(5\.5|6-astra)(-pro)?|anthropic/claude-(opus-(4\.8|5|5\.5)|fable-5(\.1)?)"
    r"|google/gemini-3\.1-pro-preview",
    models=(
        _chat("openai/gpt-5.5", 1_050_000, None, vision=True),
        _chat("anthropic/claude-opus-4.8", 1_000_000, None, vision=True),
        _chat("openai/gpt-oss-120b", 131_072, None, vision=False),
        _chat("deepseek/deepseek-v4-pro", None, None, vision=False),
    ),
)

PROVIDERS: dict[str, Provider] = {
    provider.id: provider
    for provider in (
        *(OPENAI, ANTHROPIC, GOOGLE),
        *(MISTRAL, DEEPSEEK, MOONSHOT),
        *(TOGETHER, GROQ, FIREWORKS, DEEPINFRA, OPENROUTER),
    )
}


def _engine(id: str, spelling: Spelling) -> Provider:  # noqa: A002  # as in Provider
    """Describe an engine. Mistral's own templates refuse other ids of tool calls, whoever runs them.

    All know functions only.
    """
    spelling = msgspec.structs.replace(spelling, refuses=spelling.refuses | _all("custom_tools"))
    nine = msgspec.structs.replace(spelling, call_ids="nine")
    variant = Variant(r"(mi|mini|magi|dev|code|pi)(s|x)tral", nine)
    return Provider(id, also=_COMPLETES, spelling=spelling, variants=(variant,))


def _past(*names: Ignored) -> frozenset[Ignored]:
    """Return what an engine passes over in silence: what no engine has, and `names`."""
    return frozenset({"web_search_options", "search_parameters", "plugins", *names})


_LLAMA = Spelling(
    reasoning_field="reasoning_content",
    takes=_SAMPLES,
    ignores=_past("suffix", "echo", "best_of", "response_format", "prompt_embeds", "modalities", "audio"),
)
ENGINES: dict[str, Provider] = {
    engine.id: engine
    for engine in (
        _engine("embedded", _LLAMA),
        _engine("llama-server", _LLAMA),
        _engine("vllm", Spelling(takes=_SAMPLES, ignores=_past())),
        _engine("sglang", msgspec.structs.replace(_LLAMA, ignores=_past())),
        _engine(
            "ollama",
            Spelling(
                refuses=_all("image_url", "tool_choice", "parallel_tool_calls", "n", "user"),
                ignores=_past("echo", "best_of", "response_format", "prompt_embeds", "modalities", "audio"),
            ),
        ),
        _engine(
            "tgi",
            Spelling(
                refuses=_all("n", "parallel_tool_calls"),
                ignores=_past("echo", "best_of", "response_format", "prompt_embeds", "modalities", "audio"),
            ),
        ),
        _engine("lmstudio", Spelling(takes=_SAMPLES, refuses=_all("image_url"))),
    )
}
"""Engines, which discovery recognises or config gives an address."""
