from typing import Any

import pytest

from wye.core.errors import BadRequestError
from wye.gateway import modellist


def row(name: str, **facts: Any) -> dict[str, Any]:
    known = {"operations": ["chat"], "context_tokens": 8192, "max_output_tokens": 512}
    told = known | {"tools": True, "vision": None} | facts
    return {"id": name, "object": "model", "created": 0, "owned_by": "wye", "wye": told}


ROWS = [row(f"m{at}") for at in range(45)]


def walk(name: str, **query: str) -> list[list[str]]:
    """The ids of every page, as an SDK would turn them."""
    pages = []
    while True:
        if name == "anthropic":
            page = modellist.anthropic_list(ROWS, query)
            pages.append([one["id"] for one in page["data"]])
            assert (page["first_id"], page["last_id"]) == (pages[-1][0], pages[-1][-1])
            if not page["has_more"]:
                return pages
            query["after_id"] = page["last_id"]
        else:
            page = modellist.gemini_list(ROWS, query)
            pages.append([one["baseModelId"] for one in page["models"]])
            if "nextPageToken" not in page:
                return pages
            query["pageToken"] = page["nextPageToken"]


@pytest.mark.parametrize(
    ("name", "query", "sizes"),
    [
        ("anthropic", {}, [20, 20, 5]),
        ("anthropic", {"limit": "45"}, [45]),
        ("anthropic", {"limit": "15"}, [15, 15, 15]),
        ("gemini", {}, [45]),
        ("gemini", {"pageSize": "40"}, [40, 5]),
        ("gemini", {"page_size": "45"}, [45]),
        ("gemini", {"pageToken": ""}, [45]),
    ],
)
def test_every_model_is_on_one_page(name: str, query: dict[str, str], sizes: list[int]) -> None:
    pages = walk(name, **query)
    assert [len(page) for page in pages] == sizes
    assert [one for page in pages for one in page] == [row["id"] for row in ROWS]


def test_pages_backwards() -> None:
    page = modellist.anthropic_list(ROWS, {"before_id": "m30", "limit": "20"})
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("m10", "m29", True)
    page = modellist.anthropic_list(ROWS, {"before_id": "m10", "limit": "20"})
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("m0", "m9", False)
    page = modellist.anthropic_list(ROWS, {"before_id": "m0"})
    assert page == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "ten"}, {"limit": "99999999"}]
)
def test_a_page_has_a_size(query: dict[str, str]) -> None:
    with pytest.raises(BadRequestError) as caught:
        modellist.anthropic_list(ROWS, query)
    assert caught.value.param == "limit"
    with pytest.raises(BadRequestError, match="pageSize"):
        modellist.gemini_list(ROWS, {"pageSize": query["limit"]})


def test_pages_between_two_models() -> None:
    page = modellist.anthropic_list(ROWS, {"after_id": "m3", "before_id": "m7", "limit": "2"})
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (["m4", "m5"], True)


def test_after_a_model_that_is_gone_comes_none() -> None:
    assert modellist.anthropic_list(ROWS, {"after_id": "gone"})["data"] == []
    assert modellist.gemini_list(ROWS, {"pageToken": "gone"}) == {"models": []}


def test_no_models() -> None:
    assert modellist.anthropic_list([], {})["first_id"] is None
    assert modellist.gemini_list([], {}) == {"models": []}
    assert modellist.ollama_tags([]) == {"models": []}


def test_geminis_row() -> None:
    told = modellist.gemini_row(row("own/m", max_output_tokens=None))
    assert told == {
        "name": "models/own/m",
        "baseModelId": "own/m",
        "version": "",
        "displayName": "own/m",
        "description": "wye",
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "inputTokenLimit": 8192,
    }
    vectors = modellist.gemini_row(row("e", operations=["embeddings"]))
    assert vectors["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]


def test_ollamas_rows() -> None:
    told = modellist.ollama_row(row("m", operations=["chat", "embeddings"], vision=True))
    assert told["capabilities"] == ["completion", "embedding", "tools", "vision"]
    assert (told["name"], told["size"], len(told["digest"])) == ("m", 0, 64)
    shown = modellist.ollama_show(row("m", tools=None))
    assert shown["capabilities"] == ["completion"]
    assert shown["model_info"] == {
        "general.architecture": "wye",
        "general.basename": "m",
        "wye.context_length": 8192,
    }
    assert "wye.context_length" not in modellist.ollama_show(row("m", context_tokens=None))["model_info"]
