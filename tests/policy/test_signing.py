from pathlib import Path

import msgspec
import pytest

from wye.config.governance import ComplianceSettings, PolicySettings, RoleSettings
from wye.config.labels import ALL_LANES, LabelRule
from wye.config.settings import Settings
from wye.config.upstreams import DeploymentSettings, ProviderSettings
from wye.core.lane import Lane
from wye.policy import Policy
from wye.policy.cedar.sources import statements_of
from wye.policy.cedar.statements import PolicyTextError
from wye.policy.signing import VARIABLE, digest, new_key, read, sign, verify

AT = "2026-11-23T07:00:00Z"


def told(settings: Settings) -> str:
    return digest(settings, statements_of(settings))


def signed(tmp_path: Path, settings: Settings) -> tuple[str, PolicySettings]:
    """Sign `settings`; return the public key, and where the signature is."""
    public = new_key(tmp_path / "key")
    file = tmp_path / "sig"
    file.write_bytes(msgspec.json.encode(sign(tmp_path / "key", told(settings), AT)))
    return public, PolicySettings(signature_file=str(file))


def test_a_signed_policy_comes_into_force_and_a_changed_one_does_not(tmp_path: Path) -> None:
    public, where = signed(tmp_path, Settings())
    trusting = msgspec.structs.replace(where, signed_by=public)
    Policy(Settings(policy=trusting), ())
    changed = Settings(policy=trusting, labels={"phi": LabelRule(lanes=ALL_LANES)})
    with pytest.raises(
        PolicyTextError,
        match=rf"is not the one that was signed on {AT} \(revision 1\); have the policy signed",
    ):
        Policy(changed, ())


def test_the_key_to_trust_may_come_from_the_environment(tmp_path: Path) -> None:
    public, where = signed(tmp_path, Settings())
    verify(where, told(Settings()), {VARIABLE: public})
    with pytest.raises(PolicyTextError, match=r"is signed by .* and other is to be trusted"):
        verify(where, told(Settings()), {VARIABLE: "other"})
    verify(where, "anything", {})


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read: No such file"), (b"{}", "no valid signature"), (b"\xff", "no valid signature")],
)
def test_a_file_that_holds_no_signature(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "sig"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PolicyTextError, match=message):
        verify(PolicySettings(signature_file=str(file), signed_by="x"), told(Settings()), {})


def test_a_forged_signature_is_seen(tmp_path: Path) -> None:
    public, where = signed(tmp_path, Settings())
    file = Path(where.signature_file)
    forged = msgspec.json.decode(file.read_bytes()) | {"policy": "00" * 32}
    file.write_bytes(msgspec.json.encode(forged))
    with pytest.raises(PolicyTextError, match="no valid signature"):
        verify(msgspec.structs.replace(where, signed_by=public), "00" * 32, {})


def test_keys_are_their_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        new_key(tmp_path / "key")
    (tmp_path / "no").write_text("hello")
    with pytest.raises(PolicyTextError, match="holds no key"):
        sign(tmp_path / "no", "x", AT)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(labels={"x": LabelRule()}),
        Settings(default_label="phi"),
        Settings(policy=PolicySettings(sets=("hipaa",))),
        Settings(policy=PolicySettings(roles={"a": RoleSettings(teams=("t",))})),
        Settings(compliance=(ComplianceSettings(provider="acme", trains_on_data=False),)),
        Settings(providers={"acme": ProviderSettings(lane=Lane.OWN)}),
        Settings(providers={"acme": ProviderSettings(region="eu")}),
        Settings(providers={"acme": ProviderSettings(base_url="http://10.0.0.1/v1")}),
        Settings(deployments={"a": DeploymentSettings("m", base_url="http://10.0.0.1/v1", lane=Lane.OWN)}),
    ],
)
def test_whatever_decides_is_signed(settings: Settings) -> None:
    assert told(settings) != told(Settings())


def test_what_rules_never_ask_for_needs_no_new_signature() -> None:
    provider = ProviderSettings(api_key_env="OTHER_KEY")
    assert told(Settings(providers={"acme": provider}, listen="127.0.0.1:4001")) == told(Settings())


def test_signatures_count_up_and_name_the_one_before(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    first = sign(tmp_path / "key", "p", AT)
    second = sign(tmp_path / "key", "p", AT, first)
    assert (first.revision, first.previous) == (1, "")
    assert (second.revision, second.previous) == (2, first.id)
    assert sign(tmp_path / "key", "p", AT, None, 7).revision == 7


@pytest.mark.parametrize("field", ["policy", "revision", "previous", "signed_at"])
def test_no_field_can_be_changed(tmp_path: Path, field: str) -> None:
    new_key(tmp_path / "key")
    said = msgspec.to_builtins(sign(tmp_path / "key", "p", AT))
    file = tmp_path / "sig"
    file.write_bytes(msgspec.json.encode(said))
    assert read(file) is not None
    file.write_bytes(msgspec.json.encode(said | {field: 9 if field == "revision" else "other"}))
    assert read(file) is None
