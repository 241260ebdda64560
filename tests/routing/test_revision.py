"""A revision is what it was made with, or it does not serve."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.length import LengthHead
from wye.routing.quality import Head, Space
from wye.routing.revision import Revision, RevisionError, Trace, Weights, listed, mark, read, read_rows, write

FACTS = Revision(
    route="auto",
    strong="gpt",
    weak="llama",
    models=(),
    thresholds=(0.1, 0.2),
    features="",
    heads="",
    rows="",
    labels={"gpt": 2, "llama": 2},
)
PROMPT = "What is the capital of France?"


def weights(seed: int = 0) -> Weights:
    rng = np.random.default_rng(seed)
    wide = Extractor().dimensions
    one = np.ones(wide, dtype=np.float32)
    axes = np.eye(wide, dtype=np.float32)[:4]
    heads = [
        Head(name, one * rng.normal(), rng.normal(size=BUCKETS).astype(np.float32), 0.5, axes, one[:4])
        for name in ("gpt", "llama")
    ]
    space = Space(0 * one, one, axes, one[:4], 1.0, 1e9)
    return Weights(space, heads, [LengthHead("gpt", one / 100, 4.0, 0.5, 10.0, 500.0)])


def test_what_is_read_predicts_what_was_written(tmp_path: Path) -> None:
    written = write(tmp_path, FACTS, weights(), Trace((mark(PROMPT),)))
    learnt = read(tmp_path, written.id)
    assert learnt.revision == written
    assert written.models == ("gpt", "llama")
    features = Extractor()(PROMPT)
    quality, like = learnt.quality.estimate(features)
    assert like
    assert set(quality) == {"gpt", "llama"}
    assert 10 <= learnt.lengths.expect(learnt.place(features.dense))["gpt"] <= 500
    assert read_rows(tmp_path, written.id) == Trace((mark(PROMPT.upper() + "\n"),))


def test_the_same_rows_teach_the_same_revision(tmp_path: Path) -> None:
    first = write(tmp_path, msgspec.structs.replace(FACTS, made_at=1.0), weights(), Trace(("a", "b")))
    again = write(tmp_path, msgspec.structs.replace(FACTS, made_at=2.0), weights(), Trace(("a", "b")))
    other = write(tmp_path, FACTS, weights(1), Trace(("a", "b")))
    assert first.id == again.id != other.id
    assert {revision.id for revision in listed(tmp_path)} == {first.id, other.id}


def test_a_revision_of_a_wye_that_knew_fewer_fields_serves(tmp_path: Path) -> None:
    written = write(tmp_path, FACTS, weights(), Trace(("a",)))
    path = tmp_path / written.id / "revision.json"
    older = {k: v for k, v in msgspec.json.decode(path.read_bytes()).items() if k not in {"priors", "id"}}
    content = {k: v for k, v in older.items() if k != "made_at"}
    id_ = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]
    path.write_bytes(msgspec.json.encode(older | {"id": id_}))
    path.parent.rename(tmp_path / id_)
    assert read(tmp_path, id_).revision.priors == {}


@pytest.mark.parametrize("file", ["revision.json", "weights.npz", "rows.json"])
def test_what_was_changed_does_not_serve(tmp_path: Path, file: str) -> None:
    id_ = write(tmp_path, FACTS, weights(), Trace(("a",))).id
    path = tmp_path / id_ / file
    data = path.read_bytes()
    path.write_bytes(data.replace(b"0.2", b"0.9") if file == "revision.json" else data + b"b\n")
    with pytest.raises(RevisionError, match=file.replace(".", r"\.")):
        (read_rows if file == "rows.json" else read)(tmp_path, id_)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match="no revision 'x'"):
        read(tmp_path, "x")
    id_ = write(tmp_path, FACTS, weights(), Trace(("a",))).id
    (tmp_path / id_ / "weights.npz").unlink()
    with pytest.raises(RevisionError, match="is missing"):
        read(tmp_path, id_)


def test_other_features_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = write(tmp_path, FACTS, weights(), Trace(("a",))).id
    monkeypatch.setattr("wye.routing.features.table.fingerprint", lambda: "another")
    with pytest.raises(RevisionError, match="other features"):
        read(tmp_path, id_)
