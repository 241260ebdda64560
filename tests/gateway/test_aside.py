"""What is asked aside."""

import json
from typing import Any

import pytest

from routing.facts import deployment
from wye.gateway.aside import quiet
from wye.gateway.gate import Gate
from wye.gateway.spoken import MODEL_ROUTES, crossing, read
from wye.gateway.target import target
from wye.protocols.codec import Edits


@pytest.mark.parametrize("store", [{}, {"store": False}, {"store": True}])
@pytest.mark.parametrize(
    ("protocol", "told"), [("openai_responses", False), ("openai_chat", None), ("anthropic_messages", None)]
)
def test_it_is_kept_nowhere(protocol: str, told: object, store: dict[str, Any]) -> None:
    """An upstream of Responses keeps what it is not told to forget."""
    codec = MODEL_ROUTES["/v1/responses"]
    request = codec.decode(json.dumps({"model": "auto", "input": "hi"} | store).encode())
    there = target(deployment("away", None, protocol=protocol), Gate("away", 1, 1, 1.0))
    made = crossing(request, quiet(read(request)), there, betas=False, echo={})
    assert json.loads(made.request(Edits("up"))).get("store") is told
