"""What is learnt serves when a person says so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from routing.granted import grant
from routing.test_revision import FACTS, weights
from wye.cli.route import route
from wye.core.errors import NotFoundError
from wye.routing.certificate import Arm
from wye.routing.revision import Trace, write
from wye.routing.state import RouteState


def run(tmp_path: Path, *words: str) -> str:
    result = CliRunner().invoke(route, [*words, "--state-dir", str(tmp_path)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
def id_(tmp_path: Path) -> str:
    return write(RouteState(tmp_path, "auto").revisions, FACTS, weights(), Trace(("a",))).id


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


def refused(tmp_path: Path, *words: str) -> str:
    result = CliRunner().invoke(route, [*words, "--state-dir", str(tmp_path)])
    assert result.exit_code == 2, (result.output, result.exception)
    return " ".join(result.output.split())


def test_a_route_that_learnt_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"route 'auto' has not learnt anything yet: `wye route learn`"):
        CliRunner().invoke(route, ["show", "auto", "--state-dir", str(tmp_path)], catch_exceptions=False)
    with pytest.raises(NotFoundError, match=r"no route has learnt anything yet"):
        CliRunner().invoke(route, ["show", "--state-dir", str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize(
    "words", [("activate", "atuo", "a"), ("rollback", "atuo"), ("show", "atuo"), ("monitor", "atuo")]
)
def test_a_route_that_there_is_not_is_told_with_those_there_are(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "there is no route 'atuo' in wye.yaml; there are: auto" in refused(tmp_path, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_route_that_wye_yaml_has_no_more_is_shown_as_that(tmp_path: Path) -> None:
    grant(tmp_path, "work")
    assert "wye.yaml has no such route" in run(tmp_path, "show")


@pytest.mark.parametrize(
    ("facts", "how", "why"),
    [
        ({"expires": 1.0}, "expired", "it has expired: certify again on fresh labels"),
        ({"strong": Arm("bigger")}, "void", "it was earned with another strong model"),
    ],
)
def test_a_certificate_that_does_not_hold_is_not_in_force(
    tmp_path: Path, facts: dict[str, object], how: str, why: str
) -> None:
    one = grant(tmp_path, **facts)  # type: ignore[arg-type]  # fields of a certificate
    shown = run(tmp_path, "show")
    assert f"auto: the strong model serves: certificate {one.id} is void: {why}" in shown
    assert f"  {how}" in shown
    assert "in force" not in shown
    told = json.loads(run(tmp_path, "show", "--json"))[0]
    assert told["in_force"] == ""
    assert why in told["why_not"]
    assert f"It is not in force, the strong model serves: certificate {one.id} is void" in run(
        tmp_path, "monitor"
    )
    assert why in refused(tmp_path, "activate", "auto", one.revision, "--certificate", one.id)
    assert len(RouteState(tmp_path, "auto").history()) == 1


def test_a_certificate_holds_for_what_wye_yaml_declares_now(tmp_path: Path) -> None:
    one = grant(tmp_path, weak=Arm("small", "small-4b"))
    assert "in force" in run(tmp_path, "show")
    config = tmp_path / "wye.yaml"
    config.write_text(
        "deployments: {small: {model: small-8b, base_url: 'https://x.example/v1', lane: hosted}}\n"
    )
    shown = run(tmp_path, "show", "--config", str(config))
    assert f"certificate {one.id} is void: 'small' is now the model 'small-8b', and was 'small-4b'" in shown
    assert "in force" not in shown


def test_a_withdrawn_certificate_is_neither_shown_in_force_nor_activated(tmp_path: Path) -> None:
    one = grant(tmp_path)
    assert f"serves under certificate {one.id}" in run(tmp_path, "show")
    RouteState(tmp_path, "auto").withdraw(one.id, "quality dropped")
    shown = run(tmp_path, "show")
    assert f"auto: the strong model serves: certificate {one.id} was withdrawn: quality dropped" in shown
    assert "in force" not in shown
    assert "was withdrawn: quality dropped" in refused(
        tmp_path, "activate", "auto", one.revision, "--certificate", one.id
    )


def test_a_certificate_of_another_revision_is_not_activated(tmp_path: Path, id_: str) -> None:
    one = grant(tmp_path)
    told = refused(tmp_path, "activate", "auto", id_, "--certificate", one.id)
    assert f"certificate {one.id} is not of revision {id_} but of {one.revision}" in told
