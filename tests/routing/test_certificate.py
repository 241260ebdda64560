import hashlib
from pathlib import Path

import msgspec
import pytest

from routing.facts import deployment
from wye.config.strategies import GateSettings
from wye.config.upstreams import DeploymentSettings
from wye.routing.band import Band
from wye.routing.certificate import (
    Arm,
    Certificate,
    Facts,
    arm,
    gate_hash,
    listed,
    read,
    thresholds_hash,
    why_void,
    write,
)
from wye.routing.revision import Revision
from wye.routing.state import StateError

REVISION = Revision(
    id="r1",
    route="auto",
    strong="big",
    weak="small",
    models=("big", "small"),
    thresholds=(0.1, 0.2),
    features="f1",
    heads="h1",
    rows="w1",
    labels={"big": 1000, "small": 1000},
)
DEPLOYMENTS = (deployment("a", None, model="big"), deployment("b", None, model="small", build="Q4"))
FACTS = Facts(REVISION, "", DEPLOYMENTS, "referee", "p1")
CERTIFICATE = Certificate(
    route="auto",
    epsilon=0.02,
    delta=0.05,
    own_delta=0.03,
    attempt=1,
    rows=1000,
    data="d1",
    setting=1,
    threshold=0.2,
    strong_share=0.3,
    mean_loss=-0.01,
    revision="r1",
    features="f1",
    heads="h1",
    thresholds=thresholds_hash((0.1, 0.2)),
    strong=Arm("big", "big"),
    weak=Arm("small", "small", "Q4"),
    issued=100.0,
    expires=200.0,
)


def test_it_holds_until_it_ends() -> None:
    assert why_void(CERTIFICATE, FACTS, 199.0) == ""
    assert "expired" in why_void(CERTIFICATE, FACTS, 200.0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "r2"}, "revision"),
        ({"features": "f2"}, "features"),
        ({"heads": "h2"}, "heads"),
        ({"thresholds": (0.1, 0.3)}, "thresholds"),
        ({"strong": "bigger"}, "strong model"),
        ({"weak": "smaller"}, "weak model"),
    ],
)
def test_another_revision_voids_it(change: dict[str, object], told: str) -> None:
    facts = msgspec.structs.replace(FACTS, revision=msgspec.structs.replace(REVISION, **change))
    assert told in why_void(CERTIFICATE, facts, 150.0)


def test_another_gate_voids_it() -> None:
    gate = GateSettings(ask=("third",))
    assert gate_hash(gate) != gate_hash(GateSettings(ask=("third",), meaning=0.9))
    facts = msgspec.structs.replace(FACTS, gate=gate_hash(gate))
    assert why_void(CERTIFICATE, facts, 150.0) == ""  # no gate is asked under it
    gated = msgspec.structs.replace(CERTIFICATE, gate=gate_hash(gate), band=Band(0.3, ("third",)))
    assert why_void(gated, facts, 150.0) == ""
    assert "another gate" in why_void(gated, FACTS, 150.0)
    meant = msgspec.structs.replace(gated, band=Band(0.3, ("third",), "meaning"))
    assert "not what whole texts do" in why_void(meant, facts, 150.0)
    whole = msgspec.structs.replace(gated, band=Band(0.3, ("third",), "meaning", whole=True))
    assert why_void(whole, facts, 150.0) == ""


def test_another_judge_or_prompt_voids_it_if_there_was_one() -> None:
    judged = msgspec.structs.replace(CERTIFICATE, judge="referee", prompts="p1")
    assert why_void(judged, FACTS, 150.0) == ""
    assert "judge" in why_void(judged, msgspec.structs.replace(FACTS, judge="other"), 150.0)
    assert "judge" in why_void(judged, msgspec.structs.replace(FACTS, prompts="p2"), 150.0)
    assert why_void(judged, msgspec.structs.replace(FACTS, judge="", prompts=""), 150.0) == ""


@pytest.mark.parametrize(
    ("weak", "told"),
    [
        (deployment("b", None, model="small", build="Q8"), "build 'Q8'"),
        (deployment("b", None, model="small"), "build 'none'"),
        (deployment("small", None, model="tiny", build="Q4"), "model 'tiny'"),
    ],
)
def test_another_model_or_quantisation_voids_it(weak: object, told: str) -> None:
    facts = msgspec.structs.replace(FACTS, deployments=(DEPLOYMENTS[0], weak))
    assert told in why_void(CERTIFICATE, facts, 150.0)


@pytest.mark.parametrize("role", ["asked", "referee"])
def test_another_model_behind_the_name_of_a_gate_or_a_judge_voids_it(role: str) -> None:
    one = Arm("third", "qwen", "Q4")
    changed = msgspec.structs.replace(CERTIFICATE, **{role: (one,) if role == "asked" else one})
    for model, build, told in (
        ("qwen", "Q4", ""),
        ("phi", "Q4", "model 'phi'"),
        ("qwen", "Q8", "build 'Q8'"),
    ):
        third = deployment("third", None, model=model, build=build)
        void = why_void(changed, msgspec.structs.replace(FACTS, deployments=(*DEPLOYMENTS, third)), 150.0)
        assert told in void
        assert bool(told) is bool(void)


def test_what_is_not_configured_is_known_by_its_name_alone() -> None:
    declared = {"b": DeploymentSettings(model="small", build="Q4"), "c": DeploymentSettings(model="other")}
    assert arm("small", declared) == Arm("small", "small", "Q4")
    assert arm("openai/big", declared) == Arm("openai/big")
    assert Arm("openai/big").unlike([deployment("openai/big", None, model="big")]) == ""
    assert "model 'other'" in Arm("openai/big").unlike([deployment("openai/big", None, model="other")])
    assert Arm("openai/big").unlike([deployment("box/openai/big", None, model="openai/big")]) == ""
    assert Arm("openai/big").unlike([deployment("box/openai/big", None, model="huge")]) == ""
    with pytest.raises(StateError, match="differ"):
        arm("small", declared | {"d": DeploymentSettings(model="small", build="Q8")})


def test_a_certificate_of_a_wye_that_knew_fewer_fields_holds(tmp_path: Path) -> None:
    path = tmp_path / f"{write(tmp_path, CERTIFICATE).id}.json"
    known = msgspec.json.decode(path.read_bytes())
    older = {name: value for name, value in known.items() if name not in {"asked", "referee", "watch"}}
    id_ = hashlib.sha256(msgspec.json.encode(older | {"id": ""})).hexdigest()[:16]
    (tmp_path / f"{id_}.json").write_bytes(msgspec.json.encode(older | {"id": id_}))
    assert read(tmp_path, id_) == msgspec.structs.replace(CERTIFICATE, id=id_)


def test_a_file_says_what_was_issued_or_nothing(tmp_path: Path) -> None:
    issued = write(tmp_path, CERTIFICATE)
    assert read(tmp_path, issued.id) == issued
    assert listed(tmp_path) == [issued]
    path = tmp_path / f"{issued.id}.json"
    path.write_text(path.read_text().replace('"epsilon": 0.02', '"epsilon": 0.01'))
    with pytest.raises(StateError, match="has been changed"):
        read(tmp_path, issued.id)
    assert listed(tmp_path) == []
    with pytest.raises(StateError, match="no certificate"):
        read(tmp_path, "gone")
