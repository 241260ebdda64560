"""Names that people ask for and that do not exist, so that wye can say so instead of guessing."""

import re

AS_OF = "2026-11-22"

_ABSENT: tuple[tuple[str, str], ...] = (
    (
        r"gemini-3\.5-pro",
        "Gemini 3.5 Pro does not exist (yet): there are gemini-3.5-flash and gemini-3.1-pro-preview",
    ),
    (r"deepseek-r2", "DeepSeek R2 does not exist (yet): there are deepseek-v4-pro and deepseek-v4-flash"),
    (r"(stable-diffusion|sd)-?4", "Stable Diffusion 4 does not exist (yet): there is Stable Diffusion 3.5"),
    (r"llama-?4-(8b|405b)", "Llama 4 has no 8B or 405B: those sizes are Llama 3.1"),
)


def absent(model: str) -> str | None:
    """Say that a well-known name does not exist, and what does; None = nothing is known against it."""
    name = re.sub(r"[\s_]+", "-", model.strip().lower())
    for pattern, words in _ABSENT:
        if re.search(rf"(^|/){pattern}(?![\d.])", name):
            return f"{words} ({AS_OF})"
    return None
