import pytest

from wye.core.errors import BadRequestError
from wye.core.label import parse_labels


def test_a_list_with_spaces_and_capitals() -> None:
    assert parse_labels(" PHI, internal ") == {"phi", "internal"}


@pytest.mark.parametrize("text", ["", ",", "phi,", "a b", "-x", "x" * 65, "p\xedi", "phi;internal"])
def test_what_is_not_well_formed_is_refused_and_not_dropped(text: str) -> None:
    with pytest.raises(BadRequestError):
        parse_labels(text)


def test_too_many() -> None:
    with pytest.raises(BadRequestError, match="more than 16"):
        parse_labels(",".join(f"l{i}" for i in range(17)))
