"""What a LiteLLM file comes to: settings that load, notes on the rest, and never a key."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.litellm.reading import LITERAL, imported, rows, told
from wye.config.litellm.convert import convert
from wye.config.load import ConfigError
from wye.config.upstreams import ProviderSettings
from wye.core.lane import Lane


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
    assert "what was 'together_ai/*' is asked for as `together/NAME`" in told(result, "to do")


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


def test_rows_that_lack_something_are_told_by_number() -> None:
    result = imported(
        """
model_list:
  - {litellm_params: {model: openai/a}}
  - {model_name: b}
  - {model_name: c, litellm_params: openai/c}
  - {model_name: d, litelm_params: {model: openai/d}}
  - {model_name: e, litellm_params: {modle: openai/e}}
  - just text
  - {model_name: [g], litellm_params: {model: openai/g}}
  - {model_name: h, litellm_params: {model: openai/h}}
"""
    )
    todo = told(result, "to do")
    for said in (
        "row 1 of `model_list` is left out: it has no `model_name` [3]",
        "row 2 of `model_list` is left out: 'b' has no `litellm_params` [4]",
        "row 3 of `model_list` is left out: 'c': its `litellm_params`: not a mapping [5]",
        "'d' has no `litellm_params`, but `litelm_params`. Did you mean `litellm_params`? [6]",
        "'e': its `litellm_params` have no `model`, but `modle`. Did you mean `model`? [7]",
        "row 6 of `model_list` is left out: it has no `model_name` [8]",
        "row 7 of `model_list` is left out: it has no `model_name`: not text [9]",
    ):
        assert said in todo
    assert result.names == 1


def test_what_has_the_wrong_type_or_is_misspelt_is_told_with_the_reason() -> None:
    result = imported(
        """
model_list:
  - {model_name: a, litellm_params: {model: openai/a, timeout: soon, max_retries: 1.5, api_bse: x}}
router_settings: {fallbacks: {x: y}, num_retries: two, fallback: []}
litellm_settings: {context_window_fallback: [{a: [b]}]}
general_settings: [x]
"""
    )
    lost = told(result, "left out")
    for said in (
        "`timeout` of a model: not a number",
        "`max_retries` of a model: not a whole number",
        "`api_bse` of a model: there is no such field. Did you mean `api_base`?",
        "`router_settings.fallbacks`: not a list of `{name: [names]}`",
        "`router_settings.num_retries`: not a number",
        "`litellm_settings.context_window_fallback`: there is no such field. Did you mean",
        "`general_settings`: not a mapping",
    ):
        assert said in lost


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
    assert "what was '*' is asked for as `openai/NAME`" in told(result, "to do")
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
    unset = imported(config)
    assert "'a' (openai/a): its api_base is in BASE, which is not set here" in told(unset, "to do")
    assert unset.settings.deployments["a"].base_url == "https://base.invalid/v1"
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
model_list: [{model_name: a, litellm_params: {model: openai/a}}]
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
    result = imported(rows("openai/a", extra=f"general_settings: {{master_key: {LITERAL}}}\n"))
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


@pytest.mark.parametrize(
    "config",
    ["", "foo: 1", "model_list: []", "model_list: gpt", "model_list:", "services: {web: {image: nginx}}"],
)
def test_what_is_no_proxys_config_is_refused(config: str) -> None:
    with pytest.raises(ConfigError, match="this is no LiteLLM proxy config: it has no model_list"):
        convert(config.encode(), "config.yaml", {})


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
    {"model_list": st.lists(entries, min_size=1, max_size=5)},
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
