"""What the files may and must say."""

import re
import tomllib
from pathlib import Path

from house import tree

# Spelt in pieces, so that this file passes its own check.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "crates" + ".io")
LOCKS = {Path("uv.lock")}
NOQA = re.compile(r"#\s*noqa(?!:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+#\s+\S)", re.IGNORECASE)
TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[[\w, -]+\])")


def test_only_the_lock_names_a_package_registry() -> None:
    texts = {path: tree.text(path) or "" for path in tree.files() if path not in LOCKS}
    assert [str(path) for path, text in texts.items() if any(host in text for host in REGISTRIES)] == []


def exceptions_without_reason() -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in tree.python()
        if path != Path("tests/house/test_tree.py")  # it spells the pattern
        for number, line in enumerate((tree.text(path) or "").splitlines(), 1)
        if NOQA.search(line) or TYPE_IGNORE.search(line)
    ]


def test_every_exception_to_a_rule_says_which_and_why() -> None:
    assert exceptions_without_reason() == []


def test_the_pattern_for_reasons() -> None:
    assert NOQA.search("x  # noqa")
    assert NOQA.search("x  # noqa: S603")
    assert not NOQA.search("x  # noqa: S603, S607  # our own program")
    assert TYPE_IGNORE.search("x  # type: ignore")
    assert not TYPE_IGNORE.search("x  # type: ignore[misc]")


def test_the_changelog_has_this_version() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(project['version'])}\]", changelog, re.MULTILINE)


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in tree.files() if path.parts[:2] == ("docs", "decisions")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_the_image_and_the_bootstrap_pin_the_same_uv() -> None:
    pinned = {
        name: re.findall(pattern, (tree.ROOT / name).read_text(encoding="utf-8"))
        for name, pattern in {
            "Dockerfile": r"uv==([\d.]+)",
            "scripts/bootstrap.py": r'UV = "([\d.]+)"',
        }.items()
    }
    assert pinned["Dockerfile"] == pinned["scripts/bootstrap.py"] != []
