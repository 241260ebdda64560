"""Closing a request: the ledger first, then what may be lost."""

import msgspec

from wye.core.errors import LedgerError
from wye.core.record import Outcome, Record
from wye.gateway.accesslog import AccessLog
from wye.gateway.metrics import Metrics
from wye.gateway.telemetry import Exporter
from wye.ledger import Ledger
from wye.ledger.entry import Entry


class Books:
    """Turns an entry into its record, once, and tells everyone who counts."""

    def __init__(
        self,
        ledger: Ledger,
        metrics: Metrics,
        access_log: AccessLog | None = None,
        exporter: Exporter | None = None,
    ) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._access_log = access_log
        self._exporter = exporter

    def seal(self, entry: Entry) -> Record:
        """Write the record. Raises `LedgerError` when it cannot be written; then nobody is served."""
        record = entry.seal()
        try:
            self._ledger.append(record)
        except LedgerError as refused:
            self._tell(_withheld(record, refused), exported=entry.told)
            raise
        self._tell(record, exported=entry.told)
        return record

    def tag(self, subject: str) -> str:
        """Return what stands for a subject in records. Raises `LedgerError`."""
        return self._ledger.sealing.vault.tag(subject)

    def turned_away(self, status: int) -> None:
        """Count a request that was not let in. It gets no record: strangers must not fill the disk."""
        self._metrics.turned_away(status)

    def _tell(self, record: Record, *, exported: bool) -> None:
        self._metrics.observe(record)
        if self._access_log is not None and not record.shadow_of:  # nobody came in with it
            self._access_log.write(record)
        if self._exporter is not None and exported:
            self._exporter.offer(record)


def _withheld(record: Record, refused: LedgerError) -> Record:
    """Return the record of what the client gets instead of an answer that cannot be recorded."""
    if record.outcome is Outcome.HANGUP:
        return record  # nobody was there to get it
    return msgspec.structs.replace(
        record, outcome=Outcome.ERROR, status=refused.status, error=refused.message
    )
