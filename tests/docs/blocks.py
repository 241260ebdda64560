"""Fenced code blocks of the pages, each one a test."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")


class Block(NamedTuple):
    """A code block: where it stands, its language, the `name=value` words after that, and its text."""

    where: str
    """`file:line` of the opening fence."""
    language: str
    options: dict[str, str]
    text: str


def parse(page: str, markdown: str) -> list[Block]:
    """Find the fenced blocks of one page (CommonMark section 4.5).

    Raises:
        ValueError: a fence is never closed.
    """
    blocks: list[Block] = []
    opened: re.Match[str] | None = None
    start, body = 0, list[str]()
    for number, line in enumerate(markdown.splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, start, body = fence, number, []
        elif fence and fence["ticks"].startswith(opened["ticks"]) and not fence["info"].strip():
            language, *words = opened["info"].split() or [""]
            options = {name: value for name, _, value in (word.partition("=") for word in words)}
            blocks.append(Block(f"{page}:{start}", language, options, "\n".join(body) + "\n"))
            opened = None
        else:
            body.append(line.removeprefix(opened["indent"]))
    if opened is not None:
        message = f"{page}:{start}: this code block is never closed"
        raise ValueError(message)
    return blocks


def pages() -> list[Path]:
    """The README and its neighbours, and every page of docs/."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def collect() -> list[Block]:
    """Every block of every page."""
    return [
        block
        for path in pages()
        for block in parse(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
