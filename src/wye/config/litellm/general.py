"""LiteLLM's settings of the proxy itself, and what becomes of those that wye has no place for."""

from wye.config.litellm.source import Fields, Notes, variable
from wye.config.settings import KeySettings, Settings

_SILENT = {
    "LITELLM_LOG", "allow_requests_on_db_unavailable", "allowed_fails", "allowed_fails_policy",
    "background_health_checks", "cooldown_time", "database_connection_pool_limit",
    "database_connection_timeout", "disable_cooldowns", "disable_hf_tokenizer_download",
    "disable_spend_logs", "drop_params", "enable_pre_call_checks", "force_ipv4", "health_check_interval",
    "infer_model_from_keys", "json_logs", "modify_params", "num_workers", "proxy_batch_write_at",
    "proxy_budget_rescheduler_max_time", "proxy_budget_rescheduler_min_time",
    "require_auth_for_metrics_endpoint", "retry_after", "set_verbose", "store_model_in_db", "telemetry",
    "ui_access_mode",
}  # fmt: skip
"""How LiteLLM does its work. wye has its own way: nothing of what clients get is lost with these."""
_KNOWN = {
    "model_list", "router_settings", "litellm_settings", "general_settings", "credential_list",
    "environment_variables", "master_key", "database_url", "fallbacks", "context_window_fallbacks",
    "content_policy_fallbacks", "default_fallbacks", "model_group_alias", "routing_strategy", "num_retries",
    "timeout", "request_timeout",
}  # fmt: skip
"""What is read; who has spelt it otherwise is told."""
_SEEN = "`/metrics` is there, OTLP with `telemetry`, and `wye requests` shows every request"
_INSTEAD = {
    "cache": "answers are not cached",
    "cache_params": "answers are not cached",
    "success_callback": _SEEN,
    "failure_callback": _SEEN,
    "callbacks": _SEEN,
    "service_callbacks": _SEEN,
    "callback_settings": _SEEN,
    "guardrails": "labels decide where data may go; nothing reads what is in it",
    "redis_host": "limits hold in each gateway by itself",
    "redis_port": "limits hold in each gateway by itself",
    "redis_password": "limits hold in each gateway by itself",
    "redis_url": "limits hold in each gateway by itself",
    "max_budget": "budgets belong to keys: `wye keys create --budget`",
    "budget_duration": "budgets belong to keys: `wye keys create --budget`",
    "default_team_settings": "teams are a field of keys",
    "alerting": "an alert on `/metrics` does it",
    "custom_auth": "keys are wye's own: `wye keys create`",
    "enable_jwt_auth": "keys are wye's own: `wye keys create`",
    "mcp_servers": "tools are the client's",
    "pass_through_endpoints": "only the routes of models are served",
    "files_settings": "files are not served",
    "finetune_settings": "fine-tuning is not served",
    "retry_policy": "`retries` of a deployment count for every failure that may pass",
    "model_group_retry_policy": "`retries` of a deployment count for every failure that may pass",
    "include": "import each file by itself",
    "enable_tag_filtering": "`rules` of a route choose by what the request needs and by its labels",
}


def general(section: Fields, notes: Notes) -> Settings:
    """Read `general_settings`: who may call, and where records live."""
    keys = KeySettings()
    line = section.at("master_key")
    master = section.text("master_key")
    if master:
        name = variable(master)
        fit = name if name and name.isupper() else None
        keys = KeySettings(required=True, bootstrap_env=fit or KeySettings().bootstrap_env)
        what = (
            f"the master key: put one of at least 32 random characters (`openssl rand -hex 32`) into "
            f"{keys.bootstrap_env}"
        )
        notes.add("to do", what, line)
    line = section.at("database_url")
    if section.text("database_url") or master:
        what = (
            "virtual keys, teams and spend stay in LiteLLM's database: make new keys with `wye keys create "
            "NAME --model PATTERN --rpm N --budget 50/month`; wye keeps records of its own, in "
            "SQLite, or in the PostgreSQL that `ledger: {url_env: ...}` names"
        )
        notes.add("to do", what, line)
    _rest("general_settings", section, notes)
    return Settings(keys=keys)


def leftovers(whole: Fields, router: Fields, module: Fields, notes: Notes) -> None:
    """Note all that nobody asked for."""
    line = whole.at("environment_variables")
    names = [name for name, _ in whole.below("environment_variables").pairs()]
    if names:
        what = f"wye.yaml sets no variables; set where wye starts what is needed of {', '.join(names)}"
        notes.add("to do", what, line)
    _rest("router_settings", router, notes)
    _rest("litellm_settings", module, notes)
    _rest("", whole, notes)


def _rest(section: str, fields: Fields, notes: Notes) -> None:
    for name, line in fields.rest():
        if name in _SILENT:
            continue
        where = f"`{section}.{name}`" if section else f"`{name}`"
        instead = _INSTEAD.get(name)
        why = f": {instead}" if instead else fields.why(name, {*_SILENT, *_INSTEAD, *_KNOWN})
        notes.add("left out", f"{where}{why}", line)
