"""Where the proof of a record is: in which transparency log, at which entry."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from wye.ledger.sealer import logs
from wye.ledger.sealindex import SealIndex
from wye.ledger.tlog.log import PUBLIC, published
from wye.ledger.tlog.store import directory_source


class Proofs:
    """The logs of a state directory, for looking up. One thread's."""

    def __init__(self, state_dir: Path) -> None:
        """Open the index of each log, and bring it up to its checkpoint. Raises `LedgerError`."""
        self._indexes: list[tuple[str, SealIndex]] = []
        with ExitStack() as undo:
            for log in logs(state_dir):
                index = SealIndex(log, directory_source(log / PUBLIC))
                undo.callback(index.close)
                index.catch_up(published(log / PUBLIC).size)
                self._indexes.append((log.name, index))
            self._closing = undo.pop_all()

    def close(self) -> None:
        """Let go of them."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> str:
        """Say whether there are proofs at all."""
        names = ", ".join(name for name, _ in self._indexes)
        if not names:
            return "none: records are not sealed here (ledger: {transparency: true})"
        return (
            f"transparency logs {names}: `wye audit prove ID` proves a record, `wye audit verify` all of them"
        )

    def of(self, id_: str) -> str:
        """Return where a record's entry is, as `log/entry`; empty = it is in no log."""
        for name, index in self._indexes:
            for found, number in index.find(id_):
                if found == id_:
                    return f"{name}/{number}"
        return ""
