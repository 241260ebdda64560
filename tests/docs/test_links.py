"""Every link of the pages to a file or heading of this tree leads somewhere."""

import re
from pathlib import Path

import pytest

from docs.blocks import ROOT, pages

_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCED = re.compile(r"^(```+|~~~+).*?^\1 *$", re.MULTILINE | re.DOTALL)


def anchors(markdown: str) -> set[str]:
    """Return what a page's headings are called in links."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(_FENCED.sub("", markdown)))
    return {title.replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: there is no {path}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), (
                f"{page.name}: no #{anchor} in {path}"
            )


def test_anchors_are_lower_case_without_punctuation() -> None:
    assert anchors("# What a client sees\n\n```text\n# no heading\n```\n## `auto`, v1\n") == {
        "what-a-client-sees",
        "auto-v1",
    }
