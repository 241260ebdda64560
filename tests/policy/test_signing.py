from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect as types
import pytest

from wye.config.detection import DetectionSettings, dictionary
from wye.config.governance import PolicySettings
from wye.config.labels import ALL_LANES, LabelRule
from wye.config.settings import Settings
from wye.policy import Policy
from wye.policy.cedar.sources import statements_of
from wye.policy.cedar.statements import PolicyTextError
from wye.policy.signing import VARIABLE, digest, new_key, read, sign, verify

AT = "2026-11-23T07:00:00Z"


def told(settings: Settings) -> str:
    return digest(settings, statements_of(settings), dictionary(settings.detection))


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


def test_a_key_that_was_not_filled_in_is_not_none(tmp_path: Path) -> None:
    public, where = signed(tmp_path, Settings())
    with pytest.raises(PolicyTextError, match="is there and empty"):
        verify(where, told(Settings()), {VARIABLE: ""})
    with pytest.raises(PolicyTextError, match="is there and empty"):
        verify(msgspec.structs.replace(where, signed_by=""), told(Settings()), {VARIABLE: public})


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


SPOKEN_TO = "protocol api_key_env api_key_file tls"
NOT_SIGNED = {
    "": "listen listener keys ledger responses discovery embedded telemetry organisation machines catalog "
    "aliases tasks",
    "policy.": "signed_by signature_file",
    "providers.*.": f"{SPOKEN_TO} enabled models",
    "deployments.*.": f"{SPOKEN_TO} also build price machines profile timeouts retries operations "
    "concurrency queue queue_seconds slots machine_hour energy_hour call_ids effort_field formats ignores "
    "max_output_field reasoning_field refuses stream_options takes",
    "routes.*.": "candidates rules objective strong gate shadow hedge hook",
    "auto.": "candidates rules objective strong gate shadow hedge hook",
}
"""Whatever else stands in `wye.yaml` decides where something may go, or labels it."""


@pytest.mark.usefixtures("files")
def test_every_setting_is_signed_that_is_not_named_here() -> None:
    """By the schema: a setting that comes to be must be signed, or stand above."""
    leaves = dict(settings_that_differ())
    signed_ = {path for path, (one, other) in leaves.items() if told(one) != told(other)}
    free = tuple(f"{where}{name}" for where, names in NOT_SIGNED.items() for name in names.split())
    named = {path for path in leaves if f"{path}.".startswith(tuple(f"{name}." for name in free))}
    assert signed_ == leaves.keys() - named
    assert {"detection.raises.*", "detection.dictionary", "labels.*.mask", "routes.*.labels"} < signed_
    assert len(leaves) > 200


@pytest.mark.usefixtures("files")
def test_what_stands_in_the_dictionary_is_signed_and_what_was_read_stays_in_force() -> None:
    settings = Settings(detection=DetectionSettings(dictionary="a"))
    policy, before = Policy(settings, ()), told(settings)
    Path("a").write_text("Heron")
    assert told(settings) != before
    again = policy.over(())
    assert (again.digest, again.dictionary) == (before, policy.dictionary) != (told(settings), ("Heron",))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that settings may name: two, which say different things."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("forbid (principal, action, resource);")
    (tmp_path / "b").write_text('@id("b") forbid (principal, action, resource);')


def settings_that_differ() -> Iterator[tuple[str, tuple[Settings, Settings]]]:
    """Yield every field that `wye.yaml` may have, with two settings that differ in nothing else."""
    for path, one, other in _two(types.type_info(Settings), ""):
        yield path, (msgspec.convert(one, Settings), msgspec.convert(other, Settings))


def _two(kind: Any, path: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: C901  # a case a kind
    """Yield the leaves of a type, each with two values of the whole that differ there."""
    match kind:
        case types.UnionType() if any("StructType" in repr(one) for one in kind.types):
            for one in kind.types:
                if not isinstance(one, types.NoneType):
                    yield from _two(one, path)
        case types.StructType():
            needed = _values(kind)[0]
            for field in kind.fields:
                name = field.encode_name
                for leaf, one, other in _two(field.type, f"{path}.{name}".lstrip(".")):
                    yield leaf, needed | {name: one}, needed | {name: other}
        case types.DictType():
            key = _values(kind.key_type)[0]
            for leaf, one, other in _two(kind.value_type, f"{path}.*"):
                yield leaf, {key: one}, {key: other}
        case types.VarTupleType() if "StructType" in repr(kind):
            for leaf, one, other in _two(kind.item_type, path):
                yield leaf, [one], [other]
        case _:
            one, other, *_ = [["hipaa"], ["gdpr"]] if path == "policy.sets" else _values(kind)
            yield path, one, other


PLAIN: dict[type, list[Any]] = {
    types.DictType: [{}],
    types.BoolType: [True, False],
    types.StrType: ["a", "b"],
    types.DecimalType: ["1", "2"],
    types.DateType: ["2030-01-01", "2030-01-02"],
    types.NoneType: [],
}


def _values(kind: Any) -> list[Any]:
    """Return some values of a type; of an object the smallest there is."""
    match kind:
        case types.UnionType():
            found = [value for one in kind.types for value in _values(one)]
        case types.Metadata():
            found = _values(kind.type)
        case types.VarTupleType():
            found = [[value] for value in _values(kind.item_type)]
        case types.StructType():
            found = [{f.encode_name: _values(f.type)[0] for f in kind.fields if f.required}]
        case types.LiteralType():
            found = list(kind.values)
        case types.EnumType():
            found = [one.value for one in kind.cls]
        case types.IntType():
            found = [kind.ge or 1, (kind.ge or 1) + 1]
        case types.FloatType():
            found = [(kind.ge or 0.0) + 0.5, (kind.ge or 0.0) + 1.0]
        case _:
            found = PLAIN[type(kind)]
    return found


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
