"""A model's weights as 8-bit integers in place of 4-bit ones: a quarter more memory, less than half of the time.

ONNX Runtime multiplies 4-bit weights by unpacking them to floats. With both sides as 8-bit integers processors
multiply four times as many at once (VNNI). So each `MatMulNBits` becomes a `DynamicQuantizeMatMul`; weights
keep one scale a column. They fit in 7 bits, so that nothing overflows on processors without VNNI.

Sources: onnx.proto3 (`ModelProto.graph` 7, `GraphProto.node` 1 and `initializer` 5), Protocol Buffers'
encoding, ONNX Runtime's ContribOperators. Pure.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_INPUT, _OUTPUT, _NAME, _OP, _ATTRIBUTE, _DOMAIN = 1, 2, 3, 4, 5, 7
_DIMS, _TYPE, _TENSOR_NAME, _RAW = 1, 2, 8, 9
_FLOAT, _INT8 = 1, 3
_FOUR_BITS, _INT8_PRODUCT = b"MatMulNBits", b"DynamicQuantizeMatMul"
_MOST: Final = 63
_MIDDLE: Final = 8
"""What stands for zero among 4-bit weights."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """A field of a message: its number, and its value: bytes, or a number."""

    number: int
    value: bytes | int
    wire: int = _BYTES


def with_int8(model: bytes) -> bytes:
    """Return `model` with 8-bit weights; one without 4-bit ones comes back as it is.

    Raises `ValueError` for what is no model, or one whose weights are packed in another way than known here.
    """
    return b"".join(
        _field(Field(_GRAPH, _graph(_content(one)))) if one.number == _GRAPH else _field(one)
        for one in _fields(model)
    )


def _graph(graph: bytes) -> bytes:
    fields = list(_fields(graph))
    tensors = {_text(_content(one), _TENSOR_NAME): one for one in fields if one.number == _INITIALIZER}
    gone: set[str] = set()
    made: list[Field] = []
    for at, one in enumerate(fields):
        if one.number == _NODE and _text(_content(one), _OP).encode() == _FOUR_BITS:
            node, new, old = _product(_content(one), tensors)
            fields[at] = Field(_NODE, node)
            made += new
            gone |= old
    kept = [
        one for one in fields if one.number != _INITIALIZER or _text(_content(one), _TENSOR_NAME) not in gone
    ]
    return b"".join(_field(one) for one in (*kept, *made))


def _product(node: bytes, tensors: dict[str, Field]) -> tuple[bytes, list[Field], set[str]]:
    """Return the node in integers, its weights and their scales, and the names of those it no longer needs."""
    fields = list(_fields(node))
    inputs = [_content(one).decode() for one in fields if one.number == _INPUT]
    settings = dict(_setting(_content(one)) for one in fields if one.number == _ATTRIBUTE)
    if len(inputs) != 3 or settings.get("bits") != 4:
        message = f"weights of another form: {len(inputs)} inputs, {settings.get('bits')} bits"
        raise ValueError(message)
    asked, packed, scales = inputs
    weights = unpacked(
        np.frombuffer(_bytes(_content(tensors[packed]), _RAW), np.uint8),
        np.frombuffer(_bytes(_content(tensors[scales]), _RAW), np.float32),
        (settings["N"], settings["K"]),
        settings["block_size"],
    )
    integers, columns = quantized(weights)
    new = [
        Field(_INITIALIZER, _tensor(f"{packed}_int8", _INT8, integers)),
        Field(_INITIALIZER, _tensor(f"{packed}_int8_scales", _FLOAT, columns)),
    ]
    names = (asked, f"{packed}_int8", f"{packed}_int8_scales")
    made = [Field(_INPUT, name.encode()) for name in names]
    made += [one for one in fields if one.number in {_OUTPUT, _NAME, _DOMAIN}]
    made.append(Field(_OP, _INT8_PRODUCT))
    return b"".join(_field(one) for one in made), new, {packed, scales}


def unpacked(
    packed: NDArray[np.uint8], scales: NDArray[np.float32], shape: tuple[int, int], block: int
) -> NDArray[np.float32]:
    """Return 4-bit weights as floats, of `shape` (outputs, inputs): `block` of them share a scale."""
    pairs = packed.reshape(-1, block // 2)
    halves = np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(-1, block).astype(np.float32)
    whole: NDArray[np.float32] = ((halves - _MIDDLE) * scales.reshape(-1, 1)).reshape(shape[0], -1)
    return whole[:, : shape[1]]


def quantized(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return weights (outputs, inputs) as integers (inputs, outputs), and what each output's are to be times."""
    scales = np.maximum(np.abs(weights).max(axis=1), np.finfo(np.float32).tiny) / _MOST
    integers = np.rint(weights / scales[:, None]).astype(np.int8)
    return np.ascontiguousarray(integers.T), scales.astype(np.float32)


def _tensor(name: str, kind: int, values: NDArray[Any]) -> bytes:
    fields = [Field(_DIMS, length, _VARINT) for length in values.shape]
    fields += [Field(_TYPE, kind, _VARINT), Field(_TENSOR_NAME, name.encode()), Field(_RAW, values.tobytes())]
    return b"".join(_field(one) for one in fields)


def _setting(attribute: bytes) -> tuple[str, int]:
    """Return an attribute's name (1) and whole number (3); 0 = it has none."""
    number = next((one.value for one in _fields(attribute) if one.number == 3), 0)
    return _text(attribute, 1), number if isinstance(number, int) else 0


def _text(message: bytes, number: int) -> str:
    return _bytes(message, number).decode()


def _bytes(message: bytes, number: int) -> bytes:
    return next((_content(one) for one in _fields(message) if one.number == number), b"")


def _content(field: Field) -> bytes:
    if isinstance(field.value, int):
        message = f"field {field.number} holds no message"
        raise TypeError(message)
    return field.value


def _fields(message: bytes) -> Iterator[Field]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        value: bytes | int
        if wire == _VARINT:
            value, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(wire)
            if wire == _BYTES:
                length, at = _varint(message, at)
            if length is None or at + length > len(message):
                text = "not a message of Protocol Buffers"
                raise ValueError(text)
            value, at = message[at : at + length], at + length
        yield Field(tag >> 3, value, wire)


def _field(field: Field) -> bytes:
    head = _encoded(field.number << 3 | field.wire)
    if isinstance(field.value, int):
        return head + _encoded(field.value)
    return head + (_encoded(len(field.value)) if field.wire == _BYTES else b"") + field.value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    text = "not a message of Protocol Buffers"
    raise ValueError(text)


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
