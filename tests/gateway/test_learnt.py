"""What the gateway has in force of a route's files, and when it looks again."""

from pathlib import Path

import pytest

from routing.facts import deployment
from routing.granted import grant
from wye.config.settings import RouteSettings, Settings
from wye.gateway.learnt import LearntRoutes
from wye.routing.state import RouteState

SETTINGS = Settings(routes={"other": RouteSettings()})
THERE = (deployment("a", None, model="big"), deployment("b", None, model="small"))


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


def test_a_certificate_that_holds_is_in_force(tmp_path: Path) -> None:
    certificate = grant(tmp_path)
    learnt = LearntRoutes(tmp_path)
    found = learnt.measured(SETTINGS, THERE)
    assert (found["auto"].certificate, found["auto"].threshold) == (certificate.id, 0.3)
    assert found["other"].certificate == ""
    assert learnt.in_force["auto"].certificate == certificate
    assert not learnt.changed()


def test_what_is_taken_back_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate = grant(tmp_path)
    learnt = LearntRoutes(tmp_path)
    first = learnt.measured(SETTINGS, THERE)["auto"]
    RouteState(tmp_path, "auto").withdraw(certificate.id, "quality dropped")
    assert learnt.changed()
    now = learnt.measured(SETTINGS, THERE)["auto"]
    assert (now.certificate, now.threshold) == ("", None)
    assert now.why_not == f"certificate {certificate.id} was withdrawn: quality dropped"
    assert now.learnt is first.learnt  # heads are read once
    assert not learnt.changed()
    assert "strong serves" in caplog.text


def test_a_certificate_ends_while_the_gateway_runs(tmp_path: Path) -> None:
    clock = Clock()
    grant(tmp_path, expires=clock.now + 10)
    learnt = LearntRoutes(tmp_path, clock)
    assert learnt.measured(SETTINGS, THERE)["auto"].certificate
    assert not learnt.changed()
    clock.now += 10
    assert learnt.changed()
    assert "expired" in learnt.measured(SETTINGS, THERE)["auto"].why_not
    assert not learnt.changed()


def test_what_activates_or_rolls_back_is_noticed(tmp_path: Path) -> None:
    learnt = LearntRoutes(tmp_path)
    assert learnt.measured(SETTINGS, THERE)["auto"].why_not == "nothing has been learnt for this route"
    grant(tmp_path)
    assert learnt.changed()
    assert learnt.measured(SETTINGS, THERE)["auto"].certificate
    RouteState(tmp_path, "auto").roll_back()
    assert learnt.changed()
    assert learnt.measured(SETTINGS, THERE)["auto"].certificate == ""


@pytest.mark.parametrize(
    "pattern", ["revisions/*/weights.npz", "certificates/*.json", "active.json", "withdrawn.jsonl"]
)
def test_damage_means_that_the_strong_model_serves(tmp_path: Path, pattern: str) -> None:
    grant(tmp_path)
    folder = RouteState(tmp_path, "auto").folder
    (folder / "withdrawn.jsonl").touch()
    (found,) = folder.glob(pattern)
    found.write_bytes(b"{")
    serving = LearntRoutes(tmp_path).measured(SETTINGS, THERE)["auto"]
    assert serving.certificate == ""
    assert serving.why_not


def test_another_build_or_another_routes_certificate_is_void(tmp_path: Path) -> None:
    grant(tmp_path)
    moved = (THERE[0], deployment("b", None, model="small", build="Q2"))
    assert "now build 'Q2'" in LearntRoutes(tmp_path).measured(SETTINGS, moved)["auto"].why_not
    folder = RouteState(tmp_path, "auto").folder
    folder.rename(RouteState(tmp_path, "other").folder)
    assert "route 'auto'" in LearntRoutes(tmp_path).measured(SETTINGS, THERE)["other"].why_not
