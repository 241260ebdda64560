"""`wye policy check|show|test|sign` as a person runs them."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.cli.policy import policy
from wye.policy.cedar.sources import sets
from wye.policy.revisions import FILE, advance
from wye.policy.signing import read

RULE = '@id("mine")\nforbid (principal, action, resource)\nwhen {{ context.{} > 10 }};\n'
CASES = """
- {name: short, size: 10, deployment: {lane: own}, expect: permit}
- {name: long, size: 11, deployment: {lane: own}, expect: forbid, by: mine}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WYE_CONFIG", raising=False)
    monkeypatch.delenv("WYE_POLICY_SIGNED_BY", raising=False)
    Path("wye.yaml").write_text("policy: {sets: [hipaa], files: [my.cedar]}")
    Path("my.cedar").write_text(RULE.format("size"))
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(policy, words)
    assert done.exit_code == status, done.output
    return done


def test_a_policy_that_fits_is_told_to_be_well() -> None:
    assert run("check").output.endswith("5 of sets and files\n")
    told = json.loads(run("check", "--json").output)
    assert told["ok"]
    assert told["problems"] == []
    assert told["statements"][-1] == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RULE.format("sice"), "my.cedar:1: attribute `sice`"),
        ("\n\n" + RULE.format("size") + "forbid (principal", "my.cedar:6: the statement does not end"),
        (RULE.format("size") + "\n" + RULE.format("size"), "my.cedar:5: `mine` is the name of my.cedar:1"),
        ("forbid (who, action, resource);", "my.cedar:1: "),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, told: str) -> None:
    Path("my.cedar").write_text(text)
    assert told in run("check", status=1).output
    wrong = json.loads(run("check", "--json", status=1).output)
    assert not wrong["ok"]
    assert any(told in problem for problem in wrong["problems"])


def test_a_file_that_is_not_there_and_a_set_that_is_misspelled() -> None:
    Path("my.cedar").unlink()
    assert "my.cedar: cannot be read" in run("check", status=1).output
    Path("wye.yaml").write_text("policy: {sets: [hippa]}")
    assert "Did you mean 'hipaa'?" in run("check", status=1).output


def test_the_policy_is_shown_as_cedar_that_can_be_read_again() -> None:
    shown = run("show").output
    assert '@id("label/phi/lanes")' in shown
    assert '@id("hipaa/baa")' in shown
    assert shown.rstrip().endswith(RULE.format("size").rstrip())
    assert run("show", "--sets").output.split() == list(sets())
    assert "Protected health" not in run("show", "--set", "eu-only").output
    assert "action infer" in run("show", "--schema").output
    assert "there is no policy set 'none'" in run("show", "--set", "none", status=1).output


def test_cases_of_ones_own_are_held_against_the_policy() -> None:
    Path("mine.cases.yaml").write_text(CASES)
    assert run("test", "mine.cases.yaml").output == "2 of 2 cases hold\n"
    Path("mine.cases.yaml").write_text(CASES.replace("forbid", "permit").replace(", by: mine", ""))
    failed = run("test", "mine.cases.yaml", status=1).output
    assert failed.startswith("mine.cases.yaml: long: expected permit, got forbid")
    assert failed.endswith("1 of 2 cases hold\n")
    told = json.loads(run("test", "mine.cases.yaml", "--json", status=1).output)
    assert [bool(one["wrong"]) for one in told] == [False, True]


def test_a_case_with_a_label_that_nothing_speaks_of_is_told() -> None:
    Path("cases.yaml").write_text("- {name: a, labels: [phj], deployment: {lane: closed}, expect: forbid}")
    told = run("test", "cases.yaml")
    assert "cases.yaml: a: label 'phj' is not defined. Did you mean 'phi'?" in told.stderr
    assert told.stdout == "1 of 1 cases hold\n"


def test_cases_that_are_no_text_are_told() -> None:
    Path("c.yaml").write_bytes(b"\xff\xfe")
    told = CliRunner().invoke(policy, ["test", "c.yaml"])
    assert told.exit_code == 1
    assert "c.yaml: not UTF-8" in told.stderr


def test_the_sets_hold_their_own_cases() -> None:
    everything = json.loads(run("test", "--json").output)
    assert {one["source"] for one in everything} == {f"set {name}" for name in sets()}
    assert not any(one["wrong"] for one in everything)
    one = json.loads(run("test", "--set", "hipaa", "--json").output)
    assert one == [case for case in everything if case["source"] == "set hipaa"]


def test_a_policy_is_signed_and_no_other_passes(here: Path) -> None:
    made = run("sign", "--key", "key", "--new-key").output
    assert stat.S_IMODE((here / "key").stat().st_mode) == 0o600
    public = made.split("WYE_POLICY_SIGNED_BY=")[1].strip()
    Path("wye.yaml").write_text(f"policy: {{sets: [hipaa], files: [my.cedar], signed_by: '{public}'}}")
    assert "wye-policy.sig, which must hold" in run("check", status=1).output
    assert f"revision 1, signed by {public}" in run("sign", "--key", "key").output
    run("check")
    Path("my.cedar").write_text(RULE.format("size").replace("10", "11"))
    assert "not the one that was signed" in run("check", status=1).output
    run("sign", "--key", "other", "--new-key")
    run("sign", "--key", "other")
    assert "is to be trusted" in run("check", status=1).output


def test_a_key_is_never_overwritten_and_no_key_signs_nothing() -> None:
    run("sign", "--key", "key", "--new-key")
    before = Path("key").read_bytes()
    assert "leave out --new-key" in run("sign", "--key", "key", "--new-key", status=1).output
    assert Path("key").read_bytes() == before
    Path("key").write_text("no key")
    assert "holds no key" in run("sign", "--key", "key", status=1).output


def test_check_says_that_a_signed_policy_is_older_than_what_was_in_force(here: Path) -> None:
    public = run("sign", "--key", "key", "--new-key").output.split("WYE_POLICY_SIGNED_BY=")[1].strip()
    Path("wye.yaml").write_text(f"policy: {{signed_by: '{public}'}}")
    run("sign", "--key", "key")
    older = Path("wye-policy.sig").read_bytes()
    assert "revision 2, signed by" in run("sign", "--key", "key").output
    state = here / "state"
    state.mkdir()
    advance(state / FILE, read(Path("wye-policy.sig")))
    run("check", "--state-dir", str(state))
    Path("wye-policy.sig").write_bytes(older)
    told = run("check", "--state-dir", str(state), status=1).output
    assert "is older than revision 2" in told
    Path("wye-policy.sig").unlink()
    assert "revision 3, signed by" in run("sign", "--key", "key", "--revision", "3").output
    run("check", "--state-dir", str(state))


def test_a_file_without_cases_is_no_success() -> None:
    Path("c.yaml").write_text("[]", encoding="utf-8")
    told = CliRunner().invoke(policy, ["test", "c.yaml"])
    assert told.exit_code == 1
    assert "c.yaml holds no cases" in told.stderr


def test_a_key_that_is_not_there_is_told() -> None:
    assert "make it with --new-key" in run("sign", "--key", "missing", status=1).output


def test_a_case_without_labels_is_judged_by_the_default_label() -> None:
    Path("mine.yaml").write_text("- {name: none, deployment: {lane: closed}, expect: permit}")
    Path("my.cedar").write_text(RULE.format("size"))
    assert run("test", "mine.yaml").output == "1 of 1 cases hold\n"
    Path("wye.yaml").write_text("default_label: phi")
    assert "label 'phi' permits own, this is closed" in run("test", "mine.yaml", status=1).output


def test_a_case_that_names_a_team_nobody_knows_says_so() -> None:
    Path("wye.yaml").write_text("policy: {roles: {doctor: {teams: [ward], keys: [k_1]}}}")
    case = "{name: x, team: %s, key: %s, deployment: {lane: own}, expect: permit}"
    Path("mine.yaml").write_text(f"- {case % ('ward', 'k_1')}\n- {case % ('wrad', 'k_2')}\n")
    told = run("test", "mine.yaml")
    assert told.stdout == "2 of 2 cases hold\n"
    assert [line.partition(": ")[2] for line in told.stderr.splitlines()] == [
        "x: no rule and no role names team 'wrad', so it is judged as any other. Did you mean 'ward'?",
        "x: no rule and no role names key 'k_2', so it is judged as any other. Did you mean 'k_1'?",
    ]
