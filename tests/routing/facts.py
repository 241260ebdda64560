"""Deployments, verdicts and requests that the routing tests share."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Profile
from wye.core.decision import Decision, Verdict
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.core.request import Operation, Request
from wye.routing.load import Load

HERE = Endpoint("http", "127.0.0.1", 8080, networks=LOOPBACK)
CHAT, EMBEDDINGS = Operation.CHAT, Operation.EMBEDDINGS


def price(rate_in: str, rate_out: str, currency: str = "USD") -> Price:
    return Price(Rates(Decimal(rate_in), Decimal(rate_out)), dt.date(2026, 11, 1), "a test", currency)


def deployment(name: str, lane: Lane | None, **more: object) -> Deployment:
    provider, _, model = name.partition("/")
    facts = {"model": model, "provider": provider, "endpoint": HERE, "found_by": "a test"}
    return Deployment(id=name, lane=lane, **(facts | more))  # type: ignore[arg-type]


SMALL = deployment(
    "embedded/small",
    Lane.OWN,
    operations=frozenset({CHAT, EMBEDDINGS}),
    profile=Profile(context_tokens=2_048, vision=False, tools=True),
)
LLAMA = deployment("together/llama", Lane.HOSTED, price=price("0.2", "0.6"), profile=Profile(tools=False))
GROQ = deployment("groq/llama", Lane.HOSTED, price=price("0.1", "0.3"))
STRONG = deployment(
    "openai/gpt", Lane.CLOSED, price=price("5", "30"), profile=Profile(strong=True, max_output_tokens=1_000)
)
UNPRICED = deployment("openai/odd", Lane.CLOSED)
EVERY = (UNPRICED, STRONG, LLAMA, SMALL, GROQ)
RATED = deployment("openai/gpt", Lane.CLOSED, price=STRONG.price, profile=Profile(max_output_tokens=1_000))
EQUALS = (UNPRICED, RATED, LLAMA, SMALL, GROQ)
"""The same, none of them strong: quality tells nobody apart."""


class Down:
    """Health that knows what is down, and the loads it is given."""

    def __init__(self, **reasons: str) -> None:
        self.reasons = reasons
        self.loads: dict[str, Load] = {}

    def reason_down(self, deployment_id: str) -> str:
        return self.reasons.get(deployment_id.replace("/", "_"), "")

    def load(self, deployment_id: str) -> Load | None:
        return self.loads.get(deployment_id)


UP = Down()


def verdict(
    permitted: Iterable[Deployment] = EVERY,
    found: Iterable[Deployment] = EVERY,
    *labels: str,
    ceiling: bool = False,
) -> Verdict:
    yes = frozenset(d.id for d in permitted)
    no = {d.id: f"label 'x' permits own, this is {d.lane}" for d in found if d.id not in yes}
    return Verdict(frozenset(labels or {"internal"}), yes, no, ceiling, "r1")


def ask(model: str, operation: Operation = CHAT, size: int = 400, **more: object) -> Request:
    facts = {"protocol": "openai_chat", "operation": operation, "model": model, "model_at": (0, 0)}
    return Request(body=b"x" * size, **(facts | more))  # type: ignore[arg-type]


def ids(decision: Decision) -> list[str]:
    return [c.deployment for c in decision.candidates]


def why(decision: Decision) -> dict[str, str]:
    return {c.deployment: c.reason for c in decision.excluded}
