r"""Write what tells kinds of work apart, from the examples in scripts/tasks.

    python scripts/build_tasks.py

One file a kind, one prompt a line, with `\n` for the ends of its own lines; a class whose prompts differ
much has several kinds, named CLASS.KIND. `{}` stands for a text that something is to be done with, of which
`_payloads.txt` has some: each such line is paired with several, before and after it. Prints how many lines of
each class are recognised by a model that was taught the others (ten folds).
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from wye.routing.features import Extractor
from wye.routing.tasks import telling

EXAMPLES = Path(__file__).parent / "tasks"
TARGET = Path(__file__).parents[1] / "src/wye/routing/data/tasks.npz"
SHRINK = 0.3
"""Of the covariance, towards a multiple of the unit matrix."""
PAIRED = 6
FOLDS = 10
LOOKS = 1 / 3
"""How much what a prompt looks like counts beside what it means."""


def lines(name: str) -> list[str]:
    """Read one file of examples."""
    text = (EXAMPLES / f"{name}.txt").read_text(encoding="utf-8")
    return [line.replace("\\n", "\n") for line in text.splitlines()]


def prompts(line: str, number: int, payloads: list[str]) -> list[str]:
    """Return the prompts that a line stands for: with different texts, after and before what is asked."""
    if "{}" not in line:
        return [line]
    asked = line.replace(" {}", "").replace("{}", "").strip()
    chosen = [payloads[(number * 7 + turn * 3) % len(payloads)] for turn in range(PAIRED)]
    return [
        line.replace("{}", text) if turn % 3 else f"{text}\n\n{asked}" for turn, text in enumerate(chosen)
    ]


class Sheet:
    """Examples as arrays: features, class, line and weight of each row (lines weigh the same)."""

    def __init__(self, names: list[str], extractor: Extractor) -> None:
        """Extract them all."""
        tell = partial(telling, extractor)
        payloads, rows = lines("_payloads"), []
        for place, name in enumerate(names):
            for line in lines(name):
                number = rows[-1][2] + 1 if rows else 0
                made = prompts(line, number, payloads)
                rows += [(tell(one), place, number, 1 / len(made)) for one in made]
        dense, classes, numbers, weights = zip(*rows, strict=True)
        self.dense = np.array(dense, dtype=np.float64)
        self.classes, self.lines, self.weights = np.array(classes), np.array(numbers), np.array(weights)


def fit(
    sheet: Sheet, rows: np.ndarray, scale: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return means, precision (of unscaled features) and scatter, taught by some rows."""
    dense, classes, weights = sheet.dense[rows] * scale, sheet.classes[rows], sheet.weights[rows]
    means = np.stack(
        [np.average(dense[classes == c], axis=0, weights=weights[classes == c]) for c in range(count)]
    )
    rest = (dense - means[classes]) * np.sqrt(weights)[:, None]
    covariance = rest.T @ rest / weights.sum()
    ridge = SHRINK * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    precision = np.linalg.inv((1 - SHRINK) * covariance + ridge)
    return means / scale, precision * scale * scale[:, None], float(np.trace(precision @ covariance))


def main() -> None:
    """Fit, check on lines left out, and write."""
    extractor = Extractor()
    names = sorted(path.stem for path in EXAMPLES.glob("[!_]*.txt"))
    sheet = Sheet(names, extractor)
    classes = np.array([name.partition(".")[0] for name in names])
    scale = np.ones(extractor.dimensions)
    scale[extractor.meaning :] = LOOKS
    right = np.zeros(len(sheet.classes))
    for fold in range(FOLDS):
        out = sheet.lines % FOLDS == fold
        means, precision, _ = fit(sheet, ~out, scale, len(names))
        weights = means @ precision
        scores = sheet.dense[out] @ weights.T - 0.5 * (weights * means).sum(axis=1)
        right[out] = classes[scores.argmax(axis=1)] == classes[sheet.classes[out]]
    for place, name in enumerate(names):
        of = sheet.classes == place
        print(
            f"{name:<15} {np.average(right[of], weights=sheet.weights[of]):.2f} of {len(lines(name))} lines"
        )
    print(f"{'all':<15} {np.average(right, weights=sheet.weights):.2f}")
    means, precision, scatter = fit(sheet, np.ones(len(right), dtype=bool), scale, len(names))
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        TARGET,
        names=np.frombuffer("\n".join(classes).encode(), dtype=np.uint8),
        means=means.astype(np.float32),
        precision=precision.astype(np.float32),
        scatter=np.float32(scatter),
    )
    print(f"{TARGET.name}: SHA-256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
