"""Who serves models, and what is known of them: the shape of the rows in `providers`."""

import re

import msgspec

from wye.catalog.deployments import Native, Profile, Speech
from wye.core.spelling import Spelling


class Model(msgspec.Struct, frozen=True):
    """A model offered by default."""

    id: str
    """The provider's own name for it."""
    profile: Profile = Profile()


class Variant(msgspec.Struct, frozen=True):
    """What holds for some of a provider's models in place of what holds for the provider."""

    pattern: str
    """A regular expression that finds something in the lower-cased name."""
    spelling: Spelling | None = None
    protocol: Speech | None = None
    also: frozenset[Native] | None = None

    def holds(self, model: str) -> bool:
        """Say whether the variant is meant for `model`."""
        return re.search(self.pattern, model.lower()) is not None


class Provider(msgspec.Struct, frozen=True):
    """Who serves models behind an API."""

    id: str
    base_url: str = ""
    """Empty = there is no one address: an engine, whose operator knows where it is."""
    variables: tuple[str, ...] = ()
    """Environment variables that hold a key, in order; `_FILE` appended names a file instead."""
    models: tuple[Model, ...] = ()
    protocol: Speech = "openai_chat"
    also: frozenset[Native] = frozenset()
    """What else it speaks at the same base URL, by its documentation."""
    spelling: Spelling = Spelling()
    variants: tuple[Variant, ...] = ()
    """The first that holds counts."""
    frontier: str = ""
    """A regular expression for the whole lower-cased names of its strong models, dates at the end aside."""
    region: str | None = None

    def variant(self, model: str) -> Variant:
        """Return what is known of `model` beyond what is known of the provider."""
        return next((one for one in self.variants if one.holds(model)), _PLAIN)

    def is_strong(self, model: str) -> bool:
        """Say whether `model` is one of those that set the standard today, or a dated version of one."""
        return bool(self.frontier) and re.fullmatch(f"({self.frontier}){_DATED}", model.lower()) is not None


_PLAIN = Variant("")
_DATED = r"(-\d{8}|-\d{4}-\d\d-\d\d)?"
