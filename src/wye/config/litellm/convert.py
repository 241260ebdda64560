"""LiteLLM's file -> settings, and notes on what did not come along.

A group (rows of one `model_name`) becomes an alias, or simply a deployment of that name where there is one
row and nothing to fall back to. Access stays as narrow as it was: nothing is discovered, and a provider
serves the models that are listed, unless a wildcard stood there.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from wye.config.litellm.general import general, leftovers
from wye.config.litellm.groups import Groups, References
from wye.config.litellm.keys import Keys
from wye.config.litellm.rows import Credential, Defaults, Reader, Row
from wye.config.litellm.source import Fields, Note, Notes
from wye.config.names import is_name
from wye.config.problems import ConfigError, Problem
from wye.config.settings import DiscoverySettings, EmbeddedSettings, Settings
from wye.config.tree import parse
from wye.config.upstreams import ProviderSettings

ANY = "*"
_NO_MODELS = "this is no LiteLLM proxy config: it has no model_list"
_WHERE = "Models of an `include`d file are imported from that one; those in LiteLLM's database, from no file"


class Imported(msgspec.Struct, frozen=True):
    """What a LiteLLM file comes to."""

    settings: Settings
    notes: tuple[Note, ...]
    names: int
    """Names that clients may ask for."""


def convert(content: bytes, file: str, environ: Mapping[str, str]) -> Imported:
    """Read LiteLLM's `config.yaml`. Raises `ConfigError` when it is not one document of YAML with models.

    `environ` is where the addresses are that LiteLLM reads from variables; keys are never looked at.
    """
    root, problems = parse(content, file, merge=True)
    notes = Notes()
    for problem in problems:
        notes.add("left out", f"{problem.path or 'a value'}: {problem.what}", problem.line)
    whole = Fields(root)
    if not isinstance(listed := root.find(("model_list",)).value, list) or not listed:
        raise ConfigError([Problem(file, 0, 0, "", _NO_MODELS, _WHERE)])
    router, module = whole.below("router_settings"), whole.below("litellm_settings")
    defaults = _defaults(router, module)
    keys = Keys(notes, re.findall(r"os\.environ/(\w+)", content.decode(errors="replace")))
    reader = Reader(environ, defaults, _credentials(whole), keys, notes)
    entries = enumerate(whole.rows("model_list"), 1)
    rows = [row for number, entry in entries if (row := reader.read(entry, number)) is not None]
    rows = [row for row in rows if _nameable(row, notes)]
    rows, providers = _accounts(rows, notes)
    references = References.read(router, module, notes)
    groups = Groups([row for row in rows if row.settings.model != ANY], references, notes)
    settings = msgspec.structs.replace(
        general(whole.below("general_settings"), notes),
        providers=providers,
        deployments=groups.deployments,
        aliases=groups.aliases,
        routes=groups.routes,
        auto=groups.auto,
        discovery=DiscoverySettings(environment=False, engines=False),
        embedded=EmbeddedSettings(enabled=False),
    )
    leftovers(whole, router, module, notes)
    names = {*groups.deployments, *groups.aliases, *groups.routes}
    return Imported(settings, notes.all(), len(names))


def _defaults(router: Fields, module: Fields) -> Defaults:
    timeout, retries = router.number("timeout"), router.count("num_retries")
    other, others = module.number("request_timeout"), module.count("num_retries")
    return Defaults(other if timeout is None else timeout, others if retries is None else retries)


def _credentials(whole: Fields) -> dict[str, Credential]:
    found = {}
    for row in whole.rows("credential_list"):
        name, values = row.text("credential_name"), row.below("credential_values")
        if name:
            found[name] = Credential(values.text("api_key"), values.text("api_base"))
    return found


def _nameable(row: Row, notes: Notes) -> bool:
    """Tell whether clients of wye could ask for it; a wildcard only where its name means the same here."""
    if ANY in row.group or ANY in row.settings.model:
        provider = row.settings.provider
        if row.settings.model != ANY or provider is None:
            notes.add(
                "left out", f"'{row.group}': only a whole provider that wye knows can be a wildcard", row.line
            )
            return False
        if row.group != f"{provider}/{ANY}":
            what = f"what was '{row.group}' is asked for as `{provider}/NAME`: clients have to say so"
            notes.add("to do", what, row.line)
        return True
    if not is_name(row.group):
        notes.add("left out", f"'{row.group}': a name has no spaces", row.line)
        return False
    return True


def _accounts(rows: Iterable[Row], notes: Notes) -> tuple[list[Row], dict[str, ProviderSettings]]:
    """Return the rows without the keys that their provider's entry names, and those entries."""
    made: dict[str, ProviderSettings] = {}
    kept: list[Row] = []
    for row in rows:
        settings, provider = row.settings, row.settings.provider
        if provider is None:
            kept.append(row)
            continue
        entry = made.setdefault(provider, ProviderSettings(api_key_env=settings.api_key_env, models=()))
        if settings.api_key_env == entry.api_key_env:
            settings = msgspec.structs.replace(settings, api_key_env=None)
        elif settings.model == ANY:
            notes.add(
                "left out", f"'{row.group}': its key; `{provider}/NAME` uses {entry.api_key_env}", row.line
            )
        bare = msgspec.structs.replace(row, settings=settings)
        models = entry.models
        if settings.model == ANY:
            models = None
        elif models is not None and bare.plain:
            models = tuple(dict.fromkeys((*models, settings.model)))
        made[provider] = msgspec.structs.replace(entry, models=models)
        kept.append(bare)
    return kept, made
