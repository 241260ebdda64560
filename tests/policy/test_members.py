"""Names of members, and what a form calls the same."""

import pytest

from wye.policy.leaves import Leaf, Step, asked
from wye.policy.members import called


@pytest.mark.parametrize(
    ("member", "form"),
    [
        ("firstName", "name"),
        ("family_name", "surname"),
        ("Address-Line-1", "address"),
        ("city", "city"),
        ("dob", "date of birth"),
        ("model", ""),
        ("x" * 500, ""),
    ],
)
def test_is_called(member: str, form: str) -> None:
    assert called(member) == form


def test_only_beneath_what_is_the_callers_own() -> None:
    """A tool may be called `Grace`; the argument `name` of a tool is somebody's."""
    assert asked(Leaf(("tools", 0, "function", "name"), "Grace")) == (0, "Grace")
    assert asked(Leaf(("messages", 0, "content", Step.JSON, "last"), "Rose")) == (9, "surname: Rose")
    assert asked(Leaf(("metadata", "city"), "Reading")) == (6, "city: Reading")
