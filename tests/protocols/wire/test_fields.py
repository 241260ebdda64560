from typing import Any

import pytest

from wye.protocols.wire.fields import FieldError, Fields, overlay


def fields(**members: Any) -> Fields:
    return Fields(members, "at")


def test_what_nobody_took_is_left() -> None:
    asked = fields(a="x", b=1, c=True, d=[{"e": 1}], f={"g": 2}, new=[1], nothing=None)
    assert (asked.word("a"), asked.integer("b"), asked.flag("c")) == ("x", 1, True)
    assert [one.integer("e") for one in asked.many("d")] == [1]
    assert asked.object("f") == {"g": 2}
    assert (asked.has("new"), asked.has("nothing"), asked.kind("new"), asked.kind("a")) == (
        True,
        False,
        list,
        None,
    )
    assert asked.rest() == {"new": [1]}


def test_what_is_left_out_is_empty() -> None:
    asked = fields()
    assert (asked.text("a"), asked.integer("a"), asked.number("a"), asked.flag("a")) == ("", None, None, None)
    assert (asked.texts("a"), asked.object("a"), asked.fields("a"), asked.many("a")) == ((), None, None, [])
    assert asked.peek("a") is asked.take("a") is None


@pytest.mark.parametrize(
    ("take", "value"),
    [
        ("text", 1),
        ("word", 1),
        ("flag", 1),
        ("integer", True),
        ("integer", 1.5),
        ("number", "1"),
        ("number", True),
        ("texts", [1]),
        ("object", []),
        ("fields", "x"),
        ("many", {}),
    ],
)
def test_a_wrong_type_names_its_path(take: str, value: object) -> None:
    with pytest.raises(FieldError, match=r"at\.a") as caught:
        getattr(fields(a=value), take)("a")
    assert caught.value.path == "at.a"


def test_paths_go_into_lists() -> None:
    with pytest.raises(FieldError) as caught:
        fields(a=[{"b": 1}, 2]).many("a")
    assert caught.value.path == "at.a[1]"
    with pytest.raises(FieldError, match="the body"):
        Fields([])


def test_a_member_that_must_be_there() -> None:
    with pytest.raises(FieldError, match="required"):
        fields(a=None).word("a")
    with pytest.raises(FieldError, match="must be odd"):
        fields().refuse("a", "must be odd")


def test_the_rest_of_a_known_object_goes_back_under_its_name() -> None:
    asked = fields(cache={"type": "x", "new": 1}, empty={"type": "y"})
    for name in ("cache", "empty"):
        inner = asked.fields(name)
        assert inner is not None
        inner.take("type")
        asked.put_back(name, inner.rest())
    assert asked.rest() == {"cache": {"new": 1}}


def test_extras_are_merged_into_what_is_known() -> None:
    known = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    extras = {"a": {"c": {"f": 3}}, "e": [2], "new": {"g": 4}}
    assert overlay(known, extras) == {"a": {"b": 1, "c": {"d": 2, "f": 3}}, "e": [2], "new": {"g": 4}}
    assert extras == {"a": {"c": {"f": 3}}, "e": [2], "new": {"g": 4}}
