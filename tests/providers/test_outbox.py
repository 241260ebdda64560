"""Writes wait for the end of a turn, in order, and not for each other."""

import asyncio

import pytest

from wye.providers.outbox import Outbox


async def test_what_is_put_in_is_written_at_the_end_of_the_turn_in_order() -> None:
    outbox, written = Outbox(), []
    for data in (b"one", b"two"):
        outbox.put(written.append, data)
    assert written == []
    await asyncio.sleep(0)
    assert written == [b"one", b"two"]


async def test_each_is_written_once_even_when_it_had_to_be_now() -> None:
    outbox, written = Outbox(), []
    outbox.put(written.append, b"one")
    outbox.flush()
    assert written == [b"one"]
    outbox.put(written.append, b"two")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written == [b"one", b"two"]


async def test_what_a_write_puts_in_is_written_too() -> None:
    outbox, written = Outbox(), []

    def again(data: bytes) -> None:
        written.append(data)
        if data != b"last":
            outbox.put(again, b"last")

    outbox.put(again, b"first")
    await asyncio.sleep(0)
    assert written == [b"first", b"last"]


async def test_a_write_that_fails_keeps_none_of_the_others() -> None:
    outbox, written = Outbox(), []

    def broken(_: bytes) -> None:
        raise OSError

    outbox.put(broken, b"one")
    outbox.put(written.append, b"two")
    with pytest.raises(OSError):  # noqa: PT011  # it has no message
        outbox.flush()
    await asyncio.sleep(0)
    assert written == [b"two"]
