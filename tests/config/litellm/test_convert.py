"""What a LiteLLM file comes to: settings that load, notes on the rest, and never a key."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wye.config.litellm.convert import Imported, convert
from wye.config.litellm.write import text
from wye.config.load import ConfigError, from_bytes
from wye.config.settings import ProviderSettings, RouteSettings, Rule
from wye.core.lane import Lane

LITERAL = "sk-proj-0123456789abcdef"


def imported(config: str, environ: Mapping[str, str] | None = None) -> Imported:
    """Convert, and hold the text that comes of it against the settings."""
    result = convert(config.encode(), "config.yaml", environ or {})
    written = text(result, "config.yaml")
    assert from_bytes(written.encode(), Path("wye.yaml"), {}).settings == result.settings
    assert LITERAL not in written
    assert LITERAL not in repr(result)
    return result


def told(result: Imported, kind: str) -> str:
    return "\n".join(f"{note.what} {list(note.lines)}" for note in result.notes if note.kind == kind)


def rows(*models: str, extra: str = "") -> str:
    """A file with one row for each model, each in a group of its own name."""
    entries = [
        f"  - model_name: {model.rsplit('/', 1)[-1]}\n    litellm_params: {{model: {model}}}\n"
        for model in models
    ]
    return f"model_list:\n{''.join(entries)}{extra}"


def test_a_provider_that_both_know() -> None:
    result = imported(
        """
model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-5.5
      api_key: os.environ/OPENAI_API_KEY
  - model_name: small
    litellm_params: {model: gpt-5.4-mini}
"""
    )
    assert result.notes == ()
    assert result.settings.aliases == {"gpt": "openai/gpt-5.5", "small": "openai/gpt-5.4-mini"}
    assert result.settings.providers == {
        "openai": ProviderSettings(api_key_env="OPENAI_API_KEY", models=("gpt-5.5", "gpt-5.4-mini"))
    }
    assert result.settings.deployments == {}


def test_a_provider_that_both_know_by_another_name() -> None:
    result = imported(
        """
model_list:
  - {model_name: gemini-pro, litellm_params: {model: gemini/gemini-3-pro, api_key: os.environ/GEMINI_API_KEY}}
  - {model_name: "together_ai/*", litellm_params: {model: "together_ai/*"}}
"""
    )
    assert result.settings.aliases == {"gemini-pro": "google/gemini-3-pro"}
    assert result.settings.providers == {
        "google": ProviderSettings(api_key_env="GEMINI_API_KEY", models=("gemini-3-pro",)),
        "together": ProviderSettings(api_key_env="TOGETHER_API_KEY"),
    }
    assert "what was 'together_ai/*' is asked for as `together/NAME`" in told(result, "changed")


def test_only_what_was_served_is_served() -> None:
    settings = imported(rows("openai/gpt-5.5")).settings
    assert not settings.discovery.environment
    assert not settings.discovery.engines
    assert not settings.embedded.enabled


def test_what_a_row_says_of_its_model() -> None:
    result = imported(
        """
model_list:
  - model_name: house
    litellm_params:
      model: openai/llama-3.3-70b
      api_base: https://llm.example.com/v1/
      api_key: os.environ/HOUSE_KEY
      timeout: 30
      stream_timeout: 2.5
      max_retries: 9
      max_parallel_requests: 8
      input_cost_per_token: 0.00000025
      output_cost_per_token: 1e-6
      cache_read_input_token_cost: 2.5e-8
      region_name: eu
    model_info:
      id: one
      max_input_tokens: 131_072
      max_output_tokens: 8192
      supports_function_calling: true
      supports_vision: false
"""
    )
    deployment = result.settings.deployments["house"]
    assert (deployment.model, deployment.base_url) == ("llama-3.3-70b", "https://llm.example.com/v1")
    assert (deployment.lane, deployment.region, deployment.api_key_env) == (Lane.HOSTED, "eu", "HOUSE_KEY")
    assert (deployment.timeouts.first_byte, deployment.timeouts.idle, deployment.timeouts.total) == (
        30,
        2.5,
        900,
    )
    assert (deployment.retries, deployment.concurrency) == (5, 8)
    assert deployment.price is not None
    assert deployment.price.input == Decimal("0.25")
    assert deployment.price.output == Decimal(1)
    assert deployment.price.cache_read == Decimal("0.025")
    profile = deployment.profile
    assert (profile.context_tokens, profile.max_output_tokens) == (131_072, 8_192)
    assert (profile.tools, profile.vision, profile.json) == (True, False, None)
    assert "9 retries became 5" in told(result, "changed")


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
    assert "asks in the order given" in told(result, "changed")
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


def test_longer_requests_have_a_route() -> None:
    extra = "litellm_settings: {context_window_fallbacks: [{small: [big]}]}\n"
    result = imported(rows("openai/small", "openai/big", extra=extra))
    both = ("openai/small", "openai/big")
    assert result.settings.routes == {
        "small": RouteSettings(candidates=both, rules=(Rule(name="in order", use=both),))
    }
    assert "`context_tokens`" in told(result, "changed")


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
    assert result.settings.routes == {"oss": RouteSettings(candidates=candidates)}


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


def test_wildcards_open_a_provider() -> None:
    result = imported(
        """
model_list:
  - {model_name: "anthropic/*", litellm_params: {model: "anthropic/*", api_key: os.environ/CLAUDE_KEY}}
  - {model_name: "*", litellm_params: {model: "openai/*"}}
  - {model_name: "bedrock/*", litellm_params: {model: "bedrock/*"}}
  - {model_name: "azure/*", litellm_params: {model: "azure/*", api_base: "https://x.openai.azure.com"}}
"""
    )
    assert result.settings.providers == {
        "anthropic": ProviderSettings(api_key_env="CLAUDE_KEY"),
        "openai": ProviderSettings(api_key_env="OPENAI_API_KEY"),
    }
    assert "what was '*' is asked for as `openai/NAME`" in told(result, "changed")
    assert "does not sign requests for AWS" in told(result, "left out")
    assert "'azure/*': only a whole provider" in told(result, "left out")


def test_a_name_that_is_a_deployment_already() -> None:
    same = "model_list: [{model_name: openai/gpt-5.5, litellm_params: {model: openai/gpt-5.5}}]\n"
    settings = imported(same).settings
    assert (settings.aliases, settings.deployments) == ({}, {})
    assert settings.providers["openai"].models == ("gpt-5.5",)
    other = "  - {model_name: b, litellm_params: {model: groq/b}}\n"
    extra = "litellm_settings: {fallbacks: [{openai/gpt-5.5: [b]}]}\n"
    block = "model_list:\n  - {model_name: openai/gpt-5.5, litellm_params: {model: openai/gpt-5.5}}\n"
    settings = imported(block + other + extra).settings
    assert settings.aliases["openai/gpt-5.5"] == ("openai/gpt-5.5/openai", "groq/b")


def test_keys_of_one_provider_keep_apart() -> None:
    result = imported(
        f"""
model_list:
  - {{model_name: a, litellm_params: {{model: openai/a, api_key: {LITERAL}}}}}
  - {{model_name: b, litellm_params: {{model: openai/b, api_key: {LITERAL}}}}}
  - {{model_name: c, litellm_params: {{model: openai/c, api_key: {LITERAL}2}}}}
  - {{model_name: d, litellm_params: {{model: openai/d, api_key: os.environ/OPENAI_API_KEY}}}}
  - {{model_name: e, litellm_params: {{model: openai/e, api_key: os.environ/odd.name}}}}
"""
    )
    assert result.settings.providers["openai"].api_key_env == "OPENAI_API_KEY_2"
    keys = {name: one.api_key_env for name, one in result.settings.deployments.items()}
    assert keys == {"c": "OPENAI_API_KEY_3", "d": "OPENAI_API_KEY", "e": "ODD_NAME"}
    todo = told(result, "to do")
    assert "it is not copied: put it into OPENAI_API_KEY_2 [3, 4]" in todo
    assert "put it into OPENAI_API_KEY_3 [5]" in todo
    assert "odd.name has to be called ODD_NAME" in todo


def test_credentials_by_name() -> None:
    result = imported(
        """
credential_list:
  - credential_name: ours
    credential_values: {api_key: os.environ/OURS, api_base: "https://llm.example.com/v1"}
model_list:
  - {model_name: a, litellm_params: {model: openai/a, litellm_credential_name: ours}}
  - {model_name: b, litellm_params: {model: openai/b, litellm_credential_name: ours}}
  - {model_name: c, litellm_params: {model: openai/c, litellm_credential_name: theirs}}
"""
    )
    for name in "ab":
        deployment = result.settings.deployments[name]
        assert (deployment.api_key_env, deployment.base_url) == ("OURS", "https://llm.example.com/v1")
    assert "its credential 'theirs' is not in" in told(result, "left out")


def test_an_address_in_a_variable() -> None:
    config = "model_list: [{model_name: a, litellm_params: {model: openai/a, api_base: os.environ/BASE}}]\n"
    assert "in BASE, which is not set here" in told(imported(config), "left out")
    result = imported(config, {"BASE": "https://llm.example.com/v1"})
    assert result.settings.deployments["a"].base_url == "https://llm.example.com/v1"
    assert "an address was read from BASE" in told(result, "changed")
    hostile = imported(config, {"BASE": f"https://u:{LITERAL}@llm.example.com/v1"})
    assert hostile.settings.deployments == {}


@pytest.mark.parametrize(
    ("params", "base", "networks"),
    [
        ("model: ollama_chat/llama3.2, api_base: http://localhost:11434", "http://localhost:11434/v1", None),
        ("model: ollama/llama3.2", "http://localhost:11434/v1", None),
        ("model: hosted_vllm/llama, api_base: http://10.1.2.3:8000/v1", "http://10.1.2.3:8000/v1", None),
        ("model: openai/llama, api_base: http://vllm:8000/v1, api_key: none", "http://vllm:8000/v1", True),
        ("model: openai/llama, api_base: https://gpu.corp.internal/v1", "https://gpu.corp.internal/v1", True),
    ],
)
def test_a_machine_inside_is_not_called_own(params: str, base: str, networks: bool | None) -> None:  # noqa: FBT001  # a table's column
    result = imported(f"model_list: [{{model_name: m, litellm_params: {{{params}}}}}]\n")
    deployment = result.settings.deployments["m"]
    assert (deployment.base_url, deployment.api_key_env) == (base, None)
    assert deployment.lane is not Lane.OWN
    assert (deployment.networks is not None) == bool(networks)
    assert "say `lane: own`" in told(result, "to do")


def test_the_proxys_own_settings() -> None:
    result = imported(
        """
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: postgresql://u:sk-proj-0123456789abcdef@db/litellm
  alerting: [slack]
litellm_settings:
  drop_params: true
  cache: true
  cache_params: {type: redis, password: sk-proj-0123456789abcdef}
  success_callback: [langfuse]
environment_variables: {REDIS_PASSWORD: sk-proj-0123456789abcdef}
guardrails: [{guardrail_name: x}]
mcp_servers: {}
"""
    )
    assert result.settings.keys.required
    assert result.settings.keys.bootstrap_env == "LITELLM_MASTER_KEY"
    todo = told(result, "to do")
    for said in ("at least 32 random characters", "`wye keys create", "what is needed of REDIS_PASSWORD"):
        assert said in todo
    lost = told(result, "left out")
    for name in ("cache", "cache_params", "success_callback"):
        assert f"`litellm_settings.{name}`" in lost
    assert "`guardrails`" in lost
    assert "drop_params" not in lost
    assert "mcp_servers" not in lost, "nothing stood in it"


def test_a_master_key_in_the_file_gets_our_variable() -> None:
    result = imported(f"general_settings: {{master_key: {LITERAL}}}\n")
    assert result.settings.keys.bootstrap_env == "WYE_BOOTSTRAP_KEY"
    assert "into WYE_BOOTSTRAP_KEY" in told(result, "to do")


def test_what_no_gateway_of_text_serves() -> None:
    result = imported(
        """
model_list:
  - {model_name: pictures, litellm_params: {model: openai/gpt-image-1}, model_info: {mode: image_generation}}
  - {model_name: made-up, litellm_params: {model: openai/x, mock_response: hello}}
  - {model_name: gemini-x, litellm_params: {model: vertex_ai/gemini-x, vertex_project: p}}
  - {model_name: what, litellm_params: {model: mystery}}
  - {model_name: nowhere, litellm_params: {model: unheard/of}}
  - {model_name: two words, litellm_params: {model: openai/x}}
  - {model_name: vectors, litellm_params: {model: openai/text-embedding-3-small, temperature: 0.2}}
"""
    )
    lost = told(result, "left out")
    for said in (
        "mode 'image_generation'",
        "made up in the file",
        "Google Cloud's tokens",
        "'mystery' names no provider",
        "'unheard' is no provider wye knows",
        "a name has no spaces",
        "clients say it in their requests",
    ):
        assert said in lost
    assert result.settings.deployments == {}
    assert result.settings.aliases == {"vectors": "openai/text-embedding-3-small"}


def test_embeddings() -> None:
    result = imported(
        """
model_list:
  - model_name: vectors
    litellm_params: {model: openai/house-vectors, api_base: "https://llm.example.com/v1"}
    model_info: {mode: embedding}
"""
    )
    assert result.settings.deployments["vectors"].operations == ("embeddings",)


def test_defaults_hold_for_every_row() -> None:
    router = "router_settings: {timeout: 1200, num_retries: 0}\n"
    module = "litellm_settings: {request_timeout: 5, num_retries: 3}\n"
    deployment = imported(rows("openai/a", extra=router + module)).settings.deployments["a"]
    assert deployment.retries == 0
    assert (deployment.timeouts.first_byte, deployment.timeouts.total) == (1200, 1200)


def test_merge_keys_are_followed() -> None:
    result = imported(
        """
common: &common {api_key: os.environ/SHARED, timeout: 60}
other: &other {timeout: 90, num_retries: 2}
model_list:
  - {model_name: a, litellm_params: {<<: *common, model: openai/a}}
  - {model_name: b, litellm_params: {<<: [*common, *other], model: openai/b}}
"""
    )
    assert result.settings.providers["openai"].api_key_env == "SHARED"
    second = result.settings.deployments["b"]
    assert (second.timeouts.first_byte, second.retries) == (60, 2)


def test_what_is_not_yaml_is_refused() -> None:
    for broken in ("model_list: [", "- a\n", "a: &a [*a]\n"):
        with pytest.raises(ConfigError):
            convert(broken.encode(), "config.yaml", {})


def test_nothing_at_all() -> None:
    assert imported("").names == 0
    assert imported("model_list: null\nrouter_settings:\n").settings.deployments == {}


words = st.text(min_size=1, max_size=12)
models = st.one_of(
    words,
    st.builds(
        "/".join, st.tuples(st.sampled_from(["openai", "azure", "ollama", "groq", "xai", "bedrock"]), words)
    ),
)
scalars = st.one_of(words, st.integers(), st.floats(), st.booleans(), st.none(), st.just("os.environ/X y"))
params = st.fixed_dictionaries(
    {"model": models},
    optional={
        "api_key": st.one_of(words, st.just("os.environ/KEY"), st.just(LITERAL)),
        "api_base": st.one_of(words, st.just("http://localhost:1"), st.just("https://h.example/v1"), scalars),
        "timeout": scalars,
        "max_retries": scalars,
        "order": scalars,
        "input_cost_per_token": scalars,
        "region_name": scalars,
        "max_parallel_requests": scalars,
    },
)
entries = st.fixed_dictionaries(
    {
        "model_name": st.one_of(st.sampled_from(["a", "b", "auto", "openai/a", "*"]), words),
        "litellm_params": params,
    },
    optional={"model_info": st.dictionaries(st.sampled_from(["mode", "max_tokens", "x"]), scalars)},
)
lists = st.lists(
    st.dictionaries(st.sampled_from("ab"), st.lists(st.sampled_from(["a", "b", "auto"]))), max_size=2
)
files = st.fixed_dictionaries(
    {"model_list": st.lists(entries, max_size=5)},
    optional={
        "router_settings": st.fixed_dictionaries(
            {},
            optional={
                "fallbacks": lists,
                "context_window_fallbacks": lists,
                "default_fallbacks": st.lists(st.sampled_from(["a", "b"])),
                "routing_strategy": st.sampled_from(["cost-based-routing", "least-busy"]),
                "model_group_alias": st.dictionaries(words, st.sampled_from(["a", "b", "auto"])),
                "timeout": scalars,
            },
        ),
        "general_settings": st.dictionaries(words, scalars),
    },
)


@given(files)
def test_whatever_stands_there_what_is_written_loads(config: dict[str, Any]) -> None:
    imported(yaml.safe_dump(config))
