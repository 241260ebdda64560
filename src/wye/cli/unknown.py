"""Names on the command line that nothing knows: told, not refused, since they may be made later."""

import contextlib
import fnmatch
from collections.abc import Iterable, Iterator

from wye.catalog.names import EMBEDDED_CHAT, EMBEDDED_EMBEDDING
from wye.catalog.providers import PROVIDERS
from wye.config.draft import ENGINES
from wye.config.labels import DEFAULT_LABELS
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.policy.cedar.sources import spoken_of, statements_of
from wye.policy.cedar.spelling import named_in
from wye.policy.cedar.statements import PolicyTextError
from wye.routing.names import AUTO


def labels(given: Iterable[str], settings: Settings) -> Iterator[str]:
    """Tell of labels that are not defined: what carries one stays on your own machines."""
    known: Labels = frozenset(DEFAULT_LABELS | settings.labels)
    with contextlib.suppress(PolicyTextError):  # `wye policy check` tells what is wrong with it
        known = spoken_of(settings)
    for name in sorted(set(given) - known):
        yield (
            f"label '{name}' is not defined: requests with it stay on your own machines. "
            f"{suggestion(name, known)}"
        )


def asking(team: str, key_id: str, settings: Settings) -> Iterator[str]:
    """Tell of a team and a key that neither a statement nor a role names. Raises `PolicyTextError`."""
    statements, roles = statements_of(settings), settings.policy.roles.values()
    for kind, name, having in (
        ("Team", team, (role.teams for role in roles)),
        ("Key", key_id, (role.keys for role in roles)),
    ):
        known = frozenset[str]().union(*having, *(named_in(statement, kind) for statement in statements))
        if name and name not in known:
            what = f"no rule and no role names {kind.lower()} '{name}', so it is judged as any other"
            yield f"{what}. {suggestion(name, known)}".rstrip()


def models(globs: Iterable[str], settings: Settings) -> Iterator[str]:
    """Tell of patterns that no name matches which wye.yaml or the catalogue has.

    What a provider whose list is open serves, and what engines serve, is not known here.
    """
    providers = {*PROVIDERS, *ENGINES, *settings.providers}
    own = {
        *(AUTO, *(f"{AUTO}/{lane.value}" for lane in Lane)),
        *(name for one in (EMBEDDED_CHAT, EMBEDDED_EMBEDDING) for name in (one, one.partition("/")[2])),
        *(*settings.deployments, *settings.aliases, *settings.routes),
        *(deployment.model for deployment in settings.deployments.values()),
        *(model for provider in settings.providers.values() for model in provider.models or ()),
    }
    names = own.union(model.id for provider in PROVIDERS.values() for model in provider.models)
    for glob in globs:
        provider, slash, _ = glob.partition("/")
        reached = slash and any(fnmatch.fnmatchcase(one, provider) for one in providers)
        if not reached and not any(fnmatch.fnmatchcase(name, glob) for name in names):
            near = suggestion(glob, names)
            told = near if near.startswith("Did") else suggestion(glob, own)
            yield f"no model that wye.yaml or the catalogue knows is named like '{glob}'. {told}"
