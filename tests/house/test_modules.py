"""How the code is cut: sizes, names, and tests where their module is."""

from pathlib import Path

import pytest

from house import tree

SECOND_LOOK, NEVER = 400, 600
FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "v2"}
WITHOUT_SOURCE = {"bench", "clients", "docs", "fuzz", "golden", "house", "scripts", "security", "system"}
"""Folders of tests that look at more than one package of wye."""
PACKAGES = {path.parts[2] for path in tree.python("src") if len(path.parts) > 3}


def length(path: Path) -> int:
    return len((tree.ROOT / path).read_text(encoding="utf-8").splitlines())


def test_no_module_is_too_long() -> None:
    sizes = {str(path): length(path) for path in tree.python()}
    assert {name: size for name, size in sizes.items() if size > NEVER} == {}


def test_modules_that_deserve_a_second_look_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    long = [f"{path}: {length(path)} lines" for path in tree.python("src") if length(path) > SECOND_LOOK]
    with capsys.disabled():
        print("", *(f"second look: {line}" for line in long), sep="\n" if long else "", end="")  # noqa: T201  # the list
    assert len(long) <= 3, f"too many modules above {SECOND_LOOK} lines: split some: {long}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in tree.python() if FORBIDDEN & {*path.parts[:-1], path.stem}] == []


def mirrors(test: Path) -> bool:
    """Tell whether `tests/a/b/test_c*.py` has `src/wye/a/b/c*` to test, or tests package a/b as a whole."""
    source = Path("src", "wye", *test.parts[1:-1])
    subject = test.stem.removeprefix("test_")
    modules = [path.stem for path in tree.python("src") if path.parent == source]
    packages = {path.parent.name for path in tree.python("src") if path.parent.parent == source}
    return any(
        subject == name or subject.startswith(f"{name}_") for name in (*modules, *packages, source.name)
    )


def test_tests_mirror_the_source_tree() -> None:
    tests = [path for path in tree.python("tests") if path.name.startswith("test_")]
    mirrored = [path for path in tests if len(path.parts) > 2 and path.parts[1] not in WITHOUT_SOURCE]
    assert [path for path in tests if len(path.parts) == 2] == [], (
        "tests stand in the folder of their package"
    )
    assert [str(path) for path in mirrored if not mirrors(path)] == []


def test_the_mirror_sees_a_stray_test() -> None:
    assert mirrors(Path("tests/core/test_secret.py"))
    assert not mirrors(Path("tests/core/test_nothing_of_ours.py"))
