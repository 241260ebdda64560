"""What the gateway has in force of a route's files, and when it looks again."""

from pathlib import Path

import pytest

from routing.facts import deployment
from routing.granted import grant
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.gateway.learnt import LearntRoutes
from wye.routing.measured import Serving
from wye.routing.state import RouteState

SETTINGS = Settings(routes={"other": RouteSettings()})
THERE = (deployment("a", None, model="big"), deployment("b", None, model="small"))


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


def measured(learnt: LearntRoutes, there: tuple[Deployment, ...] = THERE) -> dict[str, Serving]:
    look = learnt.look(SETTINGS, there)
    learnt.take(look)
    return look.serving


def test_a_certificate_that_holds_is_in_force(tmp_path: Path) -> None:
    certificate = grant(tmp_path)
    learnt = LearntRoutes(tmp_path)
    found = measured(learnt)
    assert (found["auto"].certificate, found["auto"].threshold) == (certificate.id, 0.3)
    assert found["other"].certificate == ""
    assert learnt.in_force["auto"].certificate == certificate
    assert not learnt.changed()


def test_what_is_taken_back_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate = grant(tmp_path)
    learnt = LearntRoutes(tmp_path)
    first = measured(learnt)["auto"]
    RouteState(tmp_path, "auto").withdraw(certificate.id, "quality dropped")
    assert learnt.changed()
    now = measured(learnt)["auto"]
    assert (now.certificate, now.threshold) == ("", None)
    assert now.why_not == f"certificate {certificate.id} was withdrawn: quality dropped"
    assert now.learnt is first.learnt  # heads are read once
    assert not learnt.changed()
    assert "strong serves" in caplog.text


def test_a_certificate_ends_while_the_gateway_runs(tmp_path: Path) -> None:
    clock = Clock()
    grant(tmp_path, expires=clock.now + 10)
    learnt = LearntRoutes(tmp_path, clock)
    assert measured(learnt)["auto"].certificate
    assert not learnt.changed()
    clock.now += 10
    assert learnt.changed()
    assert "expired" in measured(learnt)["auto"].why_not
    assert not learnt.changed()


def test_what_activates_or_rolls_back_is_noticed(tmp_path: Path) -> None:
    learnt = LearntRoutes(tmp_path)
    assert measured(learnt)["auto"].why_not == "nothing has been learnt for this route"
    grant(tmp_path)
    assert learnt.changed()
    assert measured(learnt)["auto"].certificate
    RouteState(tmp_path, "auto").roll_back()
    assert learnt.changed()
    assert measured(learnt)["auto"].certificate == ""


@pytest.mark.parametrize(
    "pattern", ["revisions/*/weights.npz", "certificates/*.json", "active.json", "withdrawn.jsonl"]
)
def test_damage_means_that_the_strong_model_serves(tmp_path: Path, pattern: str) -> None:
    grant(tmp_path)
    folder = RouteState(tmp_path, "auto").folder
    (folder / "withdrawn.jsonl").touch()
    (found,) = folder.glob(pattern)
    found.write_bytes(b"{")
    serving = measured(LearntRoutes(tmp_path))["auto"]
    assert serving.certificate == ""
    assert serving.why_not


def test_another_build_or_another_routes_certificate_is_void(tmp_path: Path) -> None:
    grant(tmp_path)
    moved = (THERE[0], deployment("b", None, model="small", build="Q2"))
    assert "now build 'Q2'" in measured(LearntRoutes(tmp_path), moved)["auto"].why_not
    folder = RouteState(tmp_path, "auto").folder
    folder.rename(RouteState(tmp_path, "other").folder)
    assert "route 'auto'" in measured(LearntRoutes(tmp_path))["other"].why_not


def test_what_was_only_looked_at_is_not_in_force(tmp_path: Path) -> None:
    """A snapshot that cannot be built changes nothing, and is noticed again."""
    learnt = LearntRoutes(tmp_path)
    measured(learnt)
    certificate = grant(tmp_path)
    assert learnt.changed()
    assert learnt.look(SETTINGS, THERE).serving["auto"].certificate == certificate.id
    assert learnt.in_force["auto"].certificate is None
    assert learnt.changed()


def test_without_certificates_what_was_learnt_still_says_who_is_strong(tmp_path: Path) -> None:
    grant(tmp_path)
    learnt = LearntRoutes(tmp_path)
    measured(learnt)
    learnt.take(look := learnt.without("a defect"))
    serving = look.serving["auto"]
    assert (serving.certificate, serving.threshold, serving.why_not) == ("", None, "a defect")
    assert serving.learnt is not None
    assert not learnt.changed()
