"""Values back in texts, whole and in pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.masking.restore import Restoration
from wye.policy.masking.tokens import Mint

NAMES = ["Ann", 'O"Brien', "back\\slash", "12 Main St\nSpringfield", "Łukasz 😀", "x" * 300, "{}", " "]


@given(st.data())
def test_any_text_cut_anywhere(data: st.DataObject) -> None:
    mint = Mint()
    names = {mint.token("name", value): value for value in NAMES}
    bits = data.draw(st.lists(st.sampled_from([*names, " ", "P", "PERSON_", "a", "_", "S"])))
    text, truth = "".join(bits), "".join(names.get(bit, bit) for bit in bits)
    restoration = Restoration(mint)
    assert restoration.text(text) == truth
    piece, out, at = restoration.piece(), "", 0
    for size in data.draw(st.lists(st.integers(1, 40))):
        out += piece.feed(text[at : at + size])
        assert len(piece.held) < 40
        at += size
    assert out + piece.feed(text[at:], last=True) == truth


@pytest.mark.parametrize("size", [1, 2, 3, 17])
def test_in_json_a_value_is_escaped_as_deep_as_it_stands(size: int) -> None:
    mint = Mint()
    tokens = {value: mint.token("name", value) for value in NAMES}
    inner = {"deep": list(NAMES), "deeper": json.dumps({"deepest": NAMES})}
    truth = json.dumps({"plain": NAMES, "inner": json.dumps(inner, ensure_ascii=False)}, ensure_ascii=False)
    hidden = {"deep": list(tokens.values()), "deeper": json.dumps({"deepest": list(tokens.values())})}
    text = json.dumps({"plain": list(tokens.values()), "inner": json.dumps(hidden)})
    piece = Restoration(mint).piece()
    got = "".join(piece.feed(text[at : at + size]) for at in range(0, len(text), size)) + piece.feed(
        "", last=True
    )
    read, true = json.loads(got), json.loads(truth)
    assert read["plain"] == true["plain"]
    found, meant = json.loads(read["inner"]), json.loads(true["inner"])
    assert found["deep"] == meant["deep"]
    assert json.loads(found["deeper"]) == json.loads(meant["deeper"])


def test_adjacent_tokens_and_what_stands_around_them() -> None:
    mint = Mint()
    ann, bob = mint.token("name", "Ann"), mint.token("email", "bob@x.y")
    restoration = Restoration(mint)
    assert restoration.text(f"{ann}{bob}{ann}s x{ann}_{bob}") == "Annbob@x.yAnns xAnn_bob@x.y"


def test_no_token_of_this_request_nothing_put_back() -> None:
    mint = Mint()
    ann = mint.token("name", "Ann")
    other = Mint().token("name", "Bob")
    for forged in (other, ann[:-1], ann.lower(), ann.replace("PERSON", "SSN"), ann.replace("_", "-")):
        assert Restoration(mint).text(forged) == forged
    assert Restoration(Mint()).text(ann) == ann
    assert Restoration(Mint()).begins("PERSON_") == len("PERSON_")


def test_what_is_minted_for_another_attempt_is_not_known() -> None:
    mint = Mint()
    ann = mint.token("name", "Ann")
    restoration = Restoration(mint)
    later = mint.token("name", 'O"Brien')
    assert restoration.text(f'{{"a": "{ann} {later}"}}') == f'{{"a": "Ann {later}"}}'
