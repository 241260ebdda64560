"""What wye sends and answers when it translates, kept to the byte, so that a change of it is seen.

`WYE_UPDATE_GOLDEN=1 pytest tests/golden` keeps what is made now.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from golden.cases import ANSWERS, DIALECTS, DOWNSTREAM, REQUESTS, STREAMS, WIRE
from golden.snapshot import KEPT, keep, kept, path_of, written
from wye.core.errors import BadRequestError
from wye.core.stream import Event, Order
from wye.protocols.emulation.custom_tools import CustomTools, uses_custom_tools
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.table import RESPONSES


def sent(source: str, name: str, target: str) -> dict[str, Any]:
    """Return what an upstream gets, or why it gets nothing."""
    try:
        chat = DOWNSTREAM[source].read_request(json.dumps(REQUESTS[source][name]).encode())
    except BadRequestError as error:
        return {"refused": [str(error)]}
    emulated = {}
    if target not in (source, RESPONSES) and uses_custom_tools(chat):
        emulated, chat = {"emulated": [CustomTools.name]}, CustomTools(chat).chat
    found = losses(chat, source, target, WIRE)
    if found.refuse:
        return {"refused": list(found.refuse)}
    body = msgspec.json.decode(DIALECTS[target].write_request(chat, WIRE))
    return emulated | {"lost": list(found.annotate), "sent": body}


def answered(source: str, name: str, target: str) -> Any:
    """Return what a client gets."""
    try:
        answer = DIALECTS[source].read_answer(json.dumps(ANSWERS[source][name]).encode())
    except ValueError as error:
        return {"no answer": str(error)}
    return msgspec.json.decode(DOWNSTREAM[target].write_answer(answer))


def told(stream: str, source: str) -> list[Event]:
    reader = DIALECTS[source].reader()
    return [*reader.feed(stream.encode()), *reader.finish()]


def relayed(source: str, name: str, target: str) -> list[str]:
    """Return what a client gets, by lines."""
    writer = DOWNSTREAM[target].writer(want_usage=True)
    events = told(STREAMS[source][name], source)
    order = Order()
    for event in events:
        order.see(event)
    assert order.state == "over"
    return b"".join(writer.write(event) for event in events).decode().split("\n")


Make = Callable[[str, str, str], Any]
KINDS: dict[str, tuple[Make, list[tuple[str, str, list[str]]]]] = {
    "requests": (sent, [(one, to, [*REQUESTS[one]]) for one in DOWNSTREAM for to in DIALECTS]),
    "answers": (answered, [(one, to, [*ANSWERS[one]]) for one in DIALECTS for to in DOWNSTREAM]),
    "streams": (relayed, [(one, to, [*STREAMS[one]]) for one in DIALECTS for to in DOWNSTREAM]),
}
PAIRS = [(kind, source, target) for kind, (_, pairs) in KINDS.items() for source, target, _ in pairs]


@pytest.mark.parametrize(("kind", "source", "target"), PAIRS)
def test_what_is_made_is_what_is_kept(kind: str, source: str, target: str) -> None:
    make, pairs = KINDS[kind]
    names = next(names for one, to, names in pairs if (one, to) == (source, target))
    made = {name: make(source, name, target) for name in names}
    keep(made, kind, source, target)
    expected = kept(kind, source, target)
    assert list(expected) == list(made)
    for name, one in made.items():
        assert written(one) == written(expected[name]), (
            f"{name} differs: WYE_UPDATE_GOLDEN=1 keeps the new one"
        )


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source in STREAMS for name in STREAMS[source]]
)
def test_streams_are_read_the_same_wherever_they_are_cut(source: str, name: str) -> None:
    stream = STREAMS[source][name].encode()
    whole = told(STREAMS[source][name], source)
    for step in (1, 7):
        reader = DIALECTS[source].reader()
        cut = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
        assert cut + reader.finish() == whole
    for at in range(len(stream)):
        reader = DIALECTS[source].reader()
        assert [*reader.feed(stream[:at]), *reader.feed(stream[at:]), *reader.finish()] == whole


def test_nothing_is_kept_that_nobody_makes() -> None:
    made = {path_of(kind, source, target) for kind, source, target in PAIRS}
    assert {path for path in KEPT.rglob("*") if path.is_file()} == made


def test_there_are_requests_enough() -> None:
    assert sum(len(REQUESTS[source]) for source in DOWNSTREAM) > 60


@pytest.mark.parametrize("source", DIALECTS)
def test_an_answer_nested_too_deeply_is_no_answer(source: str) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ValueError, match="nested too deeply"):
        DIALECTS[source].read_answer(b'{"content":' + deep + b',"choices":' + deep + b"}")
