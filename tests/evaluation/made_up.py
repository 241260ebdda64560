"""Labelled prompts whose truth is known: a weak model that can do sums but no law."""

import numpy as np

from wye.evaluation.dataset import Result, Row

TOPICS = {
    "sums": ("add", "subtract", "count", "apples", "coins", "total", "number", "sum", "price", "minutes"),
    "law": (
        "court",
        "statute",
        "contract",
        "liability",
        "plaintiff",
        "appeal",
        "tort",
        "clause",
        "jurisdiction",
        "breach",
    ),
}
SKILL = {
    "strong": {"sums": 0.95, "law": 0.9},
    "weak": {"sums": 0.93, "law": 0.5},
    "gate": {"sums": 0.9, "law": 0.4},
}


def rows(count: int, seed: int = 0, prefix: str = "row") -> list[Row]:
    """Make prompts of two topics. A right answer is 42; wrong ones rarely agree."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        topic = str(rng.choice(list(TOPICS)))
        filler = [f"item{rng.integers(10_000)}" for _ in range(4)]
        words = rng.permutation([*rng.choice(TOPICS[topic], 8), *filler])
        results = {}
        for model, skill in SKILL.items():
            right = bool(rng.random() < skill[topic])
            answer = "42" if right else str(rng.integers(100, 110))
            results[model] = Result(
                quality=float(right), answer=answer, output_chars=int(rng.integers(50, 500))
            )
        made.append(Row(f"{prefix}/{number}", f"Question: {' '.join(words)}?", results, "made up", topic))
    return made
