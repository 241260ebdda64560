"""A route that was taught and certified, as files: for tests of what serves, watches and takes back."""

import time
from pathlib import Path

import msgspec
import numpy as np

from wye.routing.certificate import Arm, Certificate, thresholds_hash
from wye.routing.certificate import write as write_certificate
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Space
from wye.routing.revision import Revision, Trace, Weights
from wye.routing.revision import write as write_revision
from wye.routing.state import RouteState

FACTS = Revision(
    route="auto",
    strong="big",
    weak="small",
    models=(),
    thresholds=(0.1, 0.3),
    features="",
    heads="",
    rows="",
    labels={},
)


def alike(strong: str = "big", weak: str = "small") -> Weights:
    """Heads to which everything is easy, for both models: of any prompt a gain below .1."""
    wide = Extractor().dimensions
    one, grams = np.ones(wide, dtype=np.float32), np.zeros(BUCKETS, dtype=np.float32)
    axes = np.eye(wide, dtype=np.float32)[:1]
    heads = [Head(name, 0 * one, grams, logit, axes, one[:1]) for name, logit in ((strong, 8.0), (weak, 6.0))]
    return Weights(Space(0 * one, one, axes, one[:1], 1.0, 1e9), heads, [])


def grant(state_dir: Path, route: str = "auto", **facts: object) -> Certificate:
    """Teach and certify a route, and put both in force."""
    state = RouteState(state_dir, route)
    revision = write_revision(state.revisions, msgspec.structs.replace(FACTS, route=route), alike(), Trace())
    made = Certificate(
        route=route,
        epsilon=0.02,
        delta=0.05,
        own_delta=0.03,
        attempt=1,
        rows=1000,
        data="d1",
        setting=1,
        threshold=0.3,
        strong_share=0.0,
        mean_loss=-0.01,
        revision=revision.id,
        features=revision.features,
        heads=revision.heads,
        thresholds=thresholds_hash(revision.thresholds),
        strong=Arm("big"),
        weak=Arm("small"),
        issued=time.time(),
        expires=time.time() + 86_400,
    )
    certificate = write_certificate(state.certificates, msgspec.structs.replace(made, **facts))
    state.activate(revision.id, certificate.id)
    return certificate
