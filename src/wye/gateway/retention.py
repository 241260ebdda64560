"""What is no longer to be kept goes: its keys are destroyed, some at a time, as long as the gateway runs."""

import asyncio
import logging
import time

import anyio.to_thread

from wye.core.errors import LedgerError
from wye.ledger.sealing import Sealing

log = logging.getLogger("wye")

SWEEP_SECONDS = 600.0
"""What is due goes so long after its day's end, at most, unless more than `MOST` keys are."""
MOST = 10_000
"""Keys that one sweep destroys: a third of a second of the disk."""


async def sweep(sealing: Sealing) -> None:
    """Destroy keys whose time is over, now and then, until cancelled."""
    while True:
        try:
            await anyio.to_thread.run_sync(once, sealing)
        except LedgerError as error:
            log.warning("content that is no longer to be kept is still there: %s", error.message)
        await asyncio.sleep(SWEEP_SECONDS)


def once(sealing: Sealing) -> int:
    """Destroy what is due; return how many keys that were."""
    gone = sealing.vault.expire(time.time(), MOST) if sealing.exists else 0
    if gone:
        log.info("%d keys were destroyed: what they sealed is no longer to be kept", gone)
    return gone
