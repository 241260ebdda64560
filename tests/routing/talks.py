"""Opinions and conversations that the tests of strategies hand to a router."""

from collections.abc import Mapping

from routing.facts import EVERY, UP, Down, ask, verdict
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.core.decision import Decision, Seat, Verdict
from wye.core.request import Request
from wye.protocols.lossiness.losses import Losses
from wye.routing import Router
from wye.routing.opinion import Opinion
from wye.routing.quality import Estimate
from wye.routing.strategy import Choice, Stages


class Talk:
    """A conversation of which this much is known."""

    holder = ""

    def __init__(self, mark: bytes = b"", seat: Seat | None = None, prompt: str = "") -> None:
        self._mark, self._seat, self._prompt = mark, seat, prompt

    def seat(self) -> Seat | None:
        return self._seat

    def mark(self) -> bytes:
        return self._mark

    def losses(self, _deployment: Deployment) -> Losses:
        return Losses()

    def prompt(self) -> str:
        return self._prompt


def opinion(scores: Mapping[str, float] | None = None, task: str = "", *, unlike: bool = False) -> Opinion:
    """Expect `scores` of deployments."""
    quality = {name: Estimate(score, 0.1) for name, score in (scores or {}).items()}
    return Opinion(quality=quality, task=task, unlike=unlike)


def opined(router: Router, route: str, told: Opinion) -> Router:
    """Have a router's route hold `told` of every prompt."""
    strategy = router._strategies[route]
    assert isinstance(strategy, Stages)

    def opine(choice: Choice, _request: Request, _judged: Verdict) -> None:
        choice.opinion = told

    stages = tuple(opine if type(stage).__name__ == "Opine" else stage for stage in strategy.stages)
    assert opine in stages
    router._strategies[route] = Stages(strategy.name, stages)
    return router


def decide(  # noqa: PLR0913  # whatever a decision may depend on, by name
    route: RouteSettings,
    told: Opinion | None = None,
    *,
    talk: Talk | None = None,
    health: Down = UP,
    request: Request | None = None,
    judged: Verdict | None = None,
    found: tuple[Deployment, ...] = EVERY,
    aliases: Mapping[str, str | tuple[str, ...]] | None = None,
) -> Decision:
    """Decide on a request for `auto`."""
    router = Router(Settings(auto=route, aliases=dict(aliases or {})), found)
    if told is not None:
        opined(router, "auto", told)
    given = judged or verdict(found, found)
    return router.decide(request or ask("auto"), given, health, talk or Talk())
