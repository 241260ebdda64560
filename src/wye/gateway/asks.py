"""What clients ask of answers made before: the routes below `/v1/responses` and `/v1/chat/completions`. Pure.

Source: OpenAI API reference, "Responses" and "Chat Completions".
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from wye.catalog.deployments import Native
from wye.core.errors import BadRequestError, MethodError, NotFoundError
from wye.gateway.unserved import NotServedError
from wye.protocols.responses.turns import Page
from wye.routing.held import HOW

MAX_PAGE = 100
MAX_FIELDS = 32
_VALUE = re.compile(r"[A-Za-z0-9_.:-]{1,200}\Z")
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}\Z")
"""It becomes a part of a path: never one that leads upwards."""
_METADATA = re.compile(r"metadata\[[A-Za-z0-9_.:-]{1,64}\]\Z")
_PAGE = frozenset({"limit", "order", "after", "before"})


class Kind(NamedTuple):
    """A kind of answers."""

    path: str
    """Where they are made; each is below, by its id."""
    protocol: str
    """What records call it."""
    holders: tuple[frozenset[Native], ...]
    """What an upstream speaks that holds some: the first set that any upstream speaks counts."""
    routes: Mapping[str, Mapping[str, str]]
    """What follows the id -> method -> what records call it."""
    names: frozenset[str]
    """What may stand in the query."""
    named: str
    how: str
    """What to do about one that is not there."""

    def missing(self, id_: str) -> NotFoundError:
        """Return the error for an answer that is not there, or is another key's; empty = for their list."""
        if id_:
            return NotFoundError(f"{self.named} with id '{id_[:80]}' not found: {self.how}")
        message = (
            f"GET {self.path} would list the stored answers of an upstream's whole account. This gateway has "
            f"keys, or not exactly one account that stores any. Fetch one by its id (GET {self.path}/ID); "
            f"to make one, use POST {self.path}"
        )
        return NotServedError(message)


RESPONSES = Kind(
    path="/v1/responses",
    protocol="openai_responses",
    holders=(frozenset({"openai_responses"}),),
    routes={
        "": {"GET": "retrieve", "DELETE": "delete"},
        "input_items": {"GET": "input_items"},
        "cancel": {"POST": "cancel"},
    },
    names=_PAGE | {"include", "include[]", "include_obfuscation", "stream", "starting_after"},
    named="Response",
    how=HOW,
)
COMPLETIONS = Kind(
    path="/v1/chat/completions",
    protocol="openai_chat",
    holders=(frozenset({"openai_chat", "openai_responses"}), frozenset({"openai_chat"})),
    routes={
        "": {"GET": "retrieve", "POST": "update", "DELETE": "delete"},
        "messages": {"GET": "messages"},
    },
    names=_PAGE | {"model"},
    named="Completion",
    how="upstreams that speak Chat Completions themselves hold those made with `store: true`, if any",
)
BELOW = (f"{RESPONSES.path}/", f"{COMPLETIONS.path}/")
"""Where these routes begin."""


_LIST = {"GET": "list"}


class Ask(NamedTuple):
    """What a client wants of an answer."""

    kind: Kind
    id: str
    """Empty = all of them."""
    operation: str
    method: bytes
    below: bytes
    """Path below the upstream's base path, with its query."""
    query: dict[str, str]

    @property
    def streams(self) -> bool:
        """Whether events are wanted."""
        return self.query.get("stream", "false").lower() not in ("false", "0")

    @property
    def page(self) -> Page:
        """The part of a list that is wanted. Raises `BadRequestError`."""
        limit, order = self.query.get("limit", "20"), self.query.get("order", "desc")
        if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE:
            message = f"`limit` must be from 1 to {MAX_PAGE}"
            raise BadRequestError(message, param="limit")
        if order not in ("asc", "desc"):
            message = "`order` must be asc or desc"
            raise BadRequestError(message, param="order")
        return Page(int(limit), "asc" if order == "asc" else "desc", self.query.get("after", ""))


def read(method: str, path: str, raw_query: bytes) -> Ask:
    """Read what is asked. Raises `NotFoundError`, `MethodError` or `BadRequestError`."""
    routes: Mapping[str, str]
    if path == COMPLETIONS.path:
        kind, id_, rest, routes = COMPLETIONS, "", "", _LIST
    else:
        kind = RESPONSES if path.startswith(BELOW[0]) else COMPLETIONS
        id_, _, rest = path[len(kind.path) + 1 :].partition("/")
        routes = kind.routes.get(rest, {})
        if not routes or not id_:
            message = f"{method} {path[:200]} is not served here; POST {kind.path} is"
            raise NotFoundError(message)
        if not _ID.match(id_):
            raise kind.missing(id_)
    if method not in routes:
        message = f"{path[:200]} takes {', '.join(routes)}"
        raise MethodError(message)
    query = _query(raw_query, kind.names)
    below = "/".join(part for part in (kind.path.removeprefix("/v1"), id_, rest) if part)
    target = f"{below}?{query}" if query else below
    return Ask(kind, id_, routes[method], method.encode(), target.encode(), dict(parse_qsl(query)))


def _query(raw: bytes, names: frozenset[str]) -> str:
    """Return the query as it goes to an upstream: known names with plain values."""
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        message = f"the query has more than {MAX_FIELDS} fields"
        raise BadRequestError(message) from None
    for name, value in pairs:
        known = name in names or ("model" in names and _METADATA.match(name))
        if not known or not _VALUE.match(value):
            message = f"`{name[:40]}` is not known here, or not with this value"
            raise BadRequestError(message, param=name[:40])
    return urlencode(pairs, safe="[]:")
