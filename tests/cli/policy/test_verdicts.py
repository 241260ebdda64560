"""`wye policy explain|diff` as a person runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.cli.policy import policy

BASE = """
discovery: {environment: false, engines: false}
embedded: {enabled: false}
labels: {phi: {lanes: [own, closed]}}
providers:
  house: {base_url: http://127.0.0.1:9/v1, lane: own, models: []}
  clinic: {base_url: https://clinic.example/v1, lane: closed, models: []}
deployments:
  inside: {provider: house, model: small}
  outside: {provider: clinic, model: large}
"""
HIPAA = "policy: {sets: [hipaa]}\n"
ROLE = "policy: {files: [my.cedar], roles: {doctor: {teams: [ward], keys: [k1]}}}\n"
AGREED = """
compliance:
  - {provider: clinic, baa_until: %s, zero_retention_until: 2099-01-01, trains_on_data: false}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("WYE_CONFIG", raising=False)


def write(*parts: str, name: str = "wye.yaml") -> None:
    Path(name).write_text("".join((BASE, *parts)))


def run(*words: str) -> Result:
    done = CliRunner().invoke(policy, words)
    assert done.exit_code == 0, done.output
    return done


def verdicts(*words: str) -> dict[str, list[str]]:
    """Deployment -> the statements that refuse it."""
    told = json.loads(run("explain", "--json", *words).output)["verdicts"]
    assert all(one["permitted"] is not bool(one.get("statements")) for one in told)
    return {one["deployment"]: one.get("statements", []) for one in told}


def test_each_deployment_with_every_statement_that_refuses_it() -> None:
    write(HIPAA)
    assert verdicts("--label", "phi") == {
        "inside": [],
        "outside": ["hipaa/baa", "hipaa/retention", "hipaa/training"],
    }
    assert verdicts() == {"inside": [], "outside": []}
    lines = run("explain", "--label", "phi").output.splitlines()
    assert lines[0].startswith("infer with label phi, policy ")
    assert any(line.split() == ["outside", "closed", "no"] for line in lines)
    assert any("hipaa/baa: phi leaves only under" in line for line in lines)


def test_what_contracts_say_counts_and_an_agreement_that_ended_does_not() -> None:
    write(HIPAA, AGREED % "2099-01-01")
    assert verdicts("--label", "phi")["outside"] == []
    assert verdicts("--label", "phi", "--action", "shadow")["outside"] == ["hipaa/minimum"]
    write(HIPAA, AGREED % "2020-01-01")
    assert verdicts("--label", "phi")["outside"] == ["hipaa/baa"]


def test_where_nothing_is_there_it_says_so() -> None:
    Path("wye.yaml").write_text(BASE[: BASE.index("labels:")] + "compliance: [{provider: opnai}]")
    done = run("explain")
    assert "  no deployment is there: no provider's key is set, and no engine was found\n" in done.stdout
    assert "warning: compliance[0].provider: there is no provider 'opnai' here" in done.stderr


@pytest.mark.parametrize("label", ["phj", "public,PHI ,phj"])
def test_a_label_that_nothing_speaks_of_is_a_mistake(label: str) -> None:
    write()
    done = CliRunner().invoke(policy, ["explain", "--label", label])
    assert done.exit_code == 2
    assert "label 'phj' is not defined: requests with it stay on your own machines." in done.output
    assert "Did you mean 'phi'?" in done.output


def test_a_label_that_only_a_set_speaks_of_is_none() -> None:
    write("policy: {sets: [gdpr]}\n")
    assert verdicts("--label", "personal", "--purpose", "care")["inside"] == []


def test_to_look_makes_nothing(tmp_path: Path) -> None:
    write()
    file = tmp_path / "wye.yaml"
    file.write_text(file.read_text().replace("embedded: {enabled: false}", ""))
    assert "embedded/smollm2-135m" in verdicts()
    run("diff", "wye.yaml", "wye.yaml")
    run("check")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("who", [("--team", "ward"), ("--key", "k1")])
def test_who_asks_counts(who: tuple[str, str]) -> None:
    Path("my.cedar").write_text(
        '@id("doctors") forbid (principal, action, resource) unless { principal in Role::"doctor" };'
    )
    write(ROLE)
    assert verdicts() == {"inside": ["doctors"], "outside": ["doctors"]}
    assert verdicts(*who) == {"inside": [], "outside": []}


def test_which_verdicts_change() -> None:
    write(HIPAA, name="old.yaml")
    write(HIPAA, AGREED % "2099-01-01", name="new.yaml")
    changes = json.loads(run("diff", "old.yaml", "new.yaml", "--json").output)
    assert {(one["label"], one["action"], one["deployment"]) for one in changes} == {
        ("phi", action, "outside") for action in ("infer", "cache", "store", "export")
    }
    assert all(one["permitted"] for one in changes)
    assert "phi, infer: outside is permitted now" in run("diff", "old.yaml", "new.yaml").output
    back = run("diff", "new.yaml", "old.yaml").output
    assert "phi, infer: outside is refused now: phi leaves only under" in back
    assert run("diff", "old.yaml", "old.yaml").output.startswith("no verdict changes, for 2 deployments")


def test_a_team_that_no_rule_names_is_told() -> None:
    write(ROLE)
    Path("my.cedar").write_text("")
    write(name="old.yaml")
    assert run("explain", "--team", "ward", "--key", "k1").stderr == ""
    told = (
        "Warning: no rule and no role names team 'wrad', so it is judged as any other. Did you mean 'ward'?\n"
    )
    assert run("explain", "--team", "wrad").stderr == told
    assert run("diff", "old.yaml", "wye.yaml", "--team", "ward").stderr == ""
    assert run("diff", "wye.yaml", "wye.yaml", "--team", "wrad").stderr == told
    assert run("diff", "old.yaml", "wye.yaml", "--team", "wrad").stderr == told
