import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.cedar.sources import schema, set_text, sets
from wye.policy.cedar.statements import PolicyTextError, problems, split

TWO = """// A file of rules; with `;` and "quotes" in a comment.

@id("first")
@reason("because; really")
permit (principal, action, resource);

  forbid (principal, action, resource)
  when { resource.model == "a;b//c" }; // the end
"""


def test_statements_know_their_place_name_and_reason() -> None:
    first, second = split(TWO, "my.cedar")
    assert (first.line, first.name, first.reason) == (3, "first", "because; really")
    assert (second.place, second.name, second.reason) == ("my.cedar:7", "my.cedar:7", "")
    assert second.text.endswith('== "a;b//c" };')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\npermit (principal, action, resource) when { foo };", "my.cedar:2: invalid variable: foo"),
        ("permit (principal, action, resource)", "my.cedar:1: the statement does not end: it needs a `;`"),
        ("permit (principal == ?principal, action, resource);", "my.cedar:1: templates"),
        ('permit (principal, action, resource) when { "a };', "my.cedar:1: "),
    ],
)
def test_what_is_no_cedar_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(PolicyTextError, match="^" + message.replace("(", r"\(").replace("?", r"\?")):
        split(text, "my.cedar")


def test_what_does_not_fit_the_schema_is_told_with_its_line() -> None:
    wrong = 'forbid (principal, action, resource) when { resource.lanes == "own" };'
    text = f'@id("a") permit (principal, action, resource);\n@id("a")\n{wrong}'
    assert [line.split(": ")[0] for line in problems(split(text, "f"), schema())] == ["f:2", "f:2"]
    assert "`a` is the name of f:1 as well" in problems(split(text, "f"), schema())[0]
    assert "lanes" in problems(split(text, "f"), schema())[1]


def test_what_is_wrong_in_several_ways_is_told_once_each() -> None:
    wrong = "context.foo == 1 || resource.bar == 1"
    text = f"forbid (principal, action, resource) when {{ {wrong} }} unless {{ {wrong} }};"
    assert problems(split(text, "f"), schema()) == [
        "f:1: attribute `bar` on entity type `Deployment` not found",
        "f:1: attribute `foo` in context not found",
    ]


@pytest.mark.parametrize("name", sets())
def test_the_sets_that_come_with_wye_fit_the_schema_and_give_reasons(name: str) -> None:
    statements = split(set_text(name), name)
    assert problems(statements, schema()) == []
    assert all(statement.reason and statement.name.startswith(f"{name}/") for statement in statements)


@given(st.text(alphabet='permit(){};"/\\\n @x', max_size=60))
def test_whatever_is_written_is_statements_or_an_error_with_a_line(text: str) -> None:
    try:
        found = split(text, "f")
    except PolicyTextError as error:
        found, told = [], str(error)
    else:
        told = "f:1: none"
    assert told.startswith("f:")
    assert all(statement.text.endswith(";") for statement in found)
