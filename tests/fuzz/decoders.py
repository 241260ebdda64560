"""Every decoder, with what feeds it and what it may do: answer, or refuse as its contract says."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from fuzz.mutation import Mutator
from golden.cases import ANSWERS, CODECS, DIALECTS, DOWNSTREAM, NATIVE, REQUESTS, STREAMS, WIRE
from protocols.both import Dialect
from protocols.recordings import protocol, recorded
from wye.core.chat import Chat, Finish, Message, Role, Text, Tool, ToolCall
from wye.core.errors import BadRequestError
from wye.core.fold import FailedError, fold
from wye.core.stream import Begin, Close, Delta, End, Event, Fail, Finished, Open, Order
from wye.protocols.codec import Codec, Edits, NativeCodec
from wye.protocols.emulation.calls import Emulation
from wye.protocols.emulation.custom_tools import CustomTools
from wye.protocols.lossiness.losses import losses
from wye.protocols.translate import DownstreamDialect

EDITS = Edits(model="upstream-m", include_usage=True, output_cap=100)
Try = Callable[[bytes, Mutator], None]


class Decoder(NamedTuple):
    """One decoder. `attempt` raises for what must not happen."""

    name: str
    seeds: tuple[bytes, ...]
    attempt: Try
    is_stream: bool = False


def request(dialect: DownstreamDialect) -> Try:
    """What is read can be written for every upstream, or is refused."""

    def attempt(data: bytes, _: Mutator) -> None:
        try:
            chat = dialect.read_request(data)
        except BadRequestError:
            return
        for name, target in DIALECTS.items():
            if not losses(chat, dialect.name, name, WIRE).refuse:
                target.write_request(chat, WIRE)

    return attempt


def answer(dialect: Dialect) -> Try:
    """What is read can be written for every client."""

    def attempt(data: bytes, _: Mutator) -> None:
        try:
            told = dialect.read_answer(data)
        except ValueError:
            return
        for client in DOWNSTREAM.values():
            client.write_answer(told)

    return attempt


def stream(dialect: Dialect) -> Try:
    """What is read is legal, comes to an end, and can be written for every client."""

    def attempt(data: bytes, mutator: Mutator) -> None:
        reader = dialect.reader()
        events: list[Event] = []
        try:
            for piece in mutator.cuts(data):
                events += reader.feed(piece)
        except ValueError:
            return
        events += reader.finish()
        order = Order()
        for event in events:
            order.see(event)
        assert order.state == "over", "the stream has no end"
        assert isinstance(events[-1], End | Fail)
        with suppress(FailedError):
            fold(events)
        for client in DOWNSTREAM.values():
            writer = client.writer(want_usage=True)
            for event in events:
                writer.write(event)

    return attempt


def taken(codec: Codec, native: NativeCodec | None) -> Try:
    """What is taken can be sent on."""

    def attempt(data: bytes, _: Mutator) -> None:
        try:
            asked = codec.decode(data)
            codec.refuse_duplicates(asked)
        except BadRequestError:
            return
        if native is not None:
            json.loads(native.splice(asked, EDITS))

    return attempt


def usage(codec: NativeCodec) -> Try:
    """A whole answer of an upstream that speaks the same."""

    def attempt(data: bytes, _: Mutator) -> None:
        try:
            codec.usage(data)
        except ValueError:
            return

    return attempt


def relay(codec: NativeCodec) -> Try:
    """A stream of an upstream that speaks the same."""

    def attempt(data: bytes, mutator: Mutator) -> None:
        passing = codec.relay(EDITS)
        try:
            for piece in mutator.cuts(data):
                passing.feed(piece)
        except ValueError:
            return
        passing.finish()

    return attempt


def emulated(emulation: Emulation | CustomTools, part: Text | ToolCall) -> Try:
    """What comes in place of a call that the upstream cannot make: legal events, whatever the model wrote."""

    def attempt(data: bytes, mutator: Mutator) -> None:
        passing, order = emulation.filter(), Order()
        pieces = mutator.cuts(data)
        said = [Delta(index=0, text=piece.decode(errors="replace")) for piece in pieces]
        begun = [Begin(id="a", model="m"), Open(index=0, part=part)]
        events = [*begun, *said, Close(index=0), Finished(finish=Finish.STOP), End()]
        try:
            told = [event for one in events for event in passing.pass_on([one])]
        except ValueError:
            return
        for event in told:
            order.see(event)
        assert order.state == "over", "the stream has no end"
        fold(told)

    return attempt


TOOLS = Chat(
    model="m",
    messages=(Message(role=Role.USER, parts=(Text(text="Hi"),)),),
    tools=(Tool(name="weather", schema={"type": "object"}), Tool(name="sql", custom=True)),
)
REPLIES = (
    {"tool_calls": [{"name": "weather", "arguments": {"city": "Paris"}}]},
    {"tool_calls": [{"name": "weather", "arguments": {"city": 'a"é'}}, {"name": "sql", "arguments": {}}]},
    {"answer": "It rains.\n\t🙂"},
    {"input": 'SELECT 1 -- "é'},
)


def bodies(many: Iterable[Any]) -> tuple[bytes, ...]:
    return tuple(json.dumps(one).encode() for one in many)


_LARGEST = 20_000
"""Bytes of a recording that is worth spoiling many times."""
_MOST = 60
"""Recordings a decoder is given."""


def with_recordings() -> tuple[Decoder, ...]:
    """Return all decoders, with recorded exchanges among what feeds them, where a machine has them."""
    requests: dict[str, list[bytes]] = {}
    answers: dict[str, list[bytes]] = {}
    streams: dict[str, list[bytes]] = {}
    for exchange in recorded():
        name = protocol(exchange)
        requests.setdefault(name, []).append(json.dumps(exchange["request"]).encode())
        if exchange["status"] == 200 and isinstance(exchange["response"], str):
            streams.setdefault(name, []).append(exchange["response"].encode())
        elif exchange["status"] == 200:
            answers.setdefault(name, []).append(json.dumps(exchange["response"]).encode())
    kinds = {"request": requests, "codec": requests, "answer": answers, "usage": answers} | dict.fromkeys(
        ("stream", "relay"), streams
    )
    return tuple(_fed(decoder, kinds) for decoder in DECODERS)


def _fed(decoder: Decoder, kinds: dict[str, dict[str, list[bytes]]]) -> Decoder:
    name, _, kind = decoder.name.partition(" ")
    found = [seed for seed in kinds.get(kind, {}).get(name, ()) if len(seed) <= _LARGEST]
    return decoder._replace(seeds=(*decoder.seeds, *found[:: len(found) // _MOST + 1]))


def _all() -> Iterator[Decoder]:
    for name, client in DOWNSTREAM.items():
        yield Decoder(f"{name} request", bodies(REQUESTS[name].values()), request(client))
    for name, dialect in DIALECTS.items():
        whole, streamed = (
            bodies(ANSWERS[name].values()),
            tuple(one.encode() for one in STREAMS[name].values()),
        )
        yield Decoder(f"{name} answer", whole, answer(dialect))
        yield Decoder(f"{name} stream", streamed, stream(dialect), is_stream=True)
    for name, codec in CODECS.items():
        native = NATIVE.get(name)
        yield Decoder(f"{name} codec", bodies(REQUESTS[name].values()), taken(codec, native))
    for name, native in NATIVE.items():
        whole, streamed = (
            bodies(ANSWERS[name].values()),
            tuple(one.encode() for one in STREAMS[name].values()),
        )
        yield Decoder(f"{name} usage", whole, usage(native))
        yield Decoder(f"{name} relay", streamed, relay(native), is_stream=True)
    yield Decoder("tools emulated", bodies(REPLIES), emulated(Emulation(TOOLS), Text(text="")))
    call = ToolCall(id="a", name="sql", arguments="")
    yield Decoder("custom_tools emulated", bodies(REPLIES), emulated(CustomTools(TOOLS), call))


DECODERS = tuple(_all())
