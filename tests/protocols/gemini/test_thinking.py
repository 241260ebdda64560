from typing import Any

import pytest

from wye.core.chat import Thinking
from wye.protocols.gemini.thinking import read_thinking, write_thinking
from wye.protocols.wire.fields import Fields

FLASH, PRO, LITE = "gemini-2.5-flash", "models/gemini-2.5-pro", "gemini-2.5-flash-lite"
THREE, THREE_PRO = "gemini-3-flash-preview", "gemini-3.1-pro-preview"


@pytest.mark.parametrize(
    ("config", "thinking"),
    [
        ({"thinkingBudget": 0}, Thinking(enabled=False)),
        ({"thinkingBudget": -1}, Thinking(enabled=True)),
        ({"thinkingBudget": 512}, Thinking(enabled=True, budget_tokens=512)),
        ({"thinkingLevel": "LOW"}, Thinking(effort="low")),
        ({"includeThoughts": True}, Thinking(show=True)),
        ({"ofNextYear": 1}, Thinking(extras={"ofNextYear": 1})),
    ],
)
def test_a_config_comes_back(config: dict[str, Any], thinking: Thinking) -> None:
    assert read_thinking(Fields({"thinkingConfig": config})) == thinking
    assert write_thinking(thinking, FLASH, own=True) == config


def test_no_config_is_none() -> None:
    assert read_thinking(Fields({})) is None
    assert (
        read_thinking(Fields({"thinkingConfig": {"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}}))
        == Thinking()
    )


@pytest.mark.parametrize(
    ("thinking", "model", "config"),
    [
        (Thinking(effort="low"), FLASH, {"thinkingBudget": 4096}),
        (Thinking(effort="xhigh"), FLASH, {"thinkingBudget": 24_576}),
        (Thinking(effort="xhigh"), PRO, {"thinkingBudget": 32_768}),
        (Thinking(effort="none"), FLASH, {"thinkingBudget": 0}),
        (Thinking(effort="none"), PRO, {"thinkingBudget": 128}),
        (Thinking(enabled=False), LITE, {"thinkingBudget": 0}),
        (Thinking(enabled=True, budget_tokens=100), LITE, {"thinkingBudget": 512, "includeThoughts": True}),
        (Thinking(enabled=True), FLASH, {"thinkingBudget": -1, "includeThoughts": True}),
        (Thinking(enabled=True, show=False), FLASH, {"thinkingBudget": -1, "includeThoughts": False}),
        (Thinking(show=True), FLASH, {"includeThoughts": True}),
        (Thinking(effort="minimal"), THREE, {"thinkingLevel": "MINIMAL"}),
        (Thinking(effort="minimal"), THREE_PRO, {"thinkingLevel": "LOW"}),
        (Thinking(effort="none"), THREE, {"thinkingLevel": "MINIMAL"}),
        (Thinking(effort="medium"), "gemini-3-pro-preview", {"thinkingLevel": "HIGH"}),
        (Thinking(effort="medium"), THREE_PRO, {"thinkingLevel": "MEDIUM"}),
        (Thinking(effort="max"), THREE, {"thinkingLevel": "HIGH"}),
        (
            Thinking(enabled=True, budget_tokens=5000),
            THREE_PRO,
            {"thinkingLevel": "MEDIUM", "includeThoughts": True},
        ),
        (Thinking(enabled=True), "gemini-flash-latest", {}),
        (Thinking(effort="high"), "gemini-2.0-flash", {}),
        (Thinking(effort="high"), "gemma-3-27b-it", {}),
    ],
)
def test_another_protocols_thinking(thinking: Thinking, model: str, config: dict[str, Any]) -> None:
    assert write_thinking(thinking, model, own=False) == config
