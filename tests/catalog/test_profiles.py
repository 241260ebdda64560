"""Names that do not exist."""

import pytest

from wye.catalog.prices import PriceList
from wye.catalog.profiles import absent


@pytest.mark.parametrize(
    "name",
    ["gemini-3.5-pro", "Gemini 3.5 Pro", "google/gemini-3.5-pro-preview", "deepseek-r2", "llama-4-8b",
     "meta-llama/Llama-4-405B", "sd4", "stable-diffusion-4"],
)  # fmt: skip
def test_it_says_so(name: str) -> None:
    assert "2026-11-22" in (absent(name) or "")


@pytest.mark.parametrize(
    "name", ["gemini-3.5-flash", "deepseek-r1", "llama-4-scout", "llama-3.1-8b", "gpt-5.5", ""]
)
def test_it_holds_its_tongue(name: str) -> None:
    assert absent(name) is None


def test_no_priced_model_is_called_absent() -> None:
    named = [entry.id for entries in PriceList.load().providers.values() for entry in entries]
    assert [name for name in named if absent(name)] == []
