"""Recorded exchanges through every other protocol, where a machine has them."""

import json
from typing import Any

import msgspec
import pytest

from golden.cases import DIALECTS
from protocols.facts import Facts
from protocols.recordings import protocol, recorded
from protocols.test_translate_answers import WIRES, gist, relayed, whole
from protocols.test_translate_requests import MOVED, through
from wye.core.answer import Answer
from wye.core.chat import Finish, ToolCall
from wye.core.fold import FailedError, fold
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.table import GEMINI

EXCHANGES = [one for one in recorded() if one["method"] == "POST" and protocol(one)]
REQUESTS = [one for one in EXCHANGES if isinstance(one["request"], dict)]
ANSWERS = [one for one in EXCHANGES if one["status"] == 200 and one["response_kind"] == "json"]
STREAMS = [one for one in EXCHANGES if one["status"] == 200 and "data:" in str(one["response"])[:300]]


def name(exchange: dict[str, Any]) -> str:
    return str(exchange["id"])


@pytest.mark.parametrize("target", DIALECTS)
@pytest.mark.parametrize("exchange", REQUESTS, ids=name)
def test_requests(exchange: dict[str, Any], target: str) -> None:
    source = protocol(exchange)
    chat = DIALECTS[source].read_request(json.dumps(exchange["request"]).encode())
    going = losses(chat, source, target, WIRES[target])
    if source == target or going.refuse or not chat.messages:
        return
    arrived = through(chat, target, WIRES[target])
    coming = losses(arrived, target, source, WIRES[source])
    back = through(arrived, source, WIRES[source])
    lost = frozenset(going.annotate) | frozenset(coming.annotate)
    before, after = Facts(chat), Facts(back)
    silent = [fact for fact, names in before.told.items() if fact not in after.told and not names & lost]
    assert [fact for fact in silent if not unknown_kind(fact, target)] == []
    if not lost & MOVED:
        assert after.order == before.order


def unknown_kind(fact: tuple[Any, ...], target: str) -> bool:
    """Gemini is sent a URL that does not say what is there, and reads no such thing."""
    return target == GEMINI and fact[1] == "image" and fact[2].kind == "url"


def read(answer: Answer) -> tuple[Any, ...]:
    """The gist of an answer, where some say less: ids of calls, empty arguments, who refused."""
    choice = answer.choices[0]
    parts = tuple(
        msgspec.structs.replace(part, id="", arguments=part.arguments or "{}")
        if isinstance(part, ToolCall)
        else part
        for part in choice.parts
    )
    finish = Finish.REFUSAL if choice.finish is Finish.CONTENT_FILTER else choice.finish
    return gist(
        msgspec.structs.replace(
            answer, choices=(msgspec.structs.replace(choice, parts=parts, finish=finish),)
        )
    )


@pytest.mark.parametrize("client", DIALECTS)
@pytest.mark.parametrize("exchange", ANSWERS, ids=name)
def test_answers(exchange: dict[str, Any], client: str) -> None:
    try:
        answer = DIALECTS[protocol(exchange)].read_answer(json.dumps(exchange["response"]).encode())
    except ValueError:
        return  # an error with a 200
    assert read(whole(client, answer)) == read(answer)


@pytest.mark.parametrize("client", DIALECTS)
@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams(exchange: dict[str, Any], client: str) -> None:
    reader = DIALECTS[protocol(exchange)].reader()
    events = [*reader.feed(exchange["response"].encode()), *reader.finish()]
    try:
        answer = fold(events)
    except FailedError:
        return
    assert read(relayed(client, events)) == read(answer)
