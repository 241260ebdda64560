"""Finding code blocks."""

import pytest

from docs.blocks import Block, parse


def test_blocks_carry_place_language_options_and_text() -> None:
    page = "Intro\n\n```console fails norun=docker\n$ a\n```\n\n  ~~~yaml\n  a: 1\n  ```\n  ~~~\n"
    assert parse("p.md", page) == [
        Block("p.md:3", "console", {"fails": "", "norun": "docker"}, "$ a\n"),
        Block("p.md:7", "yaml", {}, "a: 1\n```\n"),
    ]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    assert [block.text for block in parse("p.md", "````text\n```json\n{}\n```\n````\n")] == [
        "```json\n{}\n```\n"
    ]


def test_a_block_without_a_language_has_an_empty_one() -> None:
    assert parse("p.md", "```\nx\n```\n")[0].language == ""


def test_an_open_fence_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"p.md:2: .* never closed"):
        parse("p.md", "\n```json\n{}\n")
