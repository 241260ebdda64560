"""YAML text -> a tree that remembers lines.

A scalar stays the text that was written; the settings' types say what it means. So `12:30` is not
750, `no` is not false, and `0123` is not 83, as YAML 1.1 would have it. A plain `null`, `~` or
nothing is None. Limits keep a hostile or broken file from costing more than it is worth.
"""

import msgspec
import yaml

from wye.config.problems import ConfigError, Path, Problem, dotted

MAX_BYTES = 1 << 20
MAX_DEPTH = 24
MAX_NODES = 50_000
"""Counted after aliases are expanded: a billion laughs are not."""

_NULL = {"", "~", "null", "Null", "NULL"}
_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


class Node(msgspec.Struct):
    """A value with its place. `line` and `column` count from 1 and point at its key, if it has one."""

    value: "str | list[Node] | dict[str, Node] | None"
    line: int = 1
    column: int = 1
    broken: bool = False
    """Reported already: whoever reads it leaves it at its default."""

    def find(self, path: Path) -> "Node":
        """Return the node at `path`, or the nearest one above it that exists."""
        node = self
        for step in path:
            below: Node | None = None
            if isinstance(node.value, dict) and isinstance(step, str):
                below = node.value.get(step)
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                below = node.value[step]
            if below is None:
                break
            node = below
        return node

    def names(self, *path: str) -> list[str]:
        """Return the keys of the mapping at `path`; empty if there is none."""
        node: Node | None = self
        for step in path:
            node = node.value.get(step) if node and isinstance(node.value, dict) else None
        return list(node.value) if node and isinstance(node.value, dict) else []

    def plain(self) -> object:
        """Return the tree as text, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class _TooDeepError(Exception):
    """Nesting beyond the limit, with where it happened."""

    def __init__(self, mark: yaml.Mark) -> None:
        self.mark = mark


class _Loader(yaml.BaseLoader):
    """Composes nodes, resolves no types, and stops before recursion gets deep."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeepError(self.peek_event().start_mark)  # type: ignore[no-untyped-call]  # untyped upstream
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse(content: bytes, file: str, *, merge: bool = False) -> tuple[Node, list[Problem]]:
    """Parse one YAML document whose root is a mapping, with the problems of single values.

    `merge`: follow YAML 1.1's merge keys (`<<: *defaults`), which other programs' files may have.

    Raises `ConfigError` when there is nothing to go on with.
    """
    if len(content) > MAX_BYTES:
        raise _whole(file, f"larger than {MAX_BYTES} bytes", "Settings are small; is this the right file?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(file, line, 1, "", "not UTF-8", "Save the file as UTF-8")]) from None
    builder = _Builder(file, merge=merge)
    root = builder.build(_compose(text, file), ())
    if root.value is None:
        root.value = {}
    if not isinstance(root.value, dict):
        builder.report(root, (), "the file must be a mapping", "Begin with a field: `listen: 127.0.0.1:4000`")
        raise ConfigError(builder.problems)
    return root, builder.problems


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, _Loader)
    except _TooDeepError as error:
        place = error.mark.line + 1, error.mark.column + 1
        raise ConfigError([Problem(file, *place, "", f"nested deeper than {MAX_DEPTH} levels")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = "not valid YAML: " + ", ".join(part for part in (error.context, error.problem) if part)
        fix = "Indent with spaces" if "'\\t'" in what else ""
        raise ConfigError([Problem(file, *place, "", what, fix)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError([Problem(file, line, 1, "", "a character that YAML does not allow")]) from None
    except (ValueError, OverflowError):
        # PyYAML lets these through for an escape such as "\UFFFFFFFF", without a place.
        raise _whole(file, "not valid YAML: a character escape or number is out of range", "") from None
    return node


def _whole(file: str, what: str, fix: str) -> ConfigError:
    return ConfigError([Problem(file, 0, 0, "", what, fix)])


class _Builder:
    """Turns composed nodes into the tree, collecting problems."""

    def __init__(self, file: str, *, merge: bool) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0
        self._merge = merge

    def report(self, node: Node, path: Path, what: str, fix: str = "") -> None:
        self.problems.append(Problem(self.file, node.line, node.column, dotted(path), what, fix))

    def build(self, node: yaml.Node | None, path: Path) -> Node:
        if node is None:
            return Node(None)
        here = Node(None, node.start_mark.line + 1, node.start_mark.column + 1)
        self.count += 1
        if self.count > MAX_NODES or len(path) > MAX_DEPTH:
            self.report(here, path, "too many values, or an alias that contains itself", "Write it out")
            raise ConfigError(self.problems)
        if node.tag not in _PLAIN_TAGS:
            here.broken = True
            self.report(here, path, "a YAML tag, which settings do not have", "Remove the `!...`")
            return here
        if isinstance(node, yaml.ScalarNode):
            here.value = None if node.style is None and node.value in _NULL else node.value
        elif isinstance(node, yaml.SequenceNode):
            here.value = [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            here.value = self._mapping(node, path)
        return here

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            place = Node(None, key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                self.report(place, path, "a key must be text")
                continue
            name = key.value
            if name == "<<" and key.style is None and self._merge:
                for name, below in self._merged(value, path).items():
                    merged.setdefault(name, below)
                continue
            if name == "<<" and key.style is None:
                self.report(place, path, "merge keys are not supported", "Write the fields out")
                continue
            if name in entries:
                first = entries[name].line
                self.report(place, (*path, name), f"given twice, first in line {first}", "Remove one of them")
                continue
            built = self.build(value, (*path, name))
            built.line, built.column = place.line, place.column
            entries[name] = built
        return merged | entries

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Node]:
        """Return what `<<` brings in: the entries of one mapping, or of several; the first counts."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        entries: dict[str, Node] = {}
        for source in reversed(sources):
            built = self.build(source, (*path, "<<"))
            entries |= built.value if isinstance(built.value, dict) else {}
        return entries
