from decimal import Decimal
from pathlib import Path

import pytest

from wye.config.load import from_bytes
from wye.config.settings import Settings
from wye.core.lane import Lane
from wye.economics.candidates import CLOSED, HOSTED, CandidateError, configured, resolve

CONFIG = b"""
providers:
  openai: {api_key_env: OPENAI_API_KEY}
deployments:
  ours: {model: gpt-5.5, provider: openai}
  cheap: {model: gpt-5.5, provider: openai, price: {input: 1, output: 6}}
  euro: {model: m, base_url: "https://x.example", lane: hosted, price: {input: 1, output: 2, currency: EUR}}
  dark: {model: m, base_url: "https://x.example", lane: hosted}
  own: {model: m, base_url: "http://127.0.0.1:1/v1", lane: own}
"""


@pytest.fixture
def settings() -> Settings:
    return from_bytes(CONFIG, Path("wye.yaml"), {"OPENAI_API_KEY": "x"}).settings


def test_defaults_have_prices() -> None:
    found = [resolve(name, Settings()) for name in (*CLOSED, HOSTED)]
    assert [one.lane for one in found] == [*[Lane.CLOSED] * 4, Lane.HOSTED]
    assert all(one.price is not None and one.price.rates.output for one in found)
    batch = found[0].price.served("batch") if found[0].price is not None else None
    assert batch is not None
    assert batch.rates.input == Decimal("2.5")


def test_a_model_is_found_by_its_own_name_where_it_has_a_price() -> None:
    found = resolve("gemma-4-31b-it", Settings())  # free within limits at its maker
    assert (found.name, found.lane) == ("deepinfra/google/gemma-4-31B-it", Lane.HOSTED)
    assert resolve("deepseek-v4-pro", Settings()).name == "deepseek/deepseek-v4-pro"


def test_config_comes_before_the_catalogue(settings: Settings) -> None:
    prices = [resolve(name, settings).price for name in ("ours", "cheap")]
    assert [one.rates.input for one in prices if one is not None] == [5, 1]
    assert [one.name for one in configured(settings, Lane.CLOSED)] == ["ours", "cheap"]
    (dark,) = configured(settings, Lane.HOSTED)
    assert (dark.name, dark.price) == ("dark", None)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gpt-55", "no price is known of 'gpt-55'. Did you mean 'gpt-5.5'"),
        ("google/gemma-4-31b-it", "free within limits"),
        ("gemini-3.5-pro", r"Gemini 3.5 Pro does not exist \(yet\)"),
        ("kimi-k2.5", "at moonshot is retired since 2026-08-31"),
        ("deepseek-r2", "DeepSeek R2 does not exist"),
        ("euro", "priced in EUR"),
        ("dark", "no price is known of 'dark'. Give its `price`"),
    ],
)
def test_what_cannot_be_compared_says_why(name: str, why: str, settings: Settings) -> None:
    with pytest.raises(CandidateError, match=why):
        resolve(name, settings)


def test_a_model_that_is_sold_by_the_picture_is_no_candidate() -> None:
    with pytest.raises(CandidateError, match=r"no price is known of 'sd3\.5-large'"):
        resolve("sd3.5-large", Settings())
