"""Where the proof of a record is: in which transparency log, at which entry."""

from pathlib import Path


class Proofs:
    """The logs of a state directory, for looking up."""

    def __init__(self, state_dir: Path) -> None:
        self._logs = state_dir / "logs"

    @staticmethod
    def state(state_dir: Path) -> str:
        """Say whether there are proofs at all."""
        raise NotImplementedError

    def of(self, id_: str) -> str:
        """Return where a record's entry is; empty = it is in no log."""
        raise NotImplementedError
