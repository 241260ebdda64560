"""What goes through another protocol and comes back is what went in, but for what the contract names.

write in A ─ read ─ losses(A → B) ─ write in B ─ read ─ write in A ─ read
"""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.cases import DIALECTS
from protocols.drawn import conversations
from protocols.facts import Facts
from wye.core.chat import Chat
from wye.protocols.emulation.custom_tools import CustomTools, uses_custom_tools
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.table import CHAT, GEMINI, MESSAGES, RESPONSES
from wye.protocols.translate import Wire

PAIRS = list(itertools.permutations(DIALECTS, 2))
WIRES = {
    CHAT: (Wire(model="m"), Wire(model="m", reasoning_field="reasoning")),
    RESPONSES: (Wire(model="m"), Wire(model="m", encrypted_reasoning=True)),
    MESSAGES: (Wire(model="m"), Wire(model="m", adaptive_thinking=True)),
    GEMINI: tuple(Wire(model=f"gemini-{name}") for name in ("2.5-pro", "2.5-flash", "3-pro")),
}

MOVED = frozenset({"interleaved", "tool_result_media", "document_text"})
"""Losses by which something stands elsewhere, or where nothing stood."""


def through(chat: Chat, protocol: str, wire: Wire) -> Chat:
    """Return what is read of what is written."""
    dialect = DIALECTS[protocol]
    return dialect.read_request(dialect.write_request(chat, wire))


def check(source: str, target: str, data: st.DataObject) -> None:
    there, here = (data.draw(st.sampled_from(WIRES[name])) for name in (target, source))
    drawn = data.draw(conversations(source))
    if losses(drawn, "another", source, here).refuse:
        return  # nobody says that in `source`
    asked = through(drawn, source, here)
    if target != RESPONSES and uses_custom_tools(asked):
        asked = CustomTools(asked).chat  # as the gateway has it before it writes
    going = losses(asked, source, target, there)
    if going.refuse:
        return
    arrived = through(asked, target, there)
    coming = losses(arrived, target, source, here)
    if coming.refuse:  # signed for another, and `source` has a place for that with its clients only
        assert all("signed" in why for why in coming.refuse)
        return
    back = through(arrived, source, here)
    lost = frozenset(going.annotate) | frozenset(coming.annotate)
    before, after = Facts(asked), Facts(back)
    silent = [fact for fact, names in before.told.items() if fact not in after.told and not names & lost]
    assert silent == [], msgspec.json.decode(DIALECTS[target].write_request(asked, there))
    if not lost & MOVED:
        assert after.order == before.order


@pytest.mark.parametrize(("source", "target"), PAIRS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_requests(source: str, target: str, data: st.DataObject) -> None:
    check(source, target, data)


@pytest.mark.deep
@pytest.mark.parametrize(("source", "target"), PAIRS)
@given(data=st.data())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_requests(source: str, target: str, data: st.DataObject) -> None:
    check(source, target, data)
