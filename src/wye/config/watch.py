"""Tells when the files that settings are made of have new content to read.

Looks at what `stat` says *through* symbolic links, so that an editor that renames a new file into
place and a Kubernetes ConfigMap that swaps a directory link both count. A change is told only once two
looks in a row agree: half a file may be valid YAML with the labels not written yet.
"""

from pathlib import Path

from wye.config.settings import Settings

Stamp = tuple[int, int, int, int]


class Watch:
    """Remembers what the file at `path` looked like. Poll `changed` about once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = self._seen = stamp(path)
        self.settled = True
        """The last two looks agree."""

    def changed(self) -> bool:
        """Tell, once a change, that there is something new to read. A file that is gone is not."""
        now = stamp(self._path)
        self.settled = now == self._seen
        self._seen = now
        if now is None or now == self._told or not self.settled:
            return False
        self._told = now
        return True


class Files:
    """A configuration, and the files that it names. Made before it is read: what comes later is a change."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self._watches = {config: Watch(config)}
        self._due = False

    def follow(self, settings: Settings) -> None:
        """Look at the files that `settings` are made of; those that are looked at already go on."""
        policy, words = settings.policy, settings.detection.dictionary
        others = (*policy.files, policy.signature_file, *([] if words is None else [words]))
        paths = (self.config, *map(Path, others))
        self._watches = {path: self._watches.get(path) or Watch(path) for path in paths}

    def changed(self) -> bool:
        """Tell, once a change, that there is something new to read, and that none of it is being written."""
        # Every file is asked: each tells a change once.
        told = [watch.changed() for watch in self._watches.values()]
        self._due = self._due or any(told)
        if not self._due or not all(watch.settled for watch in self._watches.values()):
            return False
        self._due = False
        return True


def stamp(path: Path) -> Stamp | None:
    """Return what changes with the content: modification time, size, file, device; None = not there."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # not there, or no path
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
