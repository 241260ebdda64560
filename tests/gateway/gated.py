"""A route whose certificate leaves everything to its gate: the files that a person would have activated."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from wye.config.strategies import GateSettings
from wye.routing import certificate as certificates
from wye.routing.band import Band
from wye.routing.certificate import Arm, Certificate, gate_hash, thresholds_hash
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Space
from wye.routing.revision import Revision, Trace, Weights, write
from wye.routing.state import RouteState

DAY = 86_400.0
THRESHOLDS = (0.1, 0.9)

SEVERAL: dict[str, Any] = {
    "auto": {
        "candidates": ["inside", "outside"],
        "shadow": {"probability": 1.0, "run_length": 1_000_000, "judge": "claude-referee"},
    },
    "routes": {
        "cascade": {"candidates": ["inside", "outside"], "gate": {"ask": ["second"]}},
        "hedge": {
            "candidates": ["slow", "outside"],
            "hedge": {"after_ms": 30, "share": 1.0},
            "rules": [{"use": ["slow", "outside"]}],
        },
    },
}
"""Settings by which a request for `auto`, `cascade` or `hedge` goes to several of `inside`, `outside`,
`second`, `slow` and `claude-referee`."""


def certify(state_dir: Path, route: str, strong: str, weak: str, gate: GateSettings) -> None:
    """Let a revision serve `route` by which `weak` is right every other time: a gate decides on all of it."""
    state = RouteState(state_dir, route)
    wide = Extractor().dimensions
    zero, one = np.zeros(wide, np.float32), np.ones(wide, np.float32)
    axes = np.eye(wide, dtype=np.float32)
    space = Space(zero, one, axes[:1], one[:1], 1.0, 1e9)
    grams = np.zeros(BUCKETS, np.float32)
    heads = [Head(strong, zero, grams, 20.0, axes, one), Head(weak, zero, grams, 0.0, axes, one)]
    revision = write(
        state.revisions,
        Revision(
            route=route,
            strong=strong,
            weak=weak,
            models=(),
            thresholds=THRESHOLDS,
            features="",
            heads="",
            rows="",
            labels={},
        ),
        Weights(space, heads, []),
        Trace(),
    )
    now = time.time()
    issued = certificates.write(
        state.certificates,
        Certificate(
            route=route,
            epsilon=0.05,
            delta=0.05,
            own_delta=0.03,
            attempt=1,
            rows=100,
            data="",
            setting=1,
            threshold=THRESHOLDS[0],
            strong_share=0.5,
            mean_loss=0.0,
            revision=revision.id,
            features=revision.features,
            heads=revision.heads,
            thresholds=thresholds_hash(THRESHOLDS),
            gate=gate_hash(gate),
            band=Band(THRESHOLDS[1], gate.ask, agrees=0.9),
            strong=Arm(strong),
            weak=Arm(weak),
            issued=now,
            expires=now + DAY,
        ),
    )
    state.activate(revision.id, issued.id)
