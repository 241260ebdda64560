"""How an upstream spells its protocol, beyond what the protocol says.

The defaults are what an upstream is taken for of which nothing is known: one that speaks the protocol as
its author wrote it down, with the older name of each field.
"""

from typing import Literal

import msgspec

MaxOutputField = Literal["max_tokens", "max_completion_tokens"]
ReasoningField = Literal["", "reasoning", "reasoning_content", "thinking"]
EffortField = Literal["", "reasoning_effort", "reasoning", "thinking"]
CallIds = Literal["any", "forty", "words", "nine"]
Formats = Literal["schema", "object", "none"]
Refused = Literal[
    "temperature",
    "top_p",
    "temperature_with_top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "stop",
    "n",
    "parallel_tool_calls",
    "tool_choice",
    "strict",
    "image_url",
    "user",
    "custom_tools",
]
"""`temperature_with_top_p`: takes either, but not both. `tool_choice`: a call cannot be demanded.
`image_url`: takes pictures as data only. `custom_tools`: knows functions only, whatever protocol asks."""
Ignored = Literal[
    "suffix",
    "echo",
    "best_of",
    "response_format",
    "prompt_embeds",
    "modalities",
    "audio",
    "web_search_options",
    "search_parameters",
    "plugins",
]
"""The first five are of legacy Completions, the others of Chat."""
Taken = Literal["top_k", "allowed_tools", "developer", "custom_tools", "shared"]
"""`allowed_tools`: a `tool_choice` that names several. `developer`: the role. `custom_tools`: tools that take
text in place of JSON. `shared`: what OpenAI has in both its protocols (`prompt_cache_key`, verbosity)."""


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """What one upstream of a protocol does unlike others. Counts where a request is translated for it.

    A request in the upstream's own protocol is forwarded as it is, and the upstream speaks for itself.
    """

    max_output_field: MaxOutputField = "max_tokens"
    """Chat: which field caps the output."""
    stream_options: bool = True
    """Chat: it understands `stream_options.include_usage`; where not, the last chunk has the usage anyway."""
    reasoning_field: ReasoningField = ""
    """Chat: the member of an assistant's message that takes earlier thoughts back; empty = none does.

    `thinking` is Mistral's: parts of the content."""
    effort_field: EffortField = "reasoning_effort"
    """Chat: how it is told to think; empty = it cannot be told.

    `reasoning` is OpenRouter's object; `thinking` is on or off and knows no degree (DeepSeek, Moonshot)."""
    call_ids: CallIds = "any"
    """What the id of a tool call may be.

    `forty`: at most 40 characters (OpenAI). `words`: at most 64 letters, digits, `_` and `-` (Anthropic).
    `nine`: nine letters and digits (Mistral)."""
    formats: Formats = "schema"
    """What it holds an answer to: a JSON schema, any JSON object, or nothing."""
    takes: frozenset[Taken] = frozenset()
    """Chat: what it takes, though not every upstream does."""
    refuses: frozenset[Refused] = frozenset()
    """Members of a request that it answers with an error, or does not heed."""
    ignores: frozenset[Ignored] = frozenset()
    """Members that it neither heeds nor refuses, though another answer is asked for with them.

    Unlike the rest this counts where a request goes in the upstream's own protocol: it is not sent."""
