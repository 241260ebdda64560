"""A person who asks for it is forgotten: by the ledger, by kept conversations, and by a gateway that runs."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from fake_upstream import FakeUpstream
from gateway.holding import ask, deployment, scripts, settings
from running import Running, running
from wye.cli.erase import erase
from wye.cli.explain import explain
from wye.cli.keys import keys
from wye.config.settings import LedgerSettings
from wye.ledger import KeyStore
from wye.ledger.erasure import Erasures
from wye.ledger.tlog.note import VerifierKey
from wye.ledger.tlog.proof import Proof, check
from wye.ledger.tlog.tree import leaf_hash
from wye.ledger.vault import Vault

PATIENT = {"x-wye-subject": "patient-4711"}
OTHER = {"x-wye-subject": "other"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    scripts(fake)
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    kept = settings(upstream, responses={"store": True}, ledger={"store_content": True})
    kept["deployments"]["ok"] = deployment(upstream, "ok")
    with running(tmp_path_factory.mktemp("gateway"), kept) as gateway:
        yield gateway


def run(runner: CliRunner, state: Path, *words: str, given: str | None = None) -> Result:
    return runner.invoke(erase, [*words, "--state-dir", str(state)], input=given)


def test_a_running_gateway_forgets_at_once(gateway: Running, runner: CliRunner, tmp_path: Path) -> None:
    said = "a lump under my left arm"
    kept = ask(gateway, "chat", said, PATIENT).json["id"]
    chat = gateway.chat("ok", PATIENT, messages=[{"role": "user", "content": said}])
    followed = ask(gateway, "chat", "and now?", previous_response_id=kept)
    theirs = ask(gateway, "chat", "of another", OTHER).json["id"]
    assert said in json.loads(gateway.record(chat)["content"])["request"]
    assert "and now?" in json.loads(gateway.record(followed)["content"])["request"]
    assert all(said.encode() not in path.read_bytes() for path in gateway.state.rglob("*") if path.is_file())
    assert all(
        b"patient-4711" not in path.read_bytes() for path in gateway.state.rglob("*") if path.is_file()
    )
    shutil.copy(gateway.state / "ledger.db", tmp_path)

    erased = run(runner, gateway.state, "patient-4711", given="y\n")
    assert erased.exit_code == 0, erased.output
    assert "one key is gone" in erased.stdout
    for answered in (chat, followed):  # what goes on from a person's answer is theirs too
        record = gateway.record(answered)
        assert json.loads(record["content"])["erased"].startswith("erased on 20")
        assert record["status"] == 200
    refused = ask(gateway, "chat", "and now?", PATIENT, previous_response_id=kept)
    assert (refused.status, refused.error["message"][:12]) == (410, "erased on 20")
    assert gateway.ask("GET", f"/v1/responses/{kept}").status == 410
    assert ask(gateway, "chat", "go on", OTHER, previous_response_id=theirs).status == 200
    told = runner.invoke(explain, [chat.headers["x-wye-decision"], "--state-dir", str(gateway.state)])
    assert "erased on 20" in told.output

    again = gateway.chat("ok", PATIENT, messages=[{"role": "user", "content": "I am back"}])
    assert "I am back" in gateway.record(again)["content"]


def test_what_goes_on_from_an_answer_an_upstream_holds_is_its_subjects(gateway: Running) -> None:
    held = ask(gateway, "native", "hi", {"x-wye-subject": "held"})
    for _ in range(2):
        followed = ask(gateway, "native", "and now?", previous_response_id=held.json["id"])
        assert gateway.record(followed)["subject"] == gateway.record(held)["subject"]


def test_a_conversation_has_one_subject(gateway: Running) -> None:
    first = ask(gateway, "chat", "mine", PATIENT).json["id"]
    refused = ask(gateway, "chat", "and now?", OTHER, previous_response_id=first)
    assert (refused.status, refused.error["param"]) == (400, "x-wye-subject")
    assert ask(gateway, "chat", "and now?", PATIENT, previous_response_id=first).status == 200


def test_a_receipt_proves_itself(gateway: Running, runner: CliRunner) -> None:
    gateway.chat("ok", {"x-wye-subject": "receipted"})
    told = run(runner, gateway.state, "receipted", "--yes", "--json")
    assert told.exit_code == 0, told.output
    receipt = json.loads(told.stdout)
    key = VerifierKey.parse((gateway.state / "erasures" / "public" / "key").read_text().strip())
    entry = msgspec.json.encode(receipt["receipt"])
    check(Proof.parse(receipt["proof"].encode()), leaf_hash(entry), key)
    assert receipt["destroyed"] == 1
    assert "receipted" not in told.stdout
    twice = json.loads(run(runner, gateway.state, "receipted", "--yes", "--json").stdout)
    assert (twice["receipt"], twice["destroyed"]) == (receipt["receipt"], 0)


def test_a_name_that_is_none_is_refused(gateway: Running, runner: CliRunner) -> None:
    refused = gateway.chat("ok", {"x-wye-subject": "two words"})
    assert refused.status == 400
    assert "1 to 128 visible ASCII" in refused.error["message"]
    assert run(runner, gateway.state, "two words", "--yes").exit_code == 2
    assert run(runner, gateway.state).exit_code == 2


def test_nothing_happens_without_a_yes(runner: CliRunner, tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        envelope = vault.seal(vault.tag("patient-4711"), b"x")
        refused = run(runner, tmp_path, "patient-4711", given="n\n")
        assert refused.exit_code == 1
        nobody = run(runner, tmp_path, "patient-4711", given="")
        assert (nobody.exit_code, "say --yes" in nobody.stderr) == (2, True)
        assert vault.unseal(envelope) == b"x"


def test_where_nothing_was_sealed_nobody_is_erased(runner: CliRunner, tmp_path: Path) -> None:
    refused = run(runner, tmp_path / "mistyped", "patient-4711", "--yes")
    assert refused.exit_code == 1
    assert "give the gateway's --state-dir" in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


def test_many_come_from_a_file_and_receipts_erase_again(runner: CliRunner, tmp_path: Path) -> None:
    with Vault.open(tmp_path) as vault:
        envelopes = [vault.seal(vault.tag(name), b"x") for name in ("a", "b")]
        vault.sync()
        shutil.copytree(tmp_path / "vault", tmp_path / "backup" / "vault")
        told = run(runner, tmp_path, "--file", "-", "--json", "--yes", given="a\n\nb\n")
        assert len(told.stdout.splitlines()) == 2
    (tmp_path / "receipts").write_text(told.stdout)
    again = run(runner, tmp_path / "backup", "--receipts", str(tmp_path / "receipts"), "--yes")
    assert "2 keys that 2 receipts name were still there" in again.stderr
    with Vault.open(tmp_path / "backup") as vault:
        for envelope in envelopes:
            with pytest.raises(Exception, match="erased on"):
                vault.unseal(envelope)
        erasures = Erasures(tmp_path / "backup", vault)
        assert [receipt for _, receipt in erasures.receipts()] == [
            receipt for _, receipt in Erasures(tmp_path, vault).receipts()
        ], "receipts are kept where they were used"
        assert erasures.redo([receipt for _, receipt in erasures.receipts()]) == 0
        assert erasures.size == 2


@pytest.mark.parametrize("line", ["garbage", '{"receipt":{"subject":"s","keys":["no key"],"at":1.0}}'])
def test_what_is_no_receipt_is_refused(line: str, runner: CliRunner, tmp_path: Path) -> None:
    refused = run(runner, tmp_path, "--receipts", "-", "--yes", given=line + "\n")
    assert refused.exit_code == 2
    assert "line 1 is no receipt" in refused.output


def test_a_key_may_say_whose_data_its_requests_hold(runner: CliRunner, tmp_path: Path) -> None:
    made = runner.invoke(keys, ["create", "app", "--subject", "clinic", "--state-dir", str(tmp_path)])
    assert made.exit_code == 0, made.output
    with KeyStore(LedgerSettings(), tmp_path) as store, Vault.open(tmp_path) as vault:
        assert store.list()[0].grant.subject == vault.tag("clinic")


@pytest.mark.parametrize("option", ["--file", "--receipts"])
def test_a_file_that_is_no_text_is_told(option: str, runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe\n")
    told = runner.invoke(erase, [option, str(tmp_path / "list"), "--yes", "--state-dir", str(tmp_path)])
    assert told.exit_code == 2
    assert "not UTF-8" in told.stderr


@pytest.mark.parametrize("option", ["--file", "--receipts"])
def test_an_empty_file_names_nobody(option: str, runner: CliRunner, tmp_path: Path) -> None:
    told = runner.invoke(erase, [option, "-", "--yes", "--state-dir", str(tmp_path)], input="")
    assert told.exit_code == 2
    assert "nobody is named" in told.stderr
