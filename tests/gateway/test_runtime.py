"""What is in force, and what stays when something new cannot be."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from routing.facts import deployment
from routing.granted import grant
from wye.config.detection import DetectionSettings
from wye.config.governance import PolicySettings
from wye.config.settings import Settings
from wye.config.strategies import HedgeSettings, RouteSettings
from wye.gateway.learnt import LearntRoutes
from wye.gateway.limits import Limits
from wye.gateway.limitstore import MemoryStore
from wye.gateway.metrics import Metrics
from wye.gateway.runtime import Runtime
from wye.policy.cedar.sources import statements_of
from wye.policy.cedar.statements import PolicyTextError
from wye.policy.signing import digest, new_key, sign

THERE = (deployment("a", None, model="big"), deployment("b", None, model="small"))


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


def nobody(_: str) -> None:
    return None


def runtime(learnt: LearntRoutes, revisions: Path | None = None) -> Runtime:
    """Nobody calls, so nobody asks for keys."""
    unused: Any = None
    return Runtime(unused, Limits(MemoryStore(lambda *_: Decimal(0))), Metrics(), learnt, revisions)


def in_force(runtime: Runtime) -> str:
    assert runtime.learnt is not None
    return runtime.learnt.in_force["auto"].serving.certificate


def test_a_snapshot_that_cannot_be_built_changes_nothing(tmp_path: Path) -> None:
    made = runtime(LearntRoutes(tmp_path))
    first = made.load(Settings(), THERE, nobody)
    grant(tmp_path)
    broken = Settings(routes={"bad": RouteSettings(hook="nowhere:hook")})
    with pytest.raises(ValueError, match="no module 'nowhere'"):
        made.load(broken, THERE, nobody)
    assert made.now is first
    assert in_force(made) == ""
    assert made.learnt is not None
    assert made.learnt.changed()


def test_a_policy_that_is_refused_changes_no_limit_of_what_is_running(tmp_path: Path) -> None:
    seen = tmp_path / "policy.seen"
    made = runtime(LearntRoutes(tmp_path), seen)
    made.load(Settings(), THERE, nobody)
    key, signature = tmp_path / "key", tmp_path / "sig"
    policy = PolicySettings(signed_by=new_key(key), signature_file=str(signature))
    settings = Settings(policy=policy)
    signature.write_bytes(msgspec.json.encode(sign(key, digest(settings, statements_of(settings)), "now")))
    seen.write_text("what nobody can read")
    others = tuple(msgspec.structs.replace(one, concurrency=1, queue=1) for one in THERE)
    with pytest.raises(PolicyTextError, match="cannot be read"):
        made.load(settings, (*others, deployment("c", None, model="new")), nobody)
    assert {name: (gate.concurrency, gate.queue) for name, gate in made.gates.items()} == {
        one.id: (one.concurrency, one.queue) for one in THERE
    }


def test_if_what_was_learnt_cannot_be_put_in_force_no_certificate_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = grant(tmp_path)
    made = runtime(LearntRoutes(tmp_path))
    before = made.load(Settings(), THERE, nobody)
    assert in_force(made) == certificate.id

    def defect(*_: object) -> None:
        message = "a defect"
        raise LookupError(message)

    monkeypatch.setattr(LearntRoutes, "look", defect)
    made.again()
    assert "a defect" in caplog.text
    assert made.now is not before
    assert in_force(made) == ""


def test_a_hedge_goes_on_counting_while_its_settings_are_the_same(tmp_path: Path) -> None:
    route = RouteSettings(hedge=HedgeSettings(after_ms=100, share=0.5))
    made = runtime(LearntRoutes(tmp_path))
    first = made.load(Settings(routes={"r": route}), THERE, nobody).hedges["r"]
    made.again()
    assert made.now.hedges["r"] is first
    other = msgspec.structs.replace(route, hedge=HedgeSettings(after_ms=100, share=0.1))
    assert made.load(Settings(routes={"r": other}), THERE, nobody).hedges["r"] is not first


def test_nobody_goes_back_to_an_older_signed_policy(tmp_path: Path) -> None:
    key, file, seen = (tmp_path / name for name in ("key", "sig", "seen"))
    said = PolicySettings(signed_by=new_key(key), signature_file=str(file))
    old, new = Settings(policy=said), Settings(policy=said, default_label="phi")
    first = sign(key, digest(old, statements_of(old)), "then")
    second = sign(key, digest(new, statements_of(new)), "now", first)
    made = runtime(LearntRoutes(tmp_path), seen)
    for settings, signature in ((old, first), (new, second)):
        file.write_bytes(msgspec.json.encode(signature))
        made.load(settings, (), nobody)
    file.write_bytes(msgspec.json.encode(first))
    for one in (made, runtime(LearntRoutes(tmp_path), seen)):  # the one that runs, and one that starts
        with pytest.raises(PolicyTextError, match=r"revision 1 .* is older than revision 2"):
            one.load(old, (), nobody)
    assert made.now.settings is new
    seen.unlink()  # what is in force stays so, whatever becomes of the memory
    made.again()
    assert made.now.settings is new


def test_a_signed_policy_that_cannot_come_into_force_is_not_remembered(tmp_path: Path) -> None:
    key, file, seen = (tmp_path / name for name in ("key", "sig", "seen"))
    said = PolicySettings(signed_by=new_key(key), signature_file=str(file))
    lost = DetectionSettings(raises={"phi": "all"}, dictionary=str(tmp_path / "lost"))
    settings = Settings(policy=said, detection=lost)
    file.write_bytes(msgspec.json.encode(sign(key, digest(settings, statements_of(settings)), "now")))
    with pytest.raises(ValueError, match="cannot be read"):
        runtime(LearntRoutes(tmp_path), seen).load(settings, (), nobody)
    assert not seen.exists()
