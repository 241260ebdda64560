"""`wye keys`, from the first to the last day of a key."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from wye.cli.keys import keys
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError, NotFoundError
from wye.ledger import KeyStore
from wye.ledger.keystore import digest


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


def run(runner: CliRunner, *words: str) -> Result:
    result = runner.invoke(keys, words)
    assert result.exit_code == 0, result.output
    return result


def test_a_key_is_made_listed_rotated_and_revoked(runner: CliRunner, state: Path) -> None:
    limits = ["--rpm", "60", "--tpm", "10000", "--budget", "50/month", "--label", "PHI", "--model", "gpt-*"]
    made = run(runner, "create", "app", "--team", "web", *limits, "--scope", "infer", "--scope", "read")
    secret = made.stdout.strip()
    assert secret.startswith("wye_")
    assert secret not in made.stderr
    with KeyStore(LedgerSettings(), state) as store:
        [key] = store.list()
    assert key.digest == digest(secret)

    listed = run(runner, "list").stdout
    assert all(len(line) <= 100 for line in listed.splitlines())
    for said in (key.id, "app", "team web", "infer+read", "labels phi", "models gpt-*", "60 requests/min"):
        assert said in listed
    for said in ("10,000 tokens/min", "50.00 USD a month"):
        assert said in listed

    second = run(runner, "rotate", "app", "--grace", "1h").stdout.strip()
    assert second not in ("", secret)
    assert run(runner, "list").stdout.count("app") == 2
    assert run(runner, "revoke", "app").stderr.count("Revoked") == 2
    gone = run(runner, "list")
    assert gone.stdout == ""
    assert "2 revoked or expired" in gone.stderr
    everything = run(runner, "list", "--all").stdout + run(runner, "list", "--all", "--json").stdout
    for hidden in (secret, second, key.digest):
        assert hidden not in everything


def test_to_list_makes_no_ledger(runner: CliRunner, state: Path) -> None:
    listed = runner.invoke(keys, ["list"])
    assert listed.exit_code == 0
    assert "No keys." in listed.output
    assert not (state / "ledger.db").exists()


@pytest.mark.usefixtures("state")
def test_json_for_scripts(runner: CliRunner) -> None:
    made = msgspec.json.decode(run(runner, "create", "ci", "--expires", "90d", "--json").stdout)
    assert made["secret"].startswith("wye_")
    assert "digest" not in made
    [listed] = msgspec.json.decode(run(runner, "list", "--json").stdout)
    assert (listed["id"], listed["usable"], listed["grant"]["name"]) == (made["id"], True, "ci")
    assert "secret" not in listed


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["create", "a b"], "a name is 1 to 64"),
        (["create", "app", "--budget", "50"], "50/month"),
        (["create", "app", "--budget", "-1/day"], "50/month"),
        (["create", "app", "--label", "no way"], "is not a label"),
        (["create", "app", "--rpm", "0"], "x>=1"),
        (["create", "app", "--scope", "root"], "'infer', 'read', 'admin'"),
        (["create", "app", "--expires", "2020-01-01"], "lies ahead"),
        (["create", "app", "--expires", "soon"], "write 7d"),
        (["create", "taken"], "wye keys rotate taken"),
        (["rotate", "taken", "--grace", "long"], "write 30m"),
    ],
)
def test_mistakes_say_what_to_write(runner: CliRunner, words: list[str], says: str) -> None:
    run(runner, "create", "taken")
    result = runner.invoke(keys, words)
    assert result.exit_code == 2
    assert says in result.stderr
    assert run(runner, "list").stdout.count("key_") == 1


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("words", [["rotate", "nosuch"], ["revoke", "nosuch"]])
def test_a_key_that_is_not_there_says_where_to_look(runner: CliRunner, words: list[str]) -> None:
    run(runner, "create", "app")
    result = runner.invoke(keys, words)
    assert isinstance(result.exception, NotFoundError)
    assert "wye keys list" in str(result.exception)


@pytest.mark.parametrize("words", [["rotate", "app"], ["revoke", "app"]])
def test_a_mistyped_directory_has_no_keys_and_gets_none(
    runner: CliRunner, state: Path, words: list[str]
) -> None:
    result = runner.invoke(keys, words)
    assert isinstance(result.exception, LedgerError)
    assert "is that the gateway's --state-dir?" in str(result.exception)
    assert not state.exists()


@pytest.mark.usefixtures("state")
def test_names_that_nothing_knows_are_told_and_the_key_is_made(runner: CliRunner) -> None:
    Path("wye.yaml").write_text("routes: {support: {}}")
    made = run(runner, "create", "app", "--label", "phi,phii", "--model", "suport", "--model", "support")
    assert made.stdout.startswith("wye_")
    label, model, *_ = made.stderr.splitlines()
    assert label.startswith("Warning: label 'phii' is not defined: requests with it stay on your own")
    assert model.endswith("the catalogue knows is named like 'suport'. Did you mean 'support'?")
