"""What a deployment is known not to be able to do, beside what tests/routing/test_router_auto.py shows."""

import msgspec

from routing.facts import SMALL
from wye.core.request import Operation, Request
from wye.core.spelling import Spelling
from wye.routing.fit import misfit

DEAF = msgspec.structs.replace(
    SMALL, also=frozenset({"openai_completions"}), spelling=Spelling(ignores=frozenset({"suffix"}))
)


def asks(protocol: str, *rare: str) -> Request:
    return Request(protocol, Operation.CHAT, "auto", b"{}", rare=rare)


def test_what_would_be_passed_over_in_silence() -> None:
    assert misfit(DEAF, asks("openai_completions", "echo", "suffix"), 9) == "does not heed `suffix`"
    assert misfit(DEAF, asks("openai_completions", "echo"), 9) == ""
    assert misfit(DEAF, asks("ollama", "suffix"), 9) == ""
    assert misfit(SMALL, asks("openai_completions", "suffix"), 9) == ""
