"""Body length: the short way and the careful way agree."""

from hypothesis import given
from hypothesis import strategies as st

from wye.providers.transport.errors import ProtocolError
from wye.providers.transport.framing import Headers, _careful_length, body_length

NAMES = st.sampled_from([b"content-length", b"transfer-encoding", b"content-encoding", b"date", b"via"])
VALUES = st.sampled_from([b"0", b"5", b"05", b"+5", b"5, 5", b"", b"9" * 19, b"chunked", b"Chunked", b"gzip"])


def outcome(*, careful: bool, status: int, headers: Headers, head: bool) -> tuple[int, bytes | None] | str:
    try:
        return (_careful_length if careful else body_length)(status, headers, head=head)
    except ProtocolError as error:
        return str(error)


@given(st.sampled_from([200, 204, 304, 500]), st.lists(st.tuples(NAMES, VALUES), max_size=4), st.booleans())
def test_both_ways_agree(status: int, headers: Headers, head: bool) -> None:  # noqa: FBT001  # drawn by Hypothesis
    careful = outcome(careful=True, status=status, headers=headers, head=head)
    assert outcome(careful=False, status=status, headers=headers, head=head) == careful
