"""Write what is guessed before there are labels: src/wye/evaluation/data/cold.npz.

    python scripts/build_cold.py knowledge=mmlu.jsonl.gz,mmlu_pro.jsonl.gz calculation=gsm8k.jsonl.gz

Each argument is a family of sets, as docs/benchmarks describes them. For every model of every set a line is
fitted; the best third of the models stand for a strong one, the others for a weak one, and the mean of their
lines is kept, with a little added where more is asked. Before that each set is predicted by lines of the
other families: worse than random (APGR .5) on any of them, and nothing is written.
"""

import argparse
import hashlib
import itertools
import sys
from pathlib import Path

import numpy as np

from wye.evaluation import columns, pair
from wye.evaluation.columns import Prompts
from wye.evaluation.curves import figures, order
from wye.evaluation.dataset import models, read
from wye.evaluation.draws import settings
from wye.evaluation.fitting import chance
from wye.evaluation.learn import score
from wye.routing.features.surface import NAMES

TARGET = Path(__file__).parents[1] / "src/wye/evaluation/data/cold.npz"
ASKED = 1.0
"""By which a weak model's logit falls with the length of a prompt and of its sentences (`looks`)."""
TIER = 1 / 3


class Set:
    """One set as arrays."""

    def __init__(self, path: Path) -> None:
        """Read it."""
        rows = read(path)
        self.prompts: Prompts = columns.extract([row.prompt for row in rows], grams=False)
        self.scores = {
            name: np.array([score(row, name) for row in rows], dtype=np.float64) for name in models(rows)
        }

    def pairs(self) -> list[tuple[str, str]]:
        """Return every pair of models, the better one first, that are some points apart."""
        mean = {name: float(np.nanmean(scores)) for name, scores in self.scores.items()}
        found = itertools.permutations(mean, 2)
        return [(one, other) for one, other in found if mean[one] - mean[other] > 0.03]  # noqa: PLR2004  # points


def lines(sets: list[Set]) -> tuple[columns.Space, np.ndarray, np.ndarray]:
    """Return the space, both lines' weights and their constants."""
    known = pair.elsewhere([(one.prompts, list(one.scores.values())) for one in sets])
    assert known.known is not None  # noqa: S101  # there are sets
    ranked = np.argsort(known.means)
    best = max(round(len(ranked) * TIER), 1)
    tiers = ranked[-best:], ranked[:-best]
    weights = np.stack([np.mean([known.lines[i].weights for i in tier], axis=0) for tier in tiers])
    constants = np.array([np.mean([known.lines[i].constant for i in tier]) for tier in tiers])
    meaning, scale = sets[0].prompts.meaning, known.known.scale
    for name in ("length", "length of a sentence"):
        place = meaning + NAMES.index(name)
        weights[1, place] -= ASKED / scale[place]  # centred: the mean prompt's logit stays
    return known.known, weights.astype(np.float32), constants.astype(np.float32)


def gain(one: Set, taught: tuple[columns.Space, np.ndarray, np.ndarray]) -> np.ndarray:
    """Return how much better the strong model is guessed to be on each prompt."""
    space, weights, constants = taught
    logits = space.place(one.prompts.dense) @ weights.T + constants
    right = chance(logits.astype(np.float64))
    return right[:, 0] - right[:, 1]


def main() -> int:
    """Check on families left out, then write."""
    parser = argparse.ArgumentParser(description="Write what is guessed before there are labels.")
    parser.add_argument("families", nargs="+", metavar="NAME=FILE,FILE")
    families = {}
    for family in parser.parse_args().families:
        name, _, paths = family.partition("=")
        families[name] = {path: Set(Path(path)) for path in paths.split(",")}
    rng, worst = np.random.default_rng(0), 1.0
    for name, sets in families.items():
        taught = lines(
            [one for other, several in families.items() if other != name for one in several.values()]
        )
        for path, one in sets.items():
            guessed, reached = gain(one, taught), []
            for strong, weak in one.pairs():
                both = ~np.isnan(one.scores[strong] + one.scores[weak])
                ranked = order(guessed[both], rng)
                apgr = figures(one.scores[strong][both], one.scores[weak][both], ranked).apgr
                if not np.isnan(apgr):  # on the rows that both were run on, the one may be no better
                    reached.append(apgr)
            mean = float(np.mean(reached))
            print(
                f"{Path(path).name}: APGR {mean:.3f} over {len(reached)} pairs, {min(reached):.3f} the worst"
            )
            worst = min(worst, mean)
    if worst < 0.5:  # noqa: PLR2004  # random
        print("worse than random on a family that it was not taught: nothing is written")
        return 1
    every = [one for sets in families.values() for one in sets.values()]
    space, weights, constants = lines(every)
    thresholds = settings(np.concatenate([gain(one, (space, weights, constants)) for one in every]))
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        TARGET, mean=space.mean, scale=space.scale, lines=weights, constants=constants, thresholds=thresholds
    )
    print(f"{TARGET.name}: SHA-256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
