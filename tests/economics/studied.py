"""A study to look at, from the catalogue."""

from typing import Any

from wye.config.settings import Settings
from wye.core.lane import Lane
from wye.economics.breakeven import Api, Share
from wye.economics.candidates import HOSTED, resolve
from wye.economics.demand import of_month
from wye.economics.plants import chosen
from wye.economics.study import Question, Study, study

UNPRICED = Api("mystery", Lane.CLOSED, None)


def question(tokens: float = 42e6, **more: Any) -> Question:
    demand = of_month(tokens, 6, cached=0.4, peak=6)
    settings = Settings()
    told: dict[str, Any] = {
        "demand": demand,
        "baselines": tuple(resolve(name, settings) for name in ("gpt-5.5", "gemini-3.5-flash")),
        "hosted": (resolve(HOSTED, settings),),
        "choices": chosen(("l4-owned", "h100-rented-spare", "h100-owned"), settings, demand).choices,
        "share": Share(0.65, 0.02),
        "draws": 500,
    }
    return Question(**told | more)


def studied(tokens: float = 42e6, **more: Any) -> Study:
    return study(question(tokens, **more))
