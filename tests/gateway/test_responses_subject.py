"""Whose a conversation is."""

import pytest

from wye.core.errors import BadRequestError
from wye.gateway.responses import Before


@pytest.mark.parametrize(
    ("before", "said", "whose"),
    [
        ("", "clinic", "clinic"),
        ("", "ann", "ann"),
        ("clinic", "ann", "ann"),
        ("ann", "clinic", "ann"),
        ("ann", "ann", "ann"),
        ("ann", "bob", None),
    ],
)
def test_a_persons_conversation_stays_that_persons(before: str, said: str, whose: str | None) -> None:
    """What the request says goes before what its key says, `clinic`; but nobody's words get another's key."""
    if whose is None:
        with pytest.raises(BadRequestError, match="another subject"):
            Before(subject=before).whose(said, "clinic")
    else:
        assert Before(subject=before).whose(said, "clinic") == whose
