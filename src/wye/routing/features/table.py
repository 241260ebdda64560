"""The static token table: what MiniLM makes of each entry of its vocabulary by itself."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CODE = 1
"""Counts changes of the code in this package that give a prompt other features."""
_DATA = "data/tokens.npz"


class Table(NamedTuple):
    """One row an entry; see the README beside the data."""

    place: dict[str, int]
    """Entry -> row. Pieces that continue a word begin with `##`."""
    rows: npt.NDArray[np.int8]
    step: npt.NDArray[np.float32]
    """What one of a row's units is worth, for each dimension."""
    weight: npt.NDArray[np.float32]
    """In (0, 1]: the rarer an entry, the nearer to 1."""

    @property
    def dimensions(self) -> int:
        """How many numbers a row has."""
        return int(self.rows.shape[1])


@cache
def load() -> Table:
    """Read the table once a process: some 60 ms and 10 MB."""
    with files(__package__).joinpath(_DATA).open("rb") as file, np.load(file) as data:
        words = data["words"].tobytes().decode().split("\n")
        return Table(
            {word: row for row, word in enumerate(words)}, data["rows"], data["step"], data["weight"]
        )


@cache
def fingerprint() -> str:
    """Return what changes with the features of any prompt: heads fitted on others mean nothing here."""
    data = files(__package__).joinpath(_DATA).read_bytes()
    return hashlib.sha256(b"%d:%b" % (CODE, data)).hexdigest()[:16]
