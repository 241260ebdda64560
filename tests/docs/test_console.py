"""Running console blocks."""

from pathlib import Path

import pytest

from docs.console import Ran, Step, line_matches, missing, run, steps

ENV = {"PATH": "/usr/bin:/bin"}


def test_steps_join_continued_lines_and_keep_output() -> None:
    text = "$ curl a \\\n  -d b\nout\n\n> quoted\n$ cat <<X\n> in\n> X\nin\n"
    assert steps(text) == [
        Step("curl a \\\n  -d b", ["out", "", "> quoted"]),
        Step("cat <<X\nin\nX", ["in"]),
    ]


def test_a_block_that_begins_with_output_is_an_error() -> None:
    with pytest.raises(ValueError, match="begins with"):
        steps("out\n$ a\n")


@pytest.mark.parametrize(
    ("expected", "line", "matches"),
    [
        ("a ... c", "a b c", True),
        ("a ... c", "a c d", False),
        ("  [x]  ", "[x]", True),
        ("a.c", "abc", False),
        ("...", "", True),
    ],
)
def test_only_three_dots_are_a_wildcard(expected: str, line: str, *, matches: bool) -> None:
    assert line_matches(expected, line) is matches


def test_expected_lines_are_sought_in_order_with_others_between() -> None:
    printed = "one\nnoise\ntwo\n"
    assert missing(["one", "", "two"], printed) is None
    assert missing(["two", "one"], printed) == "one"


def test_commands_share_a_shell_and_keep_their_own_output(tmp_path: Path) -> None:
    ran = run(["export A=1; cd /", "echo $A $PWD; echo e >&2", "false"], env=ENV, cwd=tmp_path)
    assert ran == [Ran(0, ""), Ran(0, "1 /\ne\n"), Ran(1, "")]


def test_a_shell_that_leaves_early_is_seen(tmp_path: Path) -> None:
    assert run(["echo a", "exit 3", "echo b"], env=ENV, cwd=tmp_path) == [Ran(0, "a\n"), Ran(3, "")]
    assert run(["echo 'unclosed"], env=ENV, cwd=tmp_path)[0].status != 0
