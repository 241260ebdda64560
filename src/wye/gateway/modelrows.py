"""What models a caller may name, with what is known of them: the rows of OpenAI's list."""

from collections.abc import Iterable
from typing import Any

from wye.catalog.deployments import Deployment
from wye.core.errors import WyeError
from wye.core.money import Price
from wye.core.request import Operation
from wye.gateway.keys import Caller
from wye.gateway.runtime import Runtime
from wye.policy.cedar.asking import Asking

Row = dict[str, Any]


def rows(runtime: Runtime, caller: Caller) -> list[Row]:
    """Return every name the caller may put into `model`."""
    now = runtime.now
    by_id = {deployment.id: deployment for deployment in now.deployments}
    found = []
    for name, kind in now.router.kinds().items():
        labels = caller.labels | now.router.labels(name) or now.default_labels
        candidates = now.router.behind(name, now.policy.judge(labels, Asking(caller.key_id, caller.team)))
        if not candidates or not _may_use(caller, name):
            continue
        if kind == "deployment":
            found.append(_deployment(by_id[name], runtime.health.reason_down(name)))
        else:
            facts = {"kind": kind, "candidates": candidates}
            known = [by_id[candidate] for candidate in candidates if candidate in by_id]
            found.append(_row(name, "wye", facts | _some_of(known)))
    return found


def _may_use(caller: Caller, name: str) -> bool:
    try:
        caller.check_model(name)
    except WyeError:
        return False
    return True


def _row(name: str, owner: str, facts: Row) -> Row:
    return {"id": name, "object": "model", "created": 0, "owned_by": owner, "wye": facts}


def _deployment(deployment: Deployment, down: str) -> Row:
    profile, price = deployment.profile, deployment.price
    facts = {
        "kind": "deployment",
        "lane": deployment.lane,
        "provider": deployment.provider,
        "region": deployment.region,
        "operations": sorted(deployment.operations),
        "context_tokens": profile.context_tokens,
        "max_output_tokens": profile.max_output_tokens,
        "tools": profile.tools,
        "vision": profile.vision,
        "price": price and _price(price),
        "found_by": deployment.found_by,
        "down": down,
    }
    return _row(deployment.id, deployment.provider, facts)


def _some_of(candidates: Iterable[Deployment]) -> Row:
    """Return what some candidate can do: a request goes to those that can serve it."""
    candidates = tuple(candidates)
    profiles = [candidate.profile for candidate in candidates if Operation.CHAT in candidate.operations]
    profiles = profiles or [candidate.profile for candidate in candidates]
    return {
        "operations": sorted({one for candidate in candidates for one in candidate.operations}),
        "context_tokens": _most(profile.context_tokens for profile in profiles),
        "max_output_tokens": _most(profile.max_output_tokens for profile in profiles),
        "tools": _any(profile.tools for profile in profiles),
        "vision": _any(profile.vision for profile in profiles),
    }


def _most(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)


def _any(facts: Iterable[bool | None]) -> bool | None:
    """Tell whether one is true; None = none is, and not all are known."""
    known = set(facts)
    return True if True in known else None if None in known else False


def _price(price: Price) -> Row:
    rates = price.rates
    return {
        "input": rates.input,
        "output": rates.output,
        "cache_read": rates.cache_read,
        "cache_write": rates.cache_write,
        "currency": price.currency,
        "as_of": price.as_of,
        "source": price.source,
    }
