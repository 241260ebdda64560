"""What is asked of answers made before, read strictly: what goes upstream is made of known parts only."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import BadRequestError, MethodError, NotFoundError, WyeError
from wye.gateway.asks import BELOW, COMPLETIONS, RESPONSES, read
from wye.protocols.responses.turns import Page

CHATS, ANSWERS = COMPLETIONS.path, RESPONSES.path


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "below"),
    [
        ("GET", f"{ANSWERS}/resp_1", b"", "retrieve", b"/responses/resp_1"),
        ("GET", f"{ANSWERS}/resp_1", b"include%5B%5D=a", "retrieve", b"/responses/resp_1?include[]=a"),
        ("DELETE", f"{ANSWERS}/resp_1", b"", "delete", b"/responses/resp_1"),
        ("POST", f"{ANSWERS}/resp_1/cancel", b"", "cancel", b"/responses/resp_1/cancel"),
        ("GET", f"{ANSWERS}/r/input_items", b"limit=2", "input_items", b"/responses/r/input_items?limit=2"),
        ("GET", CHATS, b"metadata[a]=b&model=m", "list", b"/chat/completions?metadata[a]=b&model=m"),
        ("GET", f"{CHATS}/c", b"", "retrieve", b"/chat/completions/c"),
        ("POST", f"{CHATS}/c", b"", "update", b"/chat/completions/c"),
        ("DELETE", f"{CHATS}/c", b"", "delete", b"/chat/completions/c"),
        ("GET", f"{CHATS}/c/messages", b"order=asc", "messages", b"/chat/completions/c/messages?order=asc"),
    ],
)
def test_what_there_is(method: str, path: str, query: bytes, operation: str, below: bytes) -> None:
    ask = read(method, path, query)
    assert (ask.operation, ask.below, ask.method) == (operation, below, method.encode())


@pytest.mark.parametrize(
    ("method", "path", "query", "error"),
    [
        ("PUT", f"{ANSWERS}/r", b"", MethodError),
        ("POST", f"{ANSWERS}/r", b"", MethodError),
        ("POST", f"{CHATS}/c/messages", b"", MethodError),
        ("GET", f"{ANSWERS}/r/messages", b"", NotFoundError),
        ("GET", f"{CHATS}/c/input_items", b"", NotFoundError),
        ("GET", f"{CHATS}/", b"", NotFoundError),
        ("GET", f"{CHATS}/..", b"", NotFoundError),
        ("GET", f"{CHATS}/a b", b"", NotFoundError),
        ("GET", f"{CHATS}/c", b"stream=true", BadRequestError),
        ("GET", f"{ANSWERS}/r", b"model=m", BadRequestError),
        ("GET", f"{ANSWERS}/r", b"metadata[a]=b", BadRequestError),
        ("GET", f"{ANSWERS}/r", b"after=", BadRequestError),
        ("GET", f"{ANSWERS}/r", b"limit=1&" * 40, BadRequestError),
    ],
)
def test_what_there_is_not(method: str, path: str, query: bytes, error: type[WyeError]) -> None:
    with pytest.raises(error):
        read(method, path, query)


def test_pages_and_streams() -> None:
    items = f"{ANSWERS}/r/input_items"
    assert read("GET", items, b"limit=2&order=asc&after=i").page == Page(2, "asc", "i")
    for query in (b"limit=0", b"limit=101", b"limit=x", b"order=up"):
        with pytest.raises(BadRequestError):
            _ = read("GET", items, query).page
    wants = {
        query: read("GET", f"{ANSWERS}/r", query).streams for query in (b"", b"stream=False", b"stream=true")
    }
    assert wants == {b"": False, b"stream=False": False, b"stream=true": True}


@given(st.sampled_from(["GET", "POST", "DELETE"]), st.sampled_from(BELOW), st.text(), st.text(), st.text())
def test_nothing_else_goes_upstream(method: str, base: str, rest: str, name: str, value: str) -> None:
    try:
        ask = read(method, base + rest, f"{quote(name)}={quote(value)}".encode())
    except WyeError:
        return
    assert re.fullmatch(
        rb"/(responses|chat/completions)(/[A-Za-z0-9_.:-]+){1,2}(\?[\w.:=&\[\]-]+)?", ask.below
    )
