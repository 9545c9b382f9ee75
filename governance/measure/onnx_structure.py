"""The structure of an ONNX file, read without the onnx library: it is whole, stands alone and calls known operators.

Wire format: protobuf, "Encoding". Field numbers: onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto,
TensorProto, FunctionProto, SparseTensorProto, TrainingInfoProto).
"""

from __future__ import annotations

from collections.abc import Iterator

from governance.errors import BadInput

_DOMAINS = (b"", b"ai.onnx", b"ai.onnx.ml")
_DEEPEST = 32
# message -> field -> message of the nested field; fields that are not here hold plain values
_NESTED: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "tensor": {},
    "opset": {},
}
_EXTERNAL_DATA, _DATA_LOCATION, _NODE_DOMAIN, _OPSET_DOMAIN = 13, 14, 7, 1


def check(data: bytes) -> None:
    """BadInput for a truncated file, tensors kept in other files, or operators outside ONNX's own sets."""
    kinds = {number for number, _ in _fields(memoryview(data))}
    if not {1, 7, 8} <= kinds:
        raise BadInput("not an ONNX model", expected="a version, a graph and operator sets")
    _walk(memoryview(data), "model", 0)


def _walk(message: memoryview, kind: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise BadInput("nested too deeply", expected=f"at most {_DEEPEST} levels")
    for number, value in _fields(message):
        if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
            raise BadInput("a tensor is kept in another file", expected="one file that holds everything")
        named = (kind, number) in (("node", _NODE_DOMAIN), ("opset", _OPSET_DOMAIN))
        if named and isinstance(value, memoryview) and bytes(value) not in _DOMAINS:
            name = ascii(bytes(value[:50]).decode("utf-8", "replace"))
            raise BadInput(f"operators of {name}", expected="ai.onnx and ai.onnx.ml only")
        inner = _NESTED[kind].get(number)
        if inner is not None:
            if not isinstance(value, memoryview):
                raise BadInput("a nested message is written as a number")
            _walk(value, inner, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(field number, value) of one message; BadInput where it does not end where it says."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire == 2:
            size, position = _varint(message, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise BadInput("not protobuf", got=f"wire type {wire}")
        if number == 0 or position + size > len(message):
            raise BadInput("the file is cut short or damaged")
        yield number, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise BadInput("the file is cut short or damaged")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise BadInput("not protobuf", got="a number of more than ten bytes")
