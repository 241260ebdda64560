"""What types cannot say: names that lead nowhere, keys given twice, rules that contradict themselves."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path as File

from wye.config.addresses import is_loopback, parse_endpoint, parse_listen, parse_network
from wye.config.problems import Path, Problem, dotted, suggestion
from wye.config.settings import (
    DEFAULT_LABELS,
    DeploymentSettings,
    PriceSettings,
    ProviderSettings,
    RouteSettings,
    Rule,
    Settings,
    TlsSettings,
)
from wye.config.tree import Node
from wye.core.errors import BadRequestError
from wye.core.label import LABEL_RULE, parse_labels
from wye.core.lane import Lane

AUTO = "auto"
ENGINES = frozenset({"embedded", "ollama", "llama-server", "vllm", "sglang", "tgi", "lmstudio"})
"""Providers that are found by looking, not by a key: what they serve is named `engine/model`."""
LONGEST_NAME = 200

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_PASSWORD = re.compile(r"[a-z0-9+]+://[^/@]*:[^/@]*@", re.IGNORECASE)


class Checker:
    """Checks settings against each other, the known providers and the machine they are read on."""

    def __init__(self, root: Node, file: str, settings: Settings, catalogue: Collection[str]) -> None:
        self._root, self._file, self._settings = root, file, settings
        self._known = {*catalogue, *ENGINES}
        # What was *written* counts as declared, so that one broken entry is one problem.
        self._deployments = root.names("deployments")
        self._aliases = root.names("aliases")
        self._providers = {*self._known, *root.names("providers")}
        self.problems: list[Problem] = []

    def run(self, environ: Mapping[str, str]) -> list[Problem]:
        """Run every check."""
        self._addresses()
        self._labels()
        for name, provider in self._settings.providers.items():
            self._provider(name, provider, environ)
        for name, deployment in self._settings.deployments.items():
            self._deployment(name, deployment, environ)
        self._names()
        for where, route in (*_routes(self._settings), ((AUTO,), self._settings.auto)):
            self._references((*where, "candidates"), route.candidates, aliases=True)
            self._label_names((*where, "labels"), route.labels)
            for number, rule in enumerate(route.rules):
                self._rule((*where, "rules", number), rule)
        self._ledger_and_keys()
        return self.problems

    def _say(self, path: Path, what: str, fix: str = "", *, fatal: bool = True) -> None:
        node = self._root.find(path)
        self.problems.append(Problem(self._file, node.line, node.column, dotted(path), what, fix, fatal))

    def _try(self, path: Path, parse: Callable[[], object], fix: str = "") -> bool:
        try:
            parse()
        except ValueError as error:
            self._say(path, str(error), fix)
            return False
        return True

    def _addresses(self) -> None:
        settings = self._settings
        self._try(("listen",), lambda: parse_listen(settings.listen), "Write `127.0.0.1:4000`")
        otlp = settings.telemetry.otlp_endpoint
        if otlp is not None:
            self._try(("telemetry", "otlp_endpoint"), lambda: parse_endpoint(otlp))
        listener = settings.listener
        self._pair(
            ("listener",), "tls_cert_file", listener.tls_cert_file, "tls_key_file", listener.tls_key_file
        )

    def _labels(self) -> None:
        settings = self._settings
        for name, rule in settings.labels.items():
            path = ("labels", name)
            self._label_name(path, name)
            for number, provider in enumerate(rule.providers or ()):
                if provider not in self._providers:
                    self._say(
                        (*path, "providers", number),
                        f"there is no provider '{provider}'",
                        suggestion(provider, self._providers),
                    )
            entry = self._root.find(path).value
            for field in ("providers", "regions"):
                given = entry.get(field) if isinstance(entry, dict) else None
                if given is not None and given.value is None:
                    # Nothing would read as "any": a restriction must not vanish with its last line.
                    self._say((*path, field), "is empty", "Name at least one, or remove the field for any")
        self._label_names(("default_label",), [settings.default_label], spread=False)

    def _label_names(self, path: Path, names: Iterable[str], *, spread: bool = True) -> None:
        defined = DEFAULT_LABELS.keys() | self._settings.labels.keys() | set(self._root.names("labels"))
        for number, name in enumerate(names):
            place = (*path, number) if spread else path
            if self._label_name(place, name) and name not in defined:
                what = f"label '{name}' is not defined, so it permits the own lane only"
                self._say(place, what, suggestion(name, defined), fatal=False)

    def _label_name(self, path: Path, name: str) -> bool:
        try:
            well_formed = parse_labels(name) == {name}
        except BadRequestError:
            well_formed = False
        if not well_formed:
            self._say(path, "not a label", LABEL_RULE)
        return well_formed

    def _provider(self, name: str, provider: ProviderSettings, environ: Mapping[str, str]) -> None:
        path = ("providers", name)
        if name not in self._known:
            if provider.base_url is None:
                what = "not a provider wye knows, so it needs a base_url"
                self._say(path, what, suggestion(name, self._known))
            if provider.lane is None:
                self._say(path, "a new provider needs a lane", "Add `lane: closed`, `hosted` or `own`")
        elif provider.base_url is not None and provider.lane is None and name in ENGINES:
            self._say(path, "with a base_url it needs a lane", "Add `lane: own` if the machine is yours")
        self._reach(path, provider, environ)

    def _deployment(self, name: str, deployment: DeploymentSettings, environ: Mapping[str, str]) -> None:
        path = ("deployments", name)
        known = deployment.provider is not None
        if deployment.provider is not None and deployment.provider not in self._providers:
            what = f"there is no provider '{deployment.provider}'"
            self._say((*path, "provider"), what, suggestion(deployment.provider, self._providers))
        if not known and deployment.base_url is None:
            self._say(path, "needs a provider, or a base_url and a lane", "Add `provider: NAME`")
        if deployment.base_url is not None and deployment.lane is None:
            what = "with a base_url it needs a lane: who holds its data"
            self._say(path, what, "Add `lane: closed`, `hosted` or `own`")
        if not deployment.operations:
            self._say((*path, "operations"), "is empty", "Write `[chat]`, or leave it out")
        self._reach(path, deployment, environ)
        if deployment.price is not None:
            self._price((*path, "price"), deployment.price)
        if deployment.machine_hour is not None:
            if deployment.machine_hour < 0:
                self._say((*path, "machine_hour"), "must not be negative")
            if deployment.lane not in (None, Lane.OWN):
                self._say((*path, "machine_hour"), f"counts only in the own lane, this is {deployment.lane}")

    def _reach(
        self, path: Path, where: ProviderSettings | DeploymentSettings, environ: Mapping[str, str]
    ) -> None:
        """Check what providers and deployments share: URL, networks, TLS, credentials."""
        blocks = [
            self._try((*path, "networks", number), partial(parse_network, text))
            for number, text in enumerate(where.networks or ())
        ]
        if where.networks is not None and not blocks:
            self._say((*path, "networks"), "is empty, so no address is acceptable", "Name a CIDR block")
        url = where.base_url
        if url is not None and self._try((*path, "base_url"), lambda: parse_endpoint(url)):
            endpoint = parse_endpoint(url)
            if where.lane is Lane.OWN and where.networks is None and endpoint.networks is None:
                what = "an own machine that is not on this one must say which network it is in"
                self._say(path, what, "Add `networks: [10.0.0.0/8]`, or wherever it is")
            keyed = where.api_key_env or where.api_key_file
            if endpoint.scheme == "http" and keyed and not is_loopback(endpoint.host):
                self._say((*path, "base_url"), "sends its key unencrypted", "Use https://", fatal=False)
        self._tls((*path, "tls"), where.tls)
        self._credential(path, where, environ)

    def _credential(
        self, path: Path, where: ProviderSettings | DeploymentSettings, environ: Mapping[str, str]
    ) -> None:
        variable, file = where.api_key_env, where.api_key_file
        if variable is not None and file is not None:
            self._say((*path, "api_key_file"), "api_key_env is given as well", "Keep one of them")
        if (
            variable is not None
            and self._variable((*path, "api_key_env"), variable)
            and not environ.get(variable)
        ):
            self._say((*path, "api_key_env"), f"{variable} is not set: this is left out", fatal=False)
        if file is not None:
            self._file_exists((*path, "api_key_file"), file)

    def _variable(self, path: Path, name: str) -> bool:
        if _VARIABLE.match(name):
            return True
        # The value is not repeated: people paste the secret itself.
        self._say(path, "not the name of an environment variable", "Write the NAME, never the secret")
        return False

    def _file_exists(self, path: Path, name: str) -> None:
        file = File(name)
        try:
            present = file.exists() and not file.is_dir()
        except (OSError, ValueError):  # no permission on the way, or a NUL in the name
            present = False
        if not present:
            self._say(path, "there is no such file that can be read: this is left out", fatal=False)

    def _tls(self, path: Path, tls: TlsSettings) -> None:
        self._pair(path, "client_cert_file", tls.client_cert_file, "client_key_file", tls.client_key_file)
        for field in ("ca_file", "client_cert_file", "client_key_file"):
            name = getattr(tls, field)
            if name is not None:
                self._file_exists((*path, field), name)

    def _pair(self, path: Path, first: str, one: str | None, second: str, other: str | None) -> None:
        if (one is None) != (other is None):
            missing = second if other is None else first
            self._say(path, f"{first} and {second} belong together", f"Add `{missing}: PATH`")

    def _price(self, path: Path, price: PriceSettings) -> None:
        for field in ("input", "output", "cache_read", "cache_write"):
            rate = getattr(price, field)
            if rate is not None and rate < 0:
                self._say((*path, field), "must not be negative")
        if not _CURRENCY.match(price.currency):
            self._say((*path, "currency"), "not a currency code", "Write three letters, as in USD")
        if price.as_of is not None:
            try:
                dt.date.fromisoformat(price.as_of)
            except ValueError:
                self._say((*path, "as_of"), "not a date", "Write it as 2026-11-01")

    def _names(self) -> None:
        """Check the names callers may use: well formed, each once, aliases to what can exist."""
        settings = self._settings
        taken: dict[str, str] = {AUTO: AUTO}
        for group in ("deployments", "routes", "aliases"):
            for name in self._root.names(group):
                path = (group, name)
                if not is_name(name):
                    self._say(path, f"a name has 1 to {LONGEST_NAME} printable characters and no space")
                if name == AUTO:
                    self._say(
                        path, "'auto' is taken", "Set the section `auto` itself, or choose another name"
                    )
                elif name in taken:
                    self._say(path, f"the name is taken by {taken[name]}", "Choose another")
                else:
                    taken[name] = dotted(path)
        for name, to in settings.aliases.items():
            if to in ("", ()):
                self._say(("aliases", name), "leads nowhere", "Name a deployment")
            elif isinstance(to, str):
                self._reference(("aliases", name), to, aliases=False)
            else:
                self._references(("aliases", name), to, aliases=False)

    def _references(self, path: Path, names: Collection[str], *, aliases: bool) -> None:
        for number, name in enumerate(names):
            self._reference((*path, number), name, aliases=aliases)

    def _reference(self, path: Path, name: str, *, aliases: bool) -> None:
        """Check that `name` is declared, or can be discovered: `provider/model` of a provider there is."""
        if name in self._deployments or (aliases and name in self._aliases):
            return
        if not aliases and name in self._aliases:
            self._say(path, f"'{name}' is an alias itself", "Name its deployments")
            return
        provider, slash, model = name.partition("/")
        known = {*self._deployments, *(self._aliases if aliases else ())}
        if slash and model and provider in self._providers:
            return
        if slash and provider in self._providers:
            self._say(path, f"'{name}' names no model", "Write `provider/model`")
            return
        if slash:
            self._say(path, f"there is no provider '{provider}'", suggestion(provider, self._providers))
            return
        what = "no deployment or alias" if aliases else "no deployment"
        fix = suggestion(name, known)
        if not fix.startswith("Did"):
            fix = "Declare it under `deployments`, or name a discovered one as `provider/model`"
        self._say(path, f"there is {what} '{name}'", fix)

    def _rule(self, path: Path, rule: Rule) -> None:
        self._references((*path, "use"), rule.use, aliases=True)
        when = rule.when
        self._label_names((*path, "when", "labels"), when.labels or ())
        if when.min_bytes is not None and when.max_bytes is not None and when.min_bytes > when.max_bytes:
            self._say((*path, "when"), "never holds: min_bytes is above max_bytes")
        if rule.lanes is not None and not rule.lanes:
            self._say((*path, "lanes"), "is empty, so the rule never applies", "Name a lane")
        if not rule.use and rule.lanes is None:
            self._say(path, "changes nothing", "Say what to `use`, or which `lanes`", fatal=False)

    def _ledger_and_keys(self) -> None:
        ledger, path = self._settings.ledger, ("ledger", "url")
        if ledger.url is not None:
            if ledger.url_env is not None:
                self._say(("ledger", "url_env"), "url is given as well", "Keep one of them")
            if _PASSWORD.match(ledger.url) or "password=" in ledger.url.lower():
                fix = "Put the URL into an environment variable and name it: `url_env: NAME`"
                self._say(path, "a secret must not stand in the file", fix)
            elif not ledger.url.startswith(("sqlite:///", "postgresql://")):
                self._say(path, "neither sqlite:///path nor postgresql://...")
        if ledger.url_env is not None:
            self._variable(("ledger", "url_env"), ledger.url_env)
        self._variable(("keys", "bootstrap_env"), self._settings.keys.bootstrap_env)
        self._variable(("telemetry", "otlp_headers_env"), self._settings.telemetry.otlp_headers_env)


def _routes(settings: Settings) -> list[tuple[Path, RouteSettings]]:
    return [(("routes", name), route) for name, route in settings.routes.items()]


def is_name(name: str) -> bool:
    """Tell whether callers could name it: printable, without spaces, not too long."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not any(c.isspace() for c in name)
