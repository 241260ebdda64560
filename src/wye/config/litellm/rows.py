"""One row of LiteLLM's `model_list` -> one deployment."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from wye.catalog.names import operations_of
from wye.config.litellm.keys import Keys
from wye.config.litellm.source import Fields, Notes, meant, variable
from wye.config.litellm.upstreams import UnknownUpstreamError, Upstream, split, upstream
from wye.config.upstreams import DeploymentSettings, PriceSettings, ProfileSettings, TimeoutSettings
from wye.core.money import MILLION
from wye.core.request import Operation

MOST_RETRIES = 5
_SERVED: dict[str, Literal["chat", "embeddings"]] = {
    "chat": "chat",
    "completion": "chat",
    "responses": "chat",
    "embedding": "embeddings",
}
_ASKS = {
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "seed", "stop", "n", "stream",
    "presence_penalty", "frequency_penalty", "response_format", "tools", "tool_choice", "thinking",
    "reasoning_effort", "logit_bias", "user", "extra_body", "verbosity", "service_tier",
}  # fmt: skip
SHARES = ("weight", "rpm", "tpm")
"""What LiteLLM balances by; the first that is there counts."""
_LIMITS = {"rpm", "tpm", "itpm", "otpm", "rpd", "tpd", "weight"}
_LIMITED = "wye limits keys (`wye keys create --rpm --tpm`), and the `concurrency` of deployments"
_MONEY = {"max_budget", "budget_duration"}
_KNOWN = {
    "model_name", "litellm_params", "model_info", "model", "api_key", "api_base", "api_version", "base_url",
    "timeout", "stream_timeout", "num_retries", "max_retries", "max_parallel_requests", "order",
    "region_name", "mode", "max_input_tokens", "max_output_tokens", "input_cost_per_token",
    "output_cost_per_token", "cache_read_input_token_cost", "cache_creation_input_token_cost",
    "litellm_credential_name", "custom_llm_provider", *_LIMITS,
}  # fmt: skip
"""What is read; who has spelt it otherwise is told."""
_NEEDLESS = {
    "api_version",
    "drop_params",
    "custom_llm_provider",
    "litellm_credential_name",
    "base_model",
    "id",
    "db_model",
}
_CLOUD = {
    "aws_region_name",
    "vertex_project",
    "vertex_location",
    "vertex_credentials",
    "azure_ad_token",
    "tenant_id",
}


class Defaults(msgspec.Struct, frozen=True):
    """What holds for every row that does not say otherwise."""

    timeout: Decimal | None = None
    retries: int | None = None


class Credential(msgspec.Struct, frozen=True):
    """An entry of `credential_list`, which rows refer to by its name."""

    key: str | None
    base: str | None


class Row(msgspec.Struct, frozen=True):
    """A row made ready. Its model is `*` when it stands for any of its provider."""

    group: str
    """The name clients ask for."""
    line: int
    settings: DeploymentSettings
    litellm: str
    """LiteLLM's name of the provider."""
    place: int | None = None
    """LiteLLM's `order`: lower ones are asked first."""
    shares: Mapping[str, float] = {}
    """What LiteLLM balanced it by: `weight`, `rpm`, `tpm`."""
    machine: bool = False
    """An engine that somebody runs, or an address inside."""
    unknown: bool = False
    """At an address that belongs to nobody wye knows: to its owner, perhaps, or not known yet."""

    @property
    def plain(self) -> str:
        """What it is called at its provider, where that says all; else empty."""
        model, provider = self.settings.model, self.settings.provider
        bare = DeploymentSettings(model=model, provider=provider, operations=self.settings.operations)
        usual = operations_of(model) == {Operation(one) for one in self.settings.operations}
        return f"{provider}/{model}" if provider is not None and usual and self.settings == bare else ""


class Reader:
    """Reads rows."""

    def __init__(
        self,
        environ: Mapping[str, str],
        defaults: Defaults,
        credentials: Mapping[str, Credential],
        keys: Keys,
        notes: Notes,
    ) -> None:
        self._environ = environ
        self._defaults = defaults
        self._credentials = credentials
        self._keys = keys
        self._notes = notes

    def read(self, row: Fields, number: int) -> Row | None:
        """Return what row `number` comes to, from 1; None = it cannot be carried, and a note says why."""
        line = row.line
        group, params = row.text("model_name") or "", row.below("litellm_params")
        name = params.text("model") or ""
        missing = _missing(row, params, group, name)
        if missing:
            self._notes.add("to do", f"row {number} of `model_list` is left out: {missing}", line, first=True)
            return None
        info = row.below("model_info")
        shown = f"'{group}'" if group == name else f"'{group}' ({name})"
        try:
            provider, model = split(name, params.text("custom_llm_provider"))
            operation = _operation(params, info, name)
            lent = self._lent(params)
            base, placeless = self._base(shown, params, lent)
            there = upstream(provider, model, base)
        except UnknownUpstreamError as error:
            self._notes.add("left out", f"{shown}: {error}", line)
            return None
        at = params.at("api_key")
        key = self._keys.variable(params.text("api_key") or lent.key, there, group, at)
        settings = self._settings(there, key, operation, params, info)
        place = params.count("order")
        shares = {name: float(share) for name in SHARES if (share := params.look(name)) is not None}
        params.number("weight")  # the others are limits as well
        if base and there.base_url and there.base_url != base.rstrip("/") and not placeless:
            version = "; it needs no `api_version`" if there.azure else ""
            self._notes.add("changed", f"{shown}: its api_base became {there.base_url}{version}", line)
        self._report(shown, there, row, params, info)
        return Row(group, line, settings, provider, place, shares, there.machine, _nobodys(there))

    def _settings(
        self,
        there: Upstream,
        key: str | None,
        operation: Literal["chat", "embeddings"],
        params: Fields,
        info: Fields,
    ) -> DeploymentSettings:
        retries = params.count("num_retries")
        retries = params.count("max_retries") if retries is None else retries
        retries = self._defaults.retries if retries is None else retries
        if retries is not None and retries > MOST_RETRIES:
            self._notes.add("changed", f"{retries} retries became {MOST_RETRIES}, the most there are")
        usual = DeploymentSettings(model=there.model)
        return DeploymentSettings(
            model=there.model,
            provider=there.provider,
            base_url=there.base_url,
            protocol=there.protocol,
            lane=there.lane,
            networks=there.networks,
            api_key_env=key,
            region=params.text("region_name"),
            operations=(operation,),
            profile=_profile(info),
            price=_price(params, info),
            timeouts=_timeouts(params, self._defaults),
            max_output_field="max_completion_tokens" if there.azure else None,
            retries=usual.retries if retries is None else min(retries, MOST_RETRIES),
            concurrency=params.count("max_parallel_requests") or usual.concurrency,
        )

    def _lent(self, params: Fields) -> Credential:
        name = params.text("litellm_credential_name")
        if name is not None and name not in self._credentials:
            message = f"its credential '{name}' is not in `credential_list`"
            raise UnknownUpstreamError(message)
        return self._credentials[name] if name else Credential(None, None)

    def _base(self, shown: str, params: Fields, lent: Credential) -> tuple[str | None, bool]:
        """Return the address, and whether it only keeps the place of one that is not known."""
        line = params.at("api_base")
        base = params.text("api_base") or params.text("base_url") or lent.base
        name = variable(base)
        if name is None:
            return base, False
        value = self._environ.get(name, "")
        if not value:
            word = re.sub("[^a-z0-9]+", "-", name.lower())[:50].strip("-") or "address"
            there = f"https://{word}.invalid/v1"
            what = (
                f"{shown}: its api_base is in {name}, which is not set here: write the address in place of "
                f"{urlsplit(there).netloc}, or set {name} and import again"
            )
            self._notes.add("to do", what, line)
            return there, True
        self._notes.add("changed", f"an address was read from {name}: wye.yaml holds addresses itself")
        return value, False

    def _report(self, shown: str, there: Upstream, row: Fields, params: Fields, info: Fields) -> None:
        if there.machine:
            fix = "say `lane: own`" + (
                "" if there.networks else " and, if it is not on this machine, `networks`"
            )
            self._notes.add(
                "to do",
                f"{shown}: if this machine is yours, {fix}; until then nothing confidential goes there",
                row.line,
            )
        elif _nobodys(there) and there.protocol is None:
            self._notes.add("changed", f"{shown}: taken for an API that speaks OpenAI's protocol", row.line)
        for fields, name, line in ((part, *left) for part in (row, params, info) for left in part.rest()):
            why = fields.why(name, _KNOWN | _ASKS | _NEEDLESS)
            if why:
                what = f"`{name}` of a model{why}"
            elif name in _ASKS:
                what = f"`{name}` of a model: clients say it in their requests"
            elif name in _LIMITS:
                what = f"`{name}` of a model: {_LIMITED}"
            elif name in _MONEY:
                what = f"`{name}` of a model: wye has budgets of keys"
            elif name in _CLOUD:
                what = f"`{name}`"
            elif name in _NEEDLESS or name.startswith("supports_"):
                continue
            else:
                what = f"`{name}` of a model"
            self._notes.add("left out", what, line)


def _nobodys(there: Upstream) -> bool:
    return there.base_url is not None and not there.machine and not there.variable


def _missing(row: Fields, params: Fields, group: str, name: str) -> str:
    """Say what a row lacks; empty = nothing that it needs."""
    if not group:
        wrong = row.why("model_name") or _instead(row, "model_name")
        return f"it has no `model_name`{wrong}"
    if row.has("litellm_params"):
        return f"'{group}': its `litellm_params`{row.why('litellm_params')}"
    if not name:
        if not params.line:
            return f"'{group}' has no `litellm_params`{_instead(row, 'litellm_params')}"
        wrong = params.why("model") or _instead(params, "model")
        return f"'{group}': its `litellm_params` have no `model`{wrong}"
    return ""


def _instead(fields: Fields, name: str) -> str:
    """Say which field may have been meant to be `name`."""
    for other, _ in fields.rest():
        if meant(other, [name]):
            return f", but `{other}`. Did you mean `{name}`?"
    return ""


def _operation(params: Fields, info: Fields, name: str) -> Literal["chat", "embeddings"]:
    mode = info.text("mode") or params.text("mode") or ("embedding" if "embed" in name.lower() else "chat")
    if params.node("mock_response") is not None:
        message = "an answer made up in the file (`mock_response`) is no model"
        raise UnknownUpstreamError(message)
    if mode not in _SERVED:
        message = f"wye does not serve the mode '{mode}'"
        raise UnknownUpstreamError(message)
    return _SERVED[mode]


def _profile(info: Fields) -> ProfileSettings:
    whole, cap = info.count("max_input_tokens"), info.count("max_output_tokens")
    old = info.count("max_tokens")
    return ProfileSettings(
        context_tokens=whole or None,
        max_output_tokens=(old if cap is None else cap) or None,
        tools=info.flag("supports_function_calling"),
        vision=info.flag("supports_vision"),
        json=info.flag("supports_response_schema"),
    )


def _price(params: Fields, info: Fields) -> PriceSettings | None:
    """Return LiteLLM's cost of a token as money per million; it may stand in either place."""

    def rate(name: str) -> Decimal | None:
        mine, other = params.number(name), info.number(name)
        cost = other if mine is None else mine
        return None if cost is None else (cost * MILLION).normalize()

    asked, answered = rate("input_cost_per_token"), rate("output_cost_per_token")
    read, written = rate("cache_read_input_token_cost"), rate("cache_creation_input_token_cost")
    if asked is None and answered is None:
        return None
    zero = Decimal(0)
    return PriceSettings(input=asked or zero, output=answered or zero, cache_read=read, cache_write=written)


def _timeouts(params: Fields, defaults: Defaults) -> TimeoutSettings:
    """LiteLLM's timeout is the longest wait for the next byte, and in a stream `stream_timeout` is."""
    wait = params.number("timeout") or defaults.timeout
    between = params.number("stream_timeout") or wait
    usual = TimeoutSettings()
    if not wait and not between:
        return usual
    first = float(wait or usual.first_byte)
    return TimeoutSettings(first_byte=first, idle=float(between or usual.idle), total=max(usual.total, first))
