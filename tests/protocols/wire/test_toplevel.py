import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import BadRequestError
from wye.protocols.wire.toplevel import (
    change,
    find_model,
    insert_first,
    members,
    model_in,
    model_span,
    refuse_duplicates,
    replace,
)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS | st.just('say "model": "x" {[\\'),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.just("model"), inner, max_size=3)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)
SPELLINGS = st.sampled_from(
    [
        {},
        {"ensure_ascii": False},
        {"separators": (",", ":")},
        {"indent": 2},
        {"indent": "\t", "ensure_ascii": False},
    ]
)


def encode(value: object, spelling: dict[str, object]) -> bytes:
    return json.dumps(value, **spelling).encode("utf-8", "surrogatepass")  # type: ignore[arg-type]


@given(OBJECTS, SPELLINGS)
def test_members_are_where_a_json_parser_finds_them(
    value: dict[str, object], spelling: dict[str, object]
) -> None:
    body = encode(value, spelling)
    try:
        body.decode()
    except UnicodeDecodeError:
        return  # a lone surrogate: refused long before
    try:
        found = members(body)
    except ValueError:
        pytest.skip("a key with a lone surrogate escape")
    assert {m.key: json.loads(body[m.start : m.end]) for m in found} == value


@given(OBJECTS, VALUES, SPELLINGS, st.text(alphabet="abc/-é", max_size=9), st.integers(0, 5))
def test_only_the_models_value_changes(
    rest: dict[str, object], messages: object, spelling: dict[str, object], model: str, place: int
) -> None:
    pairs = [(k, v) for k, v in rest.items() if k not in {"model", "messages"}] + [("messages", messages)]
    pairs.insert(min(place, len(pairs)), ("model", "asked"))
    body = encode(dict(pairs), spelling)
    changed = replace(body, find_model(body), model)
    assert list(json.loads(changed).items()) == [(k, model if k == "model" else v) for k, v in pairs]
    start, end = next((m.start, m.end) for m in members(body) if m.key == "model")
    assert changed[:start] == body[:start]
    assert changed[len(changed) - (len(body) - end) :] == body[end:]


def test_the_fast_way_is_taken_for_ordinary_requests() -> None:
    body = b'{"messages":[{"role":"user","content":"say \\"model\\""}],"model": "m"}'
    assert body[slice(*model_span(body))] == b'"m"'  # type: ignore[misc]


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","messages":[{"model":"b"}]}',
        b'{"mod\\u0065l":"a","x":{"model":"b"}}',
        b'{"x":"model","mod\\u0065l":"a"}',
    ],
)
def test_look_alikes_take_the_careful_way(body: bytes) -> None:
    assert model_span(body) is None
    changed = json.loads(replace(body, find_model(body), "new"))
    assert changed["model"] == "new"
    assert {k: v for k, v in changed.items() if k != "model"} == {
        k: v for k, v in json.loads(body).items() if k != "model"
    }


@pytest.mark.parametrize("second", [b'"model"', b'"mod\\u0065l"'])
def test_a_second_model_is_refused(second: bytes) -> None:
    with pytest.raises(BadRequestError, match="more than once"):
        find_model(b'{"model":"allowed",%b:"smuggled"}' % second)


def test_duplicates_are_refused_only_where_they_count() -> None:
    body = b'{"n":1,"user":"a","user":"b","n":9}'
    refuse_duplicates(body, frozenset({"max_tokens"}))
    with pytest.raises(BadRequestError, match="`n`"):
        refuse_duplicates(body, frozenset({"n"}))


@pytest.mark.parametrize("spelling", ["N", "Max_Tokens", "max_to\u212aens", "me\u017f\u017fages"])
def test_a_field_in_other_letters_is_refused(spelling: str) -> None:
    with pytest.raises(BadRequestError, match="other letters"):
        refuse_duplicates(
            b'{"%b":1,"User":2}' % spelling.encode(), frozenset({"n", "max_tokens", "messages"})
        )


def test_a_member_goes_in_front() -> None:
    assert insert_first(b' {"a":1}', b'"b":2') == b' {"b":2,"a":1}'
    assert insert_first(b"{ }", b'"b":2') == b'{"b":2 }'


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b"{}", b'{"n":[null]}'),
        (b'{"a": 1}', b'{"n":[null],"a": 1}'),
        (b'{"a": 1, "n": 2 }', b'{"a": 1, "n": [2] }'),
        (b'{"n":{"n":1},"a":"n","\\u006e":3}', b'{"n":[{"n":1}],"a":"n","\\u006e":[3]}'),
    ],
)
def test_a_members_value_is_changed_wherever_it_stands(body: bytes, changed: bytes) -> None:
    assert change(body, "n", lambda old: b"[" + old + b"]") == changed


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a":[1', b'{"a":"', b"{1:2}"])
def test_what_is_no_object_yields_no_wrong_member(body: bytes) -> None:
    try:
        found = members(body)
    except ValueError:
        return
    assert found == []


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"messages": 5, "model": "m"}', "m"),
        (b'{"model": "' + b"x" * 300 + b'"}', "x" * 256),
        (b'{"model": 5}', ""),
        (b'{"model": "m', ""),
        (b"[]", ""),
        (b"", ""),
    ],
)
def test_the_model_that_is_asked_for_in_vain(body: bytes, model: str) -> None:
    assert model_in(body) == model
