import datetime as dt

import pytest

from wye.catalog.second import SecondList
from wye.catalog.standing import standing

DAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    "name", ["gemini-3.5-pro", "DeepSeek R2", "Stable Diffusion 4", "Llama 4 8B", "meta-llama/llama-4-405b"]
)
def test_a_well_known_name_that_does_not_exist_is_said_to_be_none(name: str) -> None:
    told = standing(name, on=DAY)
    assert told is not None
    assert told.kind == "absent"


def test_a_model_that_its_provider_ended_is_retired() -> None:
    told = standing("gpt-4", "openai", on=DAY)
    assert told is not None
    assert (told.kind, told.on) == ("retired", dt.date(2026, 10, 23))
    assert "LiteLLM" in told.source
    assert standing("openai/gpt-4", on=DAY) == told
    before = standing("gpt-4", "openai", on=dt.date(2026, 10, 22))
    assert before is not None
    assert before.kind == "retiring"


@pytest.mark.parametrize("name", ["gpt-5.5", "claude-opus-4-8", "openai/gpt-5.5", "no-such-model", "x/y/z"])
def test_nothing_is_said_against_what_nothing_is_known_against(name: str) -> None:
    assert standing(name, on=DAY) is None


def test_what_another_provider_still_serves_is_not_called_retired() -> None:
    second = SecondList(DAY, "b", {}, {"openai": {"claude-opus-4-8": dt.date(2026, 1, 1)}})
    assert standing("claude-opus-4-8", on=DAY, second=second) is None
    assert standing("claude-opus-4-8", "openai", on=DAY, second=second) is not None
