"""The only durable state: one record a request, and the keys.

    append ──write()──▶ spool segment ──group commit──▶  SQLite | PostgreSQL ──▶ Reader
    (event loop)        (survives SIGKILL)  (its own process)  (survives power loss)

`Ledger` appends records, `Reader` filters and sums them, `KeyStore` keeps keys. They are imported when
first named, so that a command that needs no ledger never pays the 0.2 s that SQLAlchemy takes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wye.ledger.keystore import KeyStore
    from wye.ledger.ledger import Ledger
    from wye.ledger.reader import Reader

__all__ = ["KeyStore", "Ledger", "Reader"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{name.lower()}"), name)
