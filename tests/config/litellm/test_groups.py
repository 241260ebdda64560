"""What the groups of a LiteLLM file come to: who is asked, in which order, and who is not."""

from typing import NamedTuple

import pytest

from config.litellm.reading import LITERAL, imported, rows, told
from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.config.strategies import Objective, RouteSettings, Rule
from wye.core.decision import Verdict
from wye.core.lane import Lane
from wye.core.request import Operation, Request
from wye.routing import Router

ENDPOINT = Endpoint("https", "h.example", 443, "/v1")


class Down(NamedTuple):
    """One deployment is down."""

    id: str

    def reason_down(self, deployment_id: str) -> str:
        return "it is" if deployment_id == self.id else ""

    def load(self, _deployment_id: str) -> None:
        return None


def test_a_group_is_asked_in_order() -> None:
    result = imported(
        """
model_list:
  - model_name: gpt-4o
    litellm_params: {model: azure/gpt-4o-eu, api_base: "https://eu.openai.azure.com/", api_key: os.environ/AZURE_EU, api_version: "2024-10-21", rpm: 6, order: 2}
  - model_name: gpt-4o
    litellm_params: {model: azure/gpt-4o-us, api_base: "https://us.openai.azure.com", api_key: os.environ/AZURE_US, rpm: 9, order: 1}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, order: 3}
router_settings: {routing_strategy: simple-shuffle}
"""  # noqa: E501  # as people write it
    )
    assert result.settings.aliases == {"gpt-4o": ("gpt-4o/azure", "gpt-4o/azure-2", "openai/gpt-4o")}
    eu = result.settings.deployments["gpt-4o/azure-2"]
    assert eu.base_url == "https://eu.openai.azure.com/openai/v1"
    assert (eu.model, eu.lane, eu.max_output_field) == ("gpt-4o-eu", Lane.CLOSED, "max_completion_tokens")
    assert "balance" not in told(result, "to do"), "`order` is an order there too"
    changed = told(result, "changed")
    assert (
        "its api_base became https://eu.openai.azure.com/openai/v1; it needs no `api_version` [3]" in changed
    )
    assert "`rpm`" in told(result, "left out")
    assert "[3, 5]" not in told(result, "left out"), "lines are those of the fields"


def test_fallbacks_are_the_end_of_an_alias() -> None:
    result = imported(
        rows(
            "openai/big",
            "openai/small",
            "groq/other",
            extra="router_settings: {fallbacks: [{big: [small, other, gone]}], default_fallbacks: [small]}\n",
        )
    )
    assert result.settings.aliases == {
        "big": ("openai/big", "openai/small", "groq/other"),
        "small": "openai/small",
        "other": ("groq/other", "openai/small"),
    }
    assert "'big' falls back to 'gone', which is not there" in told(result, "left out")


LONGER = """
model_list:
  - model_name: small
    litellm_params: {model: openai/small}
    model_info: {max_input_tokens: 1000}
  - {model_name: house, litellm_params: {model: ollama/llama3.3}, model_info: {max_input_tokens: 1000}}
  - {model_name: blind, litellm_params: {model: openai/blind}}
  - {model_name: big, litellm_params: {model: openai/big}}
litellm_settings:
  context_window_fallbacks: [{small: [big]}, {house: [big]}, {blind: [big]}]
"""


def test_longer_requests_have_a_route_where_nothing_else_takes_it() -> None:
    result = imported(LONGER)
    rules = (
        Rule(name="in order", use=("small/openai",)),
        Rule(name="too long for those", use=("openai/big",)),
    )
    assert result.settings.routes == {
        "small": RouteSettings(candidates=("small/openai", "openai/big"), rules=rules)
    }
    assert "goes to openai/big" in told(result, "changed")


@pytest.mark.parametrize(
    ("size", "down", "asked"), [(90, "small/openai", "small/openai"), (9000, "", "openai/big")]
)
def test_that_route_in_the_router(size: int, down: str, asked: str) -> None:
    deployments = [
        Deployment(
            "small/openai", "small", "openai", Lane.CLOSED, ENDPOINT, "", profile=Profile(context_tokens=1000)
        ),
        Deployment("openai/big", "big", "openai", Lane.CLOSED, ENDPOINT, ""),
    ]
    router = Router(imported(LONGER).settings, deployments)
    request = Request("openai_chat", Operation.CHAT, "small", b"x" * size)
    verdict = Verdict(frozenset(), frozenset({"small/openai", "openai/big"}), {}, ceiling=False, revision="")
    decision = router.decide(request, verdict, Down(down))
    assert [one.deployment for one in decision.candidates] == [asked], "nobody stands behind it"


def test_a_fallback_for_length_does_not_become_one_for_every_failure() -> None:
    result = imported(LONGER)
    assert "house" in result.settings.deployments, "it stands for itself alone"
    assert result.settings.aliases["blind"] == "openai/blind"
    first, second = (note.what for note in result.notes[:2])
    assert "'house' (an engine, perhaps yours) would reach further" in first
    assert "'big' (openai, closed) would get all traffic of 'house' whenever that is down" in first
    assert "the context of 'blind' is not known" in second


def test_an_address_of_nobody_known_may_be_ones_own() -> None:
    result = imported(
        """
model_list:
  - model_name: house
    litellm_params: {model: openai/house-70b, api_base: "https://llm.example.com/v1"}
    model_info: {max_input_tokens: 8000}
  - {model_name: house-long, litellm_params: {model: openai/long-70b, api_base: "https://llm.example.com/v1"}}
  - {model_name: big, litellm_params: {model: openai/big}}
router_settings: {context_window_fallbacks: [{house: [house-long, big]}]}
"""
    )
    assert result.settings.routes["house"].candidates == ("house/openai", "house-long")
    assert "'house' (llm.example.com, closed) would reach further" in result.notes[0].what


def test_fallbacks_that_reach_further_are_named() -> None:
    extra = "router_settings: {fallbacks: [{llama3.3: [big]}, {big: [llama3.3]}, {gone: [big]}]}\n"
    result = imported(rows("ollama/llama3.3", "openai/big", extra=extra))
    assert result.settings.aliases["llama3.3"] == ("llama3.3/ollama", "openai/big")
    todo = told(result, "to do")
    assert "'llama3.3' (an engine, perhaps yours) falls back to 'big' (openai, closed) on any failure" in todo
    assert "'big' (openai, closed) falls back" not in todo
    assert "fallbacks of 'gone', which is not there" in told(result, "left out")


@pytest.mark.parametrize(
    ("one", "other", "weights", "by"),
    [
        ("weight: 9", "weight: 1", (9, 1), "by `weight`"),
        ("weight: 9", "rpm: 100", (9, 0), "by `weight`"),
        ("rpm: 60, tpm: 1", "rpm: 100", (60, 100), "by `rpm`"),
        ("tpm: 5", "timeout: 3", (5, 0), "by `tpm`"),
        ("timeout: 4", "timeout: 3", (1, 1), "evenly"),
        ("order: 2", "order: 2", (1, 1), "evenly"),
    ],
)
def test_what_was_balanced_is_shared_out(one: str, other: str, weights: tuple[int, int], by: str) -> None:
    result = imported(
        f"""
model_list:
  - {{model_name: gpt, litellm_params: {{model: openai/a, api_key: {LITERAL}, {one}}}}}
  - {{model_name: gpt, litellm_params: {{model: groq/b, {other}}}}}
  - {{model_name: spare, litellm_params: {{model: groq/c}}}}
router_settings: {{routing_strategy: least-busy, fallbacks: [{{gpt: [spare]}}]}}
"""
    )
    route = result.settings.routes["gpt"]
    first, second, spare = route.candidates
    (rule,) = route.rules
    assert rule == Rule(name="shared out", use=(first, second, spare), weights=rule.weights)
    assert rule.weights == dict(zip((first, second), weights, strict=True))
    assert f"'gpt' is a route: its conversations are shared out over 2 deployments, {by}" in told(
        result, "changed"
    )
    assert "`weight`" not in told(result, "left out")
    assert ("`rpm`" in told(result, "left out")) is ("rpm" in one + other), "it is a limit as well"


def test_only_the_first_by_order_are_balanced() -> None:
    result = imported(
        """
model_list:
  - {model_name: gpt, litellm_params: {model: groq/last, order: 2}}
  - {model_name: gpt, litellm_params: {model: groq/one, order: 1}}
  - {model_name: gpt, litellm_params: {model: groq/two, order: 1}}
"""
    )
    (rule,) = result.settings.routes["gpt"].rules
    assert rule.weights == {"groq/one": 1, "groq/two": 1}
    assert rule.use == ("groq/one", "groq/two", "groq/last")


def test_the_cheapest_of_a_group_is_a_route() -> None:
    result = imported(
        """
model_list:
  - {model_name: oss, litellm_params: {model: groq/openai/gpt-oss-120b}}
  - {model_name: oss, litellm_params: {model: together_ai/openai/gpt-oss-120b}}
router_settings: {routing_strategy: cost-based-routing}
"""
    )
    candidates = ("groq/openai/gpt-oss-120b", "together/openai/gpt-oss-120b")
    cheapest = RouteSettings(candidates=candidates, objective=Objective(quality=0))
    assert result.settings.routes == {"oss": cheapest}


def test_the_fastest_of_a_group_is_a_route() -> None:
    result = imported(
        """
model_list:
  - {model_name: oss, litellm_params: {model: groq/openai/gpt-oss-120b}}
  - {model_name: oss, litellm_params: {model: together_ai/openai/gpt-oss-120b}}
router_settings: {routing_strategy: latency-based-routing}
"""
    )
    assert result.settings.routes["oss"].objective == Objective(best="fastest")


def test_aliases_of_groups() -> None:
    extra = """
router_settings:
  model_group_alias: {gpt-4: gpt, hidden-one: {model: gpt, hidden: true}, lost: nobody}
"""
    result = imported("model_list: [{model_name: gpt, litellm_params: {model: openai/gpt-5.5}}]\n" + extra)
    assert result.settings.aliases == {
        "gpt": "openai/gpt-5.5",
        "gpt-4": "openai/gpt-5.5",
        "hidden-one": "openai/gpt-5.5",
    }
    assert "the alias 'lost' for 'nobody'" in told(result, "left out")


def test_the_name_auto_is_ours() -> None:
    result = imported("model_list: [{model_name: auto, litellm_params: {model: openai/gpt-5.5}}]\n")
    assert result.settings.auto.candidates == ("openai/gpt-5.5",)
    assert "'auto' is wye's own name" in told(result, "changed")


def test_what_stood_under_auto_keeps_its_order() -> None:
    result = imported(
        """
model_list:
  - {model_name: auto, litellm_params: {model: ollama/llama3.3}}
  - {model_name: big, litellm_params: {model: groq/openai/gpt-oss-120b}}
router_settings: {fallbacks: [{auto: [big]}], model_group_alias: {best: auto}}
"""
    )
    ids = ("auto/ollama", "groq/openai/gpt-oss-120b")
    assert result.settings.auto == RouteSettings(candidates=ids, rules=(Rule(name="in order", use=ids),))
    assert result.settings.routes["best"] == result.settings.auto
