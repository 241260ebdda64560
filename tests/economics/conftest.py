"""A ledger of either kind to report on."""

from ledger.conftest import ledger, patience, postgres, postgres_settings, settings

__all__ = ["ledger", "patience", "postgres", "postgres_settings", "settings"]
