"""What watches a certificate, and how much of it that can see."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from routing.granted import grant
from wye.cli.route import route
from wye.config.strategies import ShadowSettings
from wye.routing.state import RouteState
from wye.routing.watch.journal import Sight, note, plan_of


def run(state_dir: Path, *more: str) -> str:
    result = CliRunner().invoke(route, ["monitor", "auto", "--state-dir", str(state_dir), *more])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def watched(state_dir: Path, compared: int, of: int) -> None:
    """A certificate, and so many shadowed conversations of which some have a score."""
    certificate = grant(state_dir, watch=0.3)
    plan = plan_of(certificate, ShadowSettings())
    for number in range(of):
        score = 1.0 if number < compared else None
        sight = Sight(
            f"r{number}",
            0.0,
            certificate.id,
            plan.id,
            "weak",
            0.02,
            score,
            score,
            "" if score else "no answers",
        )
        note(RouteState(state_dir, "auto").folder, sight)


@pytest.mark.parametrize(("compared", "blind"), [(3, False), (1, True)])
def test_how_much_a_monitor_could_compare_is_told(tmp_path: Path, compared: int, *, blind: bool) -> None:
    watched(tmp_path, compared, 4)
    told = run(tmp_path)
    assert f"served by the weak model: 4, of them without a score: {4 - compared}" in told
    assert f"compare the answers of {compared / 4:.0%} of them" in told
    assert ("nearly blind" in told) is blind
    facts = json.loads(run(tmp_path, "--json"))
    assert (facts["compared"], facts["missing"]) == (compared / 4, 4 - compared)


def test_before_the_first_shadow_nothing_is_told_of_it(tmp_path: Path) -> None:
    watched(tmp_path, 0, 0)
    assert "compare" not in run(tmp_path)
    assert json.loads(run(tmp_path, "--json"))["compared"] is None


def test_a_drop_is_rehearsed_without_any_route() -> None:
    told = CliRunner().invoke(route, ["monitor", "--simulate", "--runs", "100", "--json"])
    came = json.loads(told.output)
    assert came["rows"] <= 450
    assert came["run_length"] >= 2000
