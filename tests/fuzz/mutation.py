"""Bodies and streams that are known to be good, spoilt with a sense of structure.

Deterministic: the same `random.Random` gives the same bytes.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 2**64 - 1, 0.5, 1e308, -1e-308),
    *(
        "",
        " ",
        "x",
        "auto",
        "0",
        "é",
        "🙂",
        "\x00",
        "\r\n\r\ndata: {}",
        "data:;base64,",
        "{",
        "[]",
        "A" * 300,
    ),
    *([], {}, [[]], [{}], [None], {"": {}}, {"type": "text"}, {"type": None}, {"text": 1}),
)
_RAW: tuple[bytes, ...] = (
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b"1e999", b"-0", b"1" * 400, b"NaN", b"[" * 2000, b'{"a":' * 500),
    *(b"\xff\xfe", b"\x00", b"\\", b'"', b",", b"\n\n", b"\r", b"data:", b"event: error\n", b": ping\n\n"),
    *(b"[DONE]", b"data: [DONE]\n\n", b"null", b"\xef\xbb\xbf", b"\xf0\x9f", b"{", b"}", b"]"),
)
_CHANCE_OF_BYTES = 0.15
"""How much of what is made is spoilt without regard to structure, after all else."""


class Mutator:
    """Spoils what it is given. `seeds`: decoded JSON, from which pieces are borrowed."""

    def __init__(self, seeds: Sequence[Any]) -> None:
        self._rng = random.Random(0)  # noqa: S311  # `start` gives another
        self._pieces = [piece for seed in seeds for piece in _pieces(seed)]
        self._names = sorted({name for piece in self._pieces if isinstance(piece, dict) for name in piece})
        self._words = sorted({piece for piece in self._pieces if isinstance(piece, str) and len(piece) < 40})

    def start(self, rng: random.Random) -> None:
        """Let `rng` decide from now on."""
        self._rng = rng

    def body(self, seed: bytes) -> bytes:
        """Return a spoilt JSON body."""
        value = msgspec.json.decode(seed)
        for _ in range(self._rng.choice((1, 1, 1, 2, 3, 6))):
            value = self._change(value)
        return self._bytes(msgspec.json.encode(value))

    def stream(self, seed: bytes) -> bytes:
        """Return a spoilt stream: of events, or of JSON lines."""
        rng = self._rng
        end = b"\r\n\r\n" if b"\r\n\r\n" in seed else b"\n\n" if b"\n\n" in seed else b"\n"
        events = [event for event in seed.split(end) if event]
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            if not events:
                break
            at = rng.randrange(len(events))
            what = rng.random()
            if what < 0.7:
                events[at] = self._event(events[at])
            elif what < 0.78:
                del events[at]
            elif what < 0.86:
                events.insert(rng.randrange(len(events)), events[at])
            elif what < 0.93:
                other = rng.randrange(len(events))
                events[at], events[other] = events[other], events[at]
            else:
                events = events[:at]
        return self._bytes(end.join([*events, b""]))

    def cuts(self, whole: bytes) -> list[bytes]:
        """Return `whole` in pieces, as a network may deliver it."""
        rng = self._rng
        if rng.random() < 0.5 or len(whole) < 2:
            return [whole]
        at = sorted(rng.randrange(len(whole)) for _ in range(rng.choice((1, 1, 2, 8))))
        return [whole[start:stop] for start, stop in zip([0, *at], [*at, len(whole)], strict=True)]

    def _event(self, event: bytes) -> bytes:
        start = event.find(b"{")
        if start < 0:
            return self._rng.choice(_RAW)
        try:
            value = msgspec.json.decode(event[start:])
        except msgspec.DecodeError:
            return event
        return event[:start] + msgspec.json.encode(self._change(value))

    def _change(self, root: Any) -> Any:
        """Change one place of `root`, in place but for the root itself."""
        rng, parent, key, value = self._rng, None, None, root
        while isinstance(value, dict | list) and value and (parent is None or rng.random() < 0.75):
            parent = value
            key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
            value = value[key]
        if parent is None:
            return self._other(value)
        how = rng.random()
        if how < 0.5:
            parent[key] = self._other(value)
        elif how < 0.65:
            del parent[key]
        elif isinstance(parent, list):
            self._shuffle(parent, key)
        else:
            self._rename(parent, key)
        return root

    def _other(self, value: Any) -> Any:
        rng = self._rng
        how = rng.random()
        if how < 0.35:
            return _copy(rng.choice(JUNK))
        if how < 0.65:
            return _copy(rng.choice(self._pieces))
        if how < 0.8 and isinstance(value, str):
            return rng.choice((value + value, value[: len(value) // 2], value[::-1], rng.choice(self._words)))
        if how < 0.8 and isinstance(value, dict):
            return value | {rng.choice(self._names): _copy(rng.choice(self._pieces))}
        if how < 0.9:
            return [value, value]
        return {rng.choice(self._names): value}

    def _shuffle(self, parent: list[Any], at: int) -> None:
        rng = self._rng
        match rng.randrange(3):
            case 0:
                parent.append(_copy(parent[at]))
            case 1:
                parent.insert(at, _copy(rng.choice(self._pieces)))
            case _:
                rng.shuffle(parent)

    def _rename(self, parent: dict[str, Any], key: str) -> None:
        rng = self._rng
        if rng.random() < 0.5:
            parent[rng.choice(self._names)] = parent.pop(key)
        else:
            parent[rng.choice(self._names)] = _copy(rng.choice(self._pieces))

    def _bytes(self, data: bytes) -> bytes:
        rng = self._rng
        if rng.random() > _CHANCE_OF_BYTES or not data:
            return data
        at, to = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
        changes: tuple[Callable[[], bytes], ...] = (
            lambda: data[:at],
            lambda: data[:at] + data[to:],
            lambda: data[:at] + data[at : at + 80] * 2 + data[at + 80 :],
            lambda: data[:at] + bytes((data[at] ^ (1 << rng.randrange(8)),)) + data[at + 1 :],
            lambda: data[:at] + rng.choice(_RAW) + data[at:],
            lambda: data[:at] + rng.choice(_RAW) + data[at + 1 :],
            lambda: data.replace(b"\n", b"\r\n"),
        )
        return rng.choice(changes)()


def _copy(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value)) if isinstance(value, dict | list) else value


def _pieces(value: Any) -> list[Any]:
    found = [value]
    inner: Any = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        found += _pieces(one)
    return found
