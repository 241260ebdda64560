"""Kinds of work that are told apart without being configured; `tasks` in wye.yaml adds others."""

TASKS = (
    "reasoning",
    "analysis",
    "generation",
    "code",
    "extraction",
    "classification",
    "summarisation",
    "translation",
    "chat",
)
