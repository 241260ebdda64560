"""Sentence embeddings: all-MiniLM-L6-v2, mean pooling over the tokens, unit length."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import BertWordPieceTokenizer

DIMENSIONS = 384
MAX_TOKENS = 512
"""Positions the model has. It was trained on 128: what is longer embeds less sharply."""

Vector = npt.NDArray[np.float32]


class Encoder:
    """Text -> a vector of 384 float32 with length 1.

    One text a run: activations are quantised over a whole batch, so in a batch a text's vector would
    depend on its neighbours (and on other clients'). On long texts batching gains nothing anyway.
    """

    def __init__(self, model: Path, vocabulary: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait would take the cores from the chat engine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)

    def tokens(self, text: str) -> list[int]:
        """Return the token ids of `text`, with [CLS] and [SEP]. Not cut: compare with `MAX_TOKENS`."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def encode(self, tokens: list[int]) -> Vector:
        """Embed one text given as at most `MAX_TOKENS` tokens."""
        ids = np.array([tokens], dtype=np.int64)
        # One text has no padding, so the attention mask is all ones and the mean needs no weights.
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden: Vector = self._session.run(None, inputs)[0][0]
        mean: Vector = hidden.mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        return mean
