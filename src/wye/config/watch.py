"""Tells when a file has new content to read.

Looks at what `stat` says *through* symbolic links, so that an editor that renames a new file into
place and a Kubernetes ConfigMap that swaps a directory link both count. A change is told only once two
looks in a row agree: half a file may be valid YAML with the labels not written yet.
"""

from pathlib import Path

Stamp = tuple[int, int, int, int]


class Watch:
    """Remembers what the file at `path` looked like. Poll `changed` about once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = self._seen = stamp(path)

    def changed(self) -> bool:
        """Tell, once a change, that there is something new to read. A file that is gone is not."""
        now = stamp(self._path)
        settled = now == self._seen
        self._seen = now
        if now is None or now == self._told or not settled:
            return False
        self._told = now
        return True


def stamp(path: Path) -> Stamp | None:
    """Return what changes with the content: modification time, size, file, device; None = not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
