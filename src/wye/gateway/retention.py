"""Beside a running gateway: new keys reach the disk, and what is no longer to be kept goes.

A key survives a kill as soon as it is made. A power loss can take those of the last second or so, and with
them what was sealed under them: content of people who were new to the gateway then.
"""

import asyncio
import logging
import time

import anyio.to_thread

from wye.core.errors import LedgerError
from wye.ledger.sealing import Sealing

log = logging.getLogger("wye")

SYNC_SECONDS = 1.0
SWEEP_SECONDS = 600.0
"""What is due goes so long after its day's end, at most, unless more than `MOST` keys are."""
MOST = 10_000
"""Keys that one sweep destroys: a third of a second of the disk."""


async def sweep(sealing: Sealing) -> None:
    """Put keys onto the disk, and destroy those whose time is over, until cancelled."""
    last = -SWEEP_SECONDS
    while True:
        now = time.monotonic()
        try:
            if now - last >= SWEEP_SECONDS:
                last = now
                await anyio.to_thread.run_sync(once, sealing)
            elif sealing.unsynced:
                await anyio.to_thread.run_sync(sealing.sync)
        except LedgerError as error:
            log.warning("the vault's keys cannot be looked after: %s", error.message)
        await asyncio.sleep(SYNC_SECONDS)


def once(sealing: Sealing) -> int:
    """Destroy what is due; return how many keys that were."""
    gone = sealing.vault.expire(time.time(), MOST) if sealing.exists else 0
    if gone:
        log.info("%d keys were destroyed: what they sealed is no longer to be kept", gone)
    return gone
