"""Cutting a recognition network before its head, so that a head of any character set can be put on.

A text recogniser ends in one matrix product over all characters it knows (18,710 for PP-OCRv6).  The
figures of a table need two dozen of them, its labels a few hundred.  `cut` takes the ONNX file apart at
that product: what is left computes features, and the product's matrix comes back as an array whose
columns can be chosen.  The file's protobuf wire format is walked directly: three message types of the
ONNX schema (onnx.proto3) are touched, everything else is copied byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Field numbers of onnx.proto3.
_MODEL_GRAPH, _MODEL_METADATA = 7, 14
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_OUTPUT = 1, 5, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OP = 1, 2, 4
_TENSOR_DIMS, _TENSOR_NAME, _TENSOR_RAW = 1, 8, 9


@dataclass(frozen=True, slots=True)
class CutModel:
    """`model`: ONNX bytes whose one output is the features, (batch, steps, channels) float32;
    `weights`: (channels, classes); `bias`: (classes,); `metadata`: the file's own key/value texts."""

    model: bytes
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    metadata: dict[str, str]


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int, memoryview]]:
    """(field number, value, the field's own bytes with its tag) of one message."""
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        kind = tag & 7
        value: memoryview | int
        if kind == 0:
            value, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind, -1)
            if size < 0:
                size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        yield tag >> 3, value, data[start:at]


def _field(number: int, payload: bytes) -> bytes:
    """One length-delimited field."""
    out = bytearray()
    for value in ((number << 3) | 2, len(payload)):
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
    return bytes(out) + payload


def _texts(message: memoryview, number: int) -> list[str]:
    return [bytes(v).decode() for n, v, _ in _fields(message) if n == number and isinstance(v, memoryview)]


def _tensor(message: memoryview) -> NDArray[np.float32]:
    import numpy as np

    dims: list[int] = []
    raw = b""
    for number, value, _ in _fields(message):
        if number == _TENSOR_DIMS and isinstance(value, int):
            dims.append(value)
        elif number == _TENSOR_DIMS and isinstance(value, memoryview):
            at = 0
            while at < len(value):
                dim, at = _varint(value, at)
                dims.append(dim)
        elif number == _TENSOR_RAW and isinstance(value, memoryview):
            raw = bytes(value)
    return np.frombuffer(raw, dtype="<f4").reshape(dims)


def cut(model: bytes) -> CutModel:
    """Cut at the last matrix product with a constant; ValueError where the file has no such end."""
    graph = memoryview(b"")
    metadata: dict[str, str] = {}
    rest: list[bytes] = []
    for number, value, whole in _fields(memoryview(model)):
        if number == _MODEL_GRAPH and isinstance(value, memoryview):
            graph = value
            continue
        if number == _MODEL_METADATA and isinstance(value, memoryview):
            metadata["".join(_texts(value, 1))] = "".join(_texts(value, 2))
            continue  # the character list is long and the session has no use for it
        rest.append(bytes(whole))
    parts = list(_fields(graph))
    nodes = [v for n, v, _ in parts if n == _GRAPH_NODE and isinstance(v, memoryview)]
    tensors = {
        "".join(_texts(v, _TENSOR_NAME)): v
        for n, v, _ in parts
        if n == _GRAPH_INITIALIZER and isinstance(v, memoryview)
    }
    head = next(
        (
            i
            for i in range(len(nodes) - 1, -1, -1)
            if _texts(nodes[i], _NODE_OP) == ["MatMul"] and _texts(nodes[i], _NODE_INPUT)[1] in tensors
        ),
        None,
    )
    if head is None:
        raise ValueError("the network does not end in a matrix product")
    features, matrix = _texts(nodes[head], _NODE_INPUT)
    product = _texts(nodes[head], _NODE_OUTPUT)[0]
    bias = next(
        name
        for node in nodes[head + 1 :]
        if product in _texts(node, _NODE_INPUT)
        for name in _texts(node, _NODE_INPUT)
        if name in tensors
    )
    kept: list[bytes] = []
    seen = 0
    for number, value, whole in parts:
        if number == _GRAPH_NODE:
            seen += 1
            if seen > head:
                continue
        if number == _GRAPH_OUTPUT:
            continue
        if number == _GRAPH_INITIALIZER and isinstance(value, memoryview):
            name = "".join(_texts(value, _TENSOR_NAME))
            if name in (matrix, bias):
                continue
        kept.append(bytes(whole))
    kept.append(_field(_GRAPH_OUTPUT, _field(1, features.encode())))
    rest.append(_field(_MODEL_GRAPH, b"".join(kept)))
    return CutModel(b"".join(rest), _tensor(tensors[matrix]), _tensor(tensors[bias]), metadata)
