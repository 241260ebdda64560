"""What is noticed while the gateway runs, whatever else is slow or broken."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.test_runtime import THERE, Clock, in_force, nobody, runtime
from routing.granted import grant
from wye.config.detection import dictionary
from wye.config.governance import PolicySettings
from wye.config.load import read
from wye.config.settings import Settings
from wye.config.watch import Files
from wye.gateway import reload
from wye.gateway.inspectors import Crew
from wye.gateway.learnt import LearntRoutes
from wye.gateway.reload import Reload
from wye.gateway.runtime import Runtime
from wye.policy.cedar.sources import statements_of
from wye.policy.signing import digest, new_key, sign


class SlowFleet:
    """Looks around for as long as the test lasts."""

    def __init__(self) -> None:
        self.looking = asyncio.Event()

    async def look(self, _: Settings) -> None:
        self.looking.set()
        await asyncio.sleep(600)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "WATCH_SECONDS", 0.01)


def following(config: Path) -> Files:
    files = Files(config)
    files.follow(read(config).settings)
    return files


@contextlib.contextmanager
def going_on(*works: Any) -> Iterator[None]:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            assert not task.done()
            task.cancel()


async def until_strong(made: Runtime) -> None:
    async with asyncio.timeout(10):
        while in_force(made):  # noqa: ASYNC110  # it is a file and a clock that change
            await asyncio.sleep(0.01)


def certified(tmp_path: Path, clock: Clock) -> Runtime:
    grant(tmp_path, expires=clock.now + 10)
    made = runtime(LearntRoutes(tmp_path, clock))
    made.load(Settings(), THERE, nobody)
    assert in_force(made)
    return made


async def test_a_certificate_expires_while_somebody_still_looks_for_engines(tmp_path: Path) -> None:
    clock, fleet = Clock(), SlowFleet()
    made = certified(tmp_path, clock)
    one: Any = Reload(None, made, fleet)  # type: ignore[arg-type]  # a slow one
    with going_on(one.look_again(), one.relearn()):
        await fleet.looking.wait()
        clock.now += 10
        await until_strong(made)


async def test_a_defect_while_looking_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, changed, times = Clock(), LearntRoutes.changed, iter(range(100))
    made = certified(tmp_path, clock)

    def at_first_a_defect(learnt: LearntRoutes) -> bool:
        if next(times) < 2:
            message = "a defect"
            raise LookupError(message)
        return changed(learnt)

    monkeypatch.setattr(LearntRoutes, "changed", at_first_a_defect)
    with going_on(Reload(None, made, SlowFleet()).relearn()):  # type: ignore[arg-type]  # nobody looks
        clock.now += 10
        await until_strong(made)
    assert caplog.text.count("a defect") >= 2


NEVER = '@id("{}") forbid (principal, action, resource) when {{ context.labels.contains("never") }};'


async def test_a_policy_that_is_being_written_keeps_no_certificate_alive(tmp_path: Path) -> None:
    file, clock = tmp_path / "my.cedar", Clock()
    file.write_text(NEVER.format("a"))
    grant(tmp_path, expires=clock.now + 10)
    made = runtime(LearntRoutes(tmp_path, clock))
    made.load(Settings(policy=PolicySettings(files=(str(file),))), THERE, nobody)
    assert in_force(made)
    file.write_text("forbid (half a sta")
    clock.now += 10
    made.again()
    assert not in_force(made)
    assert [one.name for one in made.now.policy.statements if one.source == str(file)] == ["a"]


class IdleFleet:
    """There is nothing."""

    found = None
    notes = ()
    dynamic_of = staticmethod(lambda _: nobody)
    all_of = staticmethod(lambda _: ())

    async def look(self, _: Settings) -> object:
        return object()


def names(made: Runtime) -> list[str]:
    return [one.name for one in made.now.policy.statements if one.source != "labels"]


async def until(made: Runtime, *wanted: str) -> None:
    async with asyncio.timeout(10):
        while names(made) != list(wanted):  # noqa: ASYNC110  # it is a file that changes
            await asyncio.sleep(0.01)


async def test_a_policy_comes_into_force_when_its_own_files_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, file, signature = (tmp_path / name for name in ("wye.yaml", "my.cedar", "my.sig"))
    key = tmp_path / "key"
    public = new_key(key)
    said = {"files": [str(file)], "signed_by": public, "signature_file": str(signature)}
    file.write_text(NEVER.format("a"))
    config.write_text(json.dumps({"policy": said}))
    settings = read(config).settings
    signature.write_bytes(msgspec.json.encode(sign(key, digest(settings, statements_of(settings)), "then")))
    made = runtime(LearntRoutes(tmp_path))
    made.load(settings, (), nobody)
    with going_on(Reload(following(config), made, IdleFleet()).watch()):  # type: ignore[arg-type]  # an idle one
        await asyncio.sleep(0.05)
        file.write_text(NEVER.format("another"))
        async with asyncio.timeout(10):
            while "not the one that was signed" not in caplog.text:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
        assert names(made) == ["a"]
        signed = sign(key, digest(settings, statements_of(settings)), "now")
        signature.write_bytes(msgspec.json.encode(signed))
        await until(made, "another")


async def test_what_changes_while_the_gateway_starts_is_noticed(tmp_path: Path) -> None:
    config, file = tmp_path / "wye.yaml", tmp_path / "my.cedar"
    file.write_text(NEVER.format("a"))
    config.write_text(json.dumps({"policy": {"files": [str(file)]}}))
    files = following(config)
    made = runtime(LearntRoutes(tmp_path))
    made.load(read(config).settings, (), nobody)
    file.write_text(NEVER.format("another"))
    with going_on(Reload(files, made, IdleFleet()).watch()):  # type: ignore[arg-type]  # an idle one
        await until(made, "another")


async def test_a_defect_while_reading_anew_does_not_end_the_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenOnce(IdleFleet):
        broken = True

        async def look(self, _: Settings) -> object:
            if self.broken:
                self.broken = False
                message = "a defect"
                raise LookupError(message)
            return object()

    config, file = tmp_path / "wye.yaml", tmp_path / "my.cedar"
    file.write_text(NEVER.format("a"))
    config.write_text(json.dumps({"policy": {"files": [str(file)]}}))
    made = runtime(LearntRoutes(tmp_path))
    made.load(read(config).settings, (), nobody)
    with going_on(Reload(following(config), made, BrokenOnce()).watch()):  # type: ignore[arg-type]  # broken, then idle
        file.write_text(NEVER.format("another"))
        async with asyncio.timeout(10):
            while "a defect" not in caplog.text:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
        assert names(made) == ["a"]
        file.write_text(NEVER.format("a third"))
        await until(made, "a third")


async def test_new_words_are_looked_for_once_they_are_signed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, words, signature, key = (tmp_path / name for name in ("wye.yaml", "words", "my.sig", "key"))
    said = {"signed_by": new_key(key), "signature_file": str(signature)}
    words.write_text("Heron")
    looking = {"raises": {"phi": ["dictionary"]}, "dictionary": str(words)}
    config.write_text(json.dumps({"policy": said, "detection": looking}))
    settings = read(config).settings

    def approve() -> None:
        told = digest(settings, statements_of(settings), dictionary(settings.detection))
        signature.write_bytes(msgspec.json.encode(sign(key, told, "now")))

    approve()
    made = runtime(LearntRoutes(tmp_path))
    crews: list[Crew] = []
    made.inspectors.use = crews.append  # type: ignore[assignment,method-assign]  # nobody has to look
    made.load(settings, (), nobody)
    with going_on(Reload(following(config), made, IdleFleet()).watch()):  # type: ignore[arg-type]  # an idle one
        await asyncio.sleep(0.05)
        words.write_text("Bittern")
        async with asyncio.timeout(10):
            while "not the one that was signed" not in caplog.text:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
        made.again()  # other reasons to look again find the words that are in force
        assert {crew.order.terms for crew in crews} == {("Heron",)}
        approve()
        async with asyncio.timeout(10):
            while crews[-1].order.terms != ("Bittern",):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
