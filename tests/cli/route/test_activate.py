"""What is learnt serves when a person says so."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from routing.test_revision import FACTS, weights
from wye.cli.route import route
from wye.routing.revision import write
from wye.routing.state import RouteState


def run(tmp_path: Path, *words: str) -> str:
    result = CliRunner().invoke(route, [*words, "--state-dir", str(tmp_path)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
def id_(tmp_path: Path) -> str:
    return write(RouteState(tmp_path, "auto").revisions, FACTS, weights(), ["a"]).id


def test_a_revision_is_activated_and_rolled_back(tmp_path: Path, id_: str) -> None:
    assert f"revision {id_} serves without a certificate" in run(tmp_path, "activate", "auto", id_[:4])
    shown = run(tmp_path, "show")
    assert "gpt / llama" in shown
    assert "2 labels" in shown
    assert id_ in run(tmp_path, "show", "auto", "--json")
    assert "nothing learnt serves" in run(tmp_path, "rollback", "auto")


def test_what_is_not_there_is_not_activated(tmp_path: Path, id_: str) -> None:
    for words in (("zz",), (id_, "--certificate", "zz")):
        result = CliRunner().invoke(route, ["activate", "auto", *words, "--state-dir", str(tmp_path)])
        assert result.exit_code == 2
        assert "none begins with 'zz'" in result.output
    assert RouteState(tmp_path, "auto").active() is None


def test_a_route_that_learnt_nothing_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(route, ["show", "auto", "--state-dir", str(tmp_path)])
    assert "wye route learn" in str(result.exception)
