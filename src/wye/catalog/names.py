"""What the name of a model tells: whose weights it has, and what it serves.

The lane is a fact of the *model*, not of the provider: most serve open and closed weights side by side
(DeepInfra resells Claude, Mistral keeps its medium models closed). A model whose weights are not known
to be open is `closed`, the stricter reading: a policy that permits `hosted` need not permit `closed`.
"""

import re

from wye.core.lane import Lane
from wye.core.request import Operation

# Families with published weights, by the last part of a model's name. Sizes ("32b") tell Qwen's open
# models from its closed Max, Plus and Flash ones.
_OPEN_WEIGHTS = re.compile(
    r"gpt-oss-"
    r"|gemma-?[234]"
    r"|(meta-)?llama-?(v?[234]|guard|prompt-guard)"
    r"|qw(en|q).*\d+b(-|$)"
    r"|deepseek-(chat|reasoner|r1|v3|v4)"
    r"|kimi-k2"
    r"|glm-(4[.p][5-7]|5)(-|$|v)"
    r"|(open-)?(mixtral-8x|mistral-7b|mistral-nemo)"
    r"|mistral-(large-(2512|3)|small-(24b|3\.|2501|2503|2506))"
    r"|(devstral|magistral)-small|ministral-(3b|8b|14b)-2512|pixtral-12b|voxtral-(mini|small)-.*2507"
    r"|phi-[234]|olmo|minimax-m[12](-|$)"
)
# Searches the web, or sits on open weights without publishing its own.
_NOT_OPEN = re.compile(r"sonar|online|compound")
EMBEDDED_CHAT, EMBEDDED_EMBEDDING = "embedded/smollm2-135m", "embedded/minilm-l6"
"""The models that come with wye."""

CLOSED_FAMILY = re.compile(r"(^|/)(gemini|claude|grok|gpt-\d|o[134]-)", re.IGNORECASE)
"""Families that are certainly closed, for those who resell without saying so."""
EMBEDDING = re.compile(r"embed|(^|/)(bge|e5|gte)-")


def lane_of(model: str) -> Lane:
    """Return the lane of a processor's model: `hosted` when its weights are known to be open."""
    if model.startswith("~"):  # OpenRouter's "latest of": whatever it may become
        return Lane.CLOSED
    name = model.lower().rsplit("/", 1)[-1]
    is_open = _OPEN_WEIGHTS.match(name) is not None and _NOT_OPEN.search(name) is None
    return Lane.HOSTED if is_open else Lane.CLOSED


def operations_of(model: str) -> frozenset[Operation]:
    """Return what a model serves, as its name tells."""
    return frozenset({Operation.EMBEDDINGS if EMBEDDING.search(model.lower()) else Operation.CHAT})
