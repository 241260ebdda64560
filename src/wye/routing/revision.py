"""A routing revision: what was learnt for a route, frozen, in a folder that a person can read and diff.

`revision.json` holds the facts, `weights.npz` the heads, `rows.json` by what the rows that it was learnt from
are known again, so that none of them is certified with. The id is a hash of all three: the same rows teach
the same revision.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from wye.routing import tasks
from wye.routing.features import table
from wye.routing.length import LengthHead, Lengths
from wye.routing.quality import Head, Quality, Space
from wye.routing.state import StateError, decode, read_bytes, write_bytes

FORMAT = 1
_FACTS, _WEIGHTS, _ROWS = "revision.json", "weights.npz", "rows.json"
_ID_DIGITS = 16


class RevisionError(StateError):
    """A revision cannot serve: it is absent, damaged, or was learnt from other features."""


class Trace(msgspec.Struct, frozen=True):
    """What is kept of rows whose scores were used: to know them again, and not to read them."""

    rows: tuple[str, ...] = ()
    """Marks of their prompts, and of the conversations that they are of."""
    likeness: bytes = b""
    """MinHash signatures of their prompts, one after another: `wye.evaluation.clusters` makes them."""
    common: tuple[int, ...] = ()
    """Shingles that too many of them had to say anything: no part of the signatures."""


class Pace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model counts and talks, where requests that it served say so."""

    bytes_per_token: float | None = None
    """Of request bodies."""
    output_tokens: float | None = None
    """Mean of its answers."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a revision."""

    id: str = ""
    format: int = FORMAT
    route: str
    strong: str
    weak: str
    """The model names that labels use, or deployment ids."""
    models: tuple[str, ...]
    """All that have a head."""
    thresholds: tuple[float, ...]
    """Settings, safest first: the weak model serves where the strong one's gain is below the threshold."""
    features: str
    """Fingerprint of what turns prompts into numbers."""
    heads: str
    """SHA-256 of the weights."""
    rows: str
    """SHA-256 of the trace of the rows it was learnt from."""
    labels: dict[str, int]
    """Model -> scores learnt from."""
    tasks: dict[str, dict[str, float]] = {}
    """Task -> model -> mean score there, drawn towards the model's mean where rows are few."""
    priors: dict[str, dict[str, float]] = {}
    """Built-in task -> model -> what is added to its logit there, where heads are guesses with few labels."""
    kinds: str = ""
    """Fingerprint of the built-in tasks, where there are `priors`."""
    paces: dict[str, Pace] = {}
    """Model -> how it counts and talks."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it was learnt."""
    made_at: float = 0.0
    """Unix seconds. Not a part of the id."""


class Weights(NamedTuple):
    """What `weights.npz` holds."""

    space: Space
    heads: Sequence[Head]
    lengths: Sequence[LengthHead]


class Learnt:
    """A revision that is ready to predict."""

    def __init__(self, revision: Revision, weights: Weights) -> None:
        self.revision = revision
        self.quality = Quality(weights.space, weights.heads)
        self.lengths = Lengths(weights.lengths)
        self.place = weights.space.place


def mark(prompt: str) -> str:
    """Return what tells a row from others without telling what it says."""
    return hashlib.sha256(" ".join(prompt.lower().split()).encode(errors="replace")).hexdigest()[:_ID_DIGITS]


def write(revisions: Path, facts: Revision, weights: Weights, trace: Trace) -> Revision:
    """Write a revision into its own folder below `revisions`; return it with its id. Raises `StateError`."""
    packed = _pack(weights)
    rows = msgspec.json.encode(trace)
    facts = msgspec.structs.replace(
        facts,
        features=table.fingerprint(),
        kinds=tasks.fingerprint() if facts.priors else "",
        heads=_sha(packed),
        rows=_sha(rows),
        models=_models(weights),
    )
    facts = msgspec.structs.replace(facts, id=_identify(msgspec.to_builtins(facts)))
    folder = revisions / facts.id
    write_bytes(folder / _WEIGHTS, packed)
    write_bytes(folder / _ROWS, rows)
    write_bytes(folder / _FACTS, msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")
    return facts


def read(revisions: Path, id_: str) -> Learnt:
    """Return a revision ready to predict. Raises `RevisionError` that says what is wrong with it."""
    facts = read_facts(revisions, id_)
    path = revisions / id_ / _WEIGHTS
    packed = read_bytes(path)
    if packed is None or _sha(packed) != facts.heads:
        wrong = "missing" if packed is None else "not what the revision was made with"
        message = f"{path} is {wrong}: learn it anew, or roll back"
        raise RevisionError(message)
    if facts.features != table.fingerprint():
        message = f"revision {id_} was learnt from other features than this wye has: learn it anew"
        raise RevisionError(message)
    if facts.priors and facts.kinds != tasks.fingerprint():
        message = f"revision {id_} was guessed with other kinds of work than this wye knows: learn it anew"
        raise RevisionError(message)
    return Learnt(facts, _unpack(packed, facts, path))


def read_facts(revisions: Path, id_: str) -> Revision:
    """Return what is known of a revision. Raises `RevisionError`."""
    path = revisions / id_ / _FACTS
    data = read_bytes(path)
    if data is None:
        message = f"there is no revision '{id_}': {path} is missing"
        raise RevisionError(message)
    facts = decode(data, Revision, path)
    if facts.id != id_ or _identify(decode(data, dict[str, Any], path)) != id_:
        message = f"{path} has been changed since it was made: learn it anew, or roll back"
        raise RevisionError(message)
    return facts


def read_rows(revisions: Path, id_: str) -> Trace:
    """Return what is kept of the rows that a revision was learnt from. Raises `RevisionError`."""
    path = revisions / id_ / _ROWS
    data = read_bytes(path)
    if data is None or _sha(data) != read_facts(revisions, id_).rows:
        message = f"{path} is missing or has been changed: without it nothing can be certified"
        raise RevisionError(message)
    return decode(data, Trace, path)


def listed(revisions: Path) -> list[Revision]:
    """Return every revision that can be read, the latest first."""
    found = []
    for path in revisions.glob(f"*/{_FACTS}"):
        try:
            found.append(read_facts(revisions, path.parent.name))
        except StateError:
            continue
    return sorted(found, key=lambda revision: (-revision.made_at, revision.id))


def _identify(facts: dict[str, Any]) -> str:
    """Return the hash of what a file says: also one of a wye that knew fewer fields."""
    content = {name: value for name, value in facts.items() if name not in {"id", "made_at"}}
    return _sha(msgspec.json.encode(content, order="deterministic"))[:_ID_DIGITS]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _models(weights: Weights) -> tuple[str, ...]:
    return tuple(head.model for head in weights.heads)


def _pack(weights: Weights) -> bytes:
    space, heads, lengths = weights
    arrays = {f"space_{name}": np.asarray(value) for name, value in space._asdict().items()}
    for place, head in enumerate(heads):
        arrays |= {f"head_{place}_{name}": np.asarray(value) for name, value in _numbers(head).items()}
    for place, length in enumerate(lengths):
        arrays |= {f"length_{place}_{name}": np.asarray(value) for name, value in _numbers(length).items()}
    arrays["lengths"] = np.frombuffer("\n".join(one.model for one in lengths).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _numbers(head: Head | LengthHead) -> dict[str, object]:
    return {name: value for name, value in head._asdict().items() if name != "model"}


def _unpack(packed: bytes, facts: Revision, path: Path) -> Weights:
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as data:
            parts = {name: data[name] for name in data.files}
            names = parts["lengths"].tobytes().decode().splitlines()
            space = Space(*(_value(parts[f"space_{field}"]) for field in Space._fields))
            heads = [
                Head(model, *(_value(parts[f"head_{place}_{field}"]) for field in Head._fields[1:]))
                for place, model in enumerate(facts.models)
            ]
            lengths = [
                LengthHead(
                    model, *(_value(parts[f"length_{place}_{field}"]) for field in LengthHead._fields[1:])
                )
                for place, model in enumerate(names)
            ]
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        message = f"{path} cannot be read ({error}): learn it anew, or roll back"
        raise RevisionError(message) from error
    return Weights(space, heads, lengths)


def _value(array: npt.NDArray[Any]) -> Any:  # noqa: ANN401  # a NamedTuple's field, as it was packed
    return array.item() if array.ndim == 0 else array
