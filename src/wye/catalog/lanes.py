"""What to do for a lane that nothing serves."""

from collections.abc import Mapping

from wye.core.lane import Lane

VARIABLES: Mapping[Lane, str] = {
    Lane.CLOSED: "ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY",
    Lane.HOSTED: "TOGETHER_API_KEY, GROQ_API_KEY, MISTRAL_API_KEY, DEEPSEEK_API_KEY or OPENROUTER_API_KEY",
}
"""The best known variables whose keys bring something into a lane."""


def fill(lane: Lane) -> str:
    """Return what brings something into `lane`: a clause."""
    if lane is Lane.OWN:
        return "start an engine such as Ollama on this machine, or name one in wye.yaml"
    return f"set {VARIABLES[lane]} where the gateway runs, and restart it"
