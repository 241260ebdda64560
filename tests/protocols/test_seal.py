"""What is sealed comes back as it was; what is not ours is left alone."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.chat import Chat, Message, Part, Reasoning, Role, Text, ToolCall
from wye.protocols.seal import is_sealed, joined, opened, parted, seal, unseal

THOUGHTS = st.builds(
    Reasoning,
    text=st.text(max_size=20),
    summary=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    signature=st.text(max_size=20),
    encrypted=st.text(max_size=20),
    id=st.text(max_size=5),
    origin=st.sampled_from(["gemini", "openai_responses"]),
)


@given(thought=THOUGHTS)
def test_a_thought_comes_back_whole(thought: Reasoning) -> None:
    sealed = seal(thought)
    assert unseal(sealed) == thought
    assert base64.b64decode(sealed, validate=True)


@given(thought=THOUGHTS)
def test_a_client_that_holds_it_as_bytes_may_spell_it_anew(thought: Reasoning) -> None:
    held = base64.b64decode(seal(thought))
    assert unseal(base64.urlsafe_b64encode(held).decode()) == thought
    assert unseal(base64.urlsafe_b64encode(held).decode().rstrip("=")) == thought


def test_extras_stay_behind() -> None:
    assert unseal(seal(Reasoning(text="a", extras={"new": 1}))) == Reasoning(text="a")


@given(text=st.text(max_size=30))
def test_anything_else_is_not_ours(text: str) -> None:
    assert unseal(text) is None


@pytest.mark.parametrize("rest", ["", "!", "AAAA", "e30=", "eyJ0ZXh0IjoxfQ==", "//79", "é"])
def test_what_only_looks_sealed_is_not(rest: str) -> None:
    opening = base64.b64encode(b"wye-1:").decode()
    if rest == "e30=":
        assert unseal(opening + rest) == Reasoning()
    else:
        assert unseal(opening + rest) is None


def test_the_signature_of_a_call_travels_ahead_of_it() -> None:
    signed = ToolCall(id="a", name="f", arguments="{}", signature="c2ln")
    plain = ToolCall(id="b", name="f", arguments="{}")
    thought = Reasoning(text="Hm.", signature="s", origin="gemini")
    parts = (thought, Text(text="So:"), signed, plain)
    apart = tuple(parted(parts))
    assert apart[2] == Reasoning(signature="c2ln", id="a", origin="gemini")
    assert apart[3] == ToolCall(id="a", name="f", arguments="{}")
    assert tuple(joined(apart)) == parts


def request_of(*parts: Part) -> Chat:
    return Chat(model="m", messages=(Message(role=Role.ASSISTANT, parts=parts),))


def test_a_request_is_opened() -> None:
    thought = Reasoning(text="Hm.", signature="s", origin="anthropic_messages")
    behind_call = Reasoning(signature="c2ln", id="a", origin="gemini")
    call = ToolCall(id="a", name="f", arguments="{}")
    sent = request_of(
        Reasoning(text="shown", signature=seal(thought), origin="gemini"),
        Reasoning(encrypted=seal(behind_call), origin="openai_responses"),
        call,
    )
    signed = ToolCall(id="a", name="f", arguments="{}", signature="c2ln")
    assert opened(sent) == request_of(thought, signed)
    assert is_sealed(seal(thought).encode())
    assert not is_sealed(b"wye-1:")


def test_pieces_that_a_client_gathered_go_with_the_whole() -> None:
    thought = Reasoning(summary=("One.", "Two."), encrypted="e", origin="openai_responses")
    pieces = [Reasoning(text=one) for one in ("One.", "\n\nTw", "o.")]
    sealed = Reasoning(signature=seal(thought), origin="gemini")
    assert opened(request_of(*pieces, sealed)) == request_of(thought)
    other = Reasoning(text="Else.")
    assert opened(request_of(other, sealed)) == request_of(other, thought)
