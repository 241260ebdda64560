"""What is kept of a Responses conversation, and how it is put together again. Pure.

Source: OpenAI API reference, "Create a model response" (`input`, `previous_response_id`), "List input items".
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from wye.protocols.wire.toplevel import change

_RAW = msgspec.Raw()
_TOLD: tuple[bytes, ...] = (b"response.completed", b"response.incomplete")


class Kept(NamedTuple):
    """A turn: the items it brought (JSON array), and the response object that answered."""

    input: str
    answer: str


class _Asked(msgspec.Struct):
    input: msgspec.Raw = _RAW


class _Answered(msgspec.Struct):
    id: str = ""
    output: list[msgspec.Raw] = []


class _Last(msgspec.Struct):
    type: str = ""
    response: msgspec.Raw = _RAW


class _Text(msgspec.Struct, tag_field="type", tag="message"):
    content: msgspec.Raw
    role: Literal["user"] = "user"


_ASKED = msgspec.json.Decoder(_Asked)
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, Any]])
_ANSWERED = msgspec.json.Decoder(_Answered)
_LAST = msgspec.json.Decoder(_Last)


def asked_items(body: bytes) -> str:
    """Return what a request's `input` brings as a JSON array of items. `body` has been decoded before."""
    raw = _ASKED.decode(body).input
    if not len(raw) or bytes(raw) == b"null":
        return "[]"
    told = _INPUT.decode(raw)
    items = [msgspec.json.encode(_Text(raw))] if isinstance(told, str) else told
    return _array(items).decode()


def expanded(body: bytes, turns: Iterable[Kept]) -> bytes:
    """Return the request with all that came before in its `input`, and without a `previous_response_id`."""
    items: list[msgspec.Raw] = []
    for turn in turns:
        items += _ITEMS.decode(turn.input)
        items += _ANSWERED.decode(turn.answer).output
    items += _ITEMS.decode(asked_items(body))
    whole = _array(items)
    body = change(body, "input", lambda _: whole)
    return change(body, "previous_response_id", lambda _: b"null")


def answer_id(answer: bytes) -> str:
    """Return the id of a whole answer; empty = it has none."""
    try:
        return _ANSWERED.decode(answer).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def begun_id(events: bytes) -> str:
    """Return the id of the answer that a stream begins, in Chat too; empty = its first event tells none."""
    at = events.find(b"data:")
    if at < 0:
        return ""
    line = events[at + len(b"data:") :].partition(b"\n")[0]
    try:
        first = _LAST.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return answer_id(bytes(first.response) if len(first.response) else line)


def last_response(events: bytes) -> bytes:
    """Return the response object that a stream's last events tell; nothing if they tell none."""
    at = events.rfind(b"data:")
    if at < 0:
        return b""
    try:
        last = _LAST.decode(events[at + len(b"data:") :].partition(b"\n")[0])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    return bytes(last.response) if last.type.encode() in _TOLD else b""


class Page(NamedTuple):
    """Which of the items a client wants to see."""

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str = ""


def items_page(id_: str, asked: str, page: Page) -> bytes:
    """Return a page of what the turn `id_` brought, in OpenAI's list shape.

    An item without an id gets one. Raises `ValueError` for an `after` that is none of them.
    """
    items = map(_spelled_out, _OBJECTS.decode(asked))
    named = [{"id": f"item_{at}_{id_}"} | item for at, item in enumerate(items)]
    if page.order == "desc":
        named.reverse()
    begin = 0
    if page.after:
        begin = [item["id"] for item in named].index(page.after) + 1
    shown = named[begin : begin + page.limit]
    ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {}
    more = begin + page.limit < len(named)
    told = {"object": "list", "data": shown, "first_id": None, "last_id": None, "has_more": more}
    return msgspec.json.encode(told | ends)


def _spelled_out(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as OpenAI lists it: with its type, and its text as a part."""
    item = {"type": "message"} | item if "role" in item else item
    if item.get("type") != "message" or not isinstance(item.get("content"), str):
        return item
    said = item.get("role") == "assistant"
    empty: dict[str, Any] = {"annotations": []} if said else {}
    part = {"type": "output_text" if said else "input_text", "text": item["content"]} | empty
    return item | {"content": [part]}


def _array(items: Sequence[msgspec.Raw | bytes]) -> bytes:
    return b"[%b]" % b",".join(map(bytes, items))
