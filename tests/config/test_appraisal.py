import datetime as dt

import msgspec

from wye.config.appraisal import doubtful, unpriced
from wye.config.settings import Settings

DAY = dt.date(2026, 11, 23)


def _settings(told: object) -> Settings:
    return msgspec.convert(told, Settings)


def test_a_deployment_nobody_told_a_price_of_is_named() -> None:
    settings = _settings(
        {
            "deployments": {
                "known": {"provider": "openai", "model": "gpt-5.5"},
                "other": {"provider": "openai", "model": "no-such"},
                "own": {"base_url": "http://127.0.0.1/v1", "lane": "own", "model": "llama"},
                "billed": {
                    "base_url": "http://127.0.0.1/v1",
                    "lane": "own",
                    "model": "llama",
                    "machines": "m",
                },
            },
            "providers": {"openai": {"models": ["gpt-5.5", "new-thing"]}},
        }
    )
    found = unpriced(settings, DAY)
    assert [one.path for one in found] == ["deployments.other", "deployments.own", "providers.openai.models"]
    assert [one.fix for one in found][:2] == ["Set deployments.other.price", "Set deployments.own.machines"]


def test_models_are_doubted_wherever_they_are_named_but_on_ones_own_machines() -> None:
    settings = _settings(
        {
            "deployments": {
                "old": {"provider": "openai", "model": "gpt-4"},
                "own": {"base_url": "http://127.0.0.1/v1", "lane": "own", "model": "deepseek-r2"},
            },
            "aliases": {"a": ["old", "google/gemini-3.5-pro"]},
            "auto": {"candidates": ["a", "old", "moonshot/kimi-k2.5"]},
            "routes": {"r": {"candidates": ["openai/gpt-5"]}},
        }
    )
    found = {one.path: one.standing.kind for one in doubtful(settings, DAY)}
    assert found == {
        "deployments.old.model": "retired",
        "aliases.a": "absent",
        "auto.candidates": "retired",
        "routes.r.candidates": "retiring",
    }
