"""A gateway destroys the keys of what is no longer to be kept, and survives a vault that it cannot open."""

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest

from wye.gateway import retention
from wye.gateway.retention import once, sweep
from wye.ledger.keyring import ErasedError
from wye.ledger.sealing import Sealing


def test_what_is_due_goes_and_nothing_else(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    assert once(sealing) == 0
    assert not sealing.exists
    due, kept = sealing.seal("", "x", "c", 86_400.0), sealing.seal("", "y", "c")
    assert [once(sealing), once(sealing)] == [1, 0]
    with pytest.raises(ErasedError):
        sealing.open(due, "c")
    assert sealing.open(kept, "c") == "y"


async def test_a_vault_that_cannot_be_opened_is_complained_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "vault").write_text("in the way")
    with caplog.at_level(logging.WARNING), contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(sweep(Sealing(tmp_path, {})), 0.5)
    assert "cannot be looked after" in caplog.text


async def test_new_keys_reach_the_disk_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SYNC_SECONDS", 0.01)
    sealing = Sealing(tmp_path, {})
    looking = asyncio.create_task(sweep(sealing))
    sealing.seal(sealing.vault.tag("p"), "x", "c")
    assert sealing.unsynced
    async with asyncio.timeout(10):
        while sealing.unsynced:  # noqa: ASYNC110  # what it waits for is the disk
            await asyncio.sleep(0.01)
    looking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looking
    sealing.close()
