"""Writes cases.json: what onnxruntime makes of small inputs, one case for each way of using an operator.

    pip install numpy onnx onnxruntime && python cases.py > cases.json
"""
import json

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

KINDS = {np.dtype("float32"): "f32", np.dtype("int64"): "i64", np.dtype("int32"): "i32",
         np.dtype("uint8"): "u8", np.dtype("int8"): "i8"}
random = np.random.default_rng(7)


def floats(*shape, scale=3.0):
    return (random.standard_normal(shape) * scale).astype(np.float32).round(4)


def whole(kind, *shape):
    info = np.iinfo(kind)
    low, high = (info.min, info.max) if info.bits == 8 else (-9, 9)
    return random.integers(low, high, shape, endpoint=True).astype(kind)


def i64(*values):
    return np.array(values, np.int64)


def scalar(kind, value):
    return np.array(value, kind)


def cases():
    for operator in ("Add", "Sub", "Mul", "Div"):
        yield operator, {}, [floats(2, 3), floats(2, 3)]
        yield operator, {}, [floats(2, 3, 4), floats(4)]
        yield operator, {}, [floats(2, 1, 4), floats(3, 1)]
        yield operator, {}, [floats(3, 1), floats(2, 3, 5)]
        yield operator, {}, [scalar(np.float32, 2.5), floats(2, 2)]
        yield operator, {}, [scalar(np.float32, 2.5), scalar(np.float32, -0.5)]
        yield operator, {}, [floats(0, 3), floats(1, 3)]
        if operator != "Div":
            yield operator, {}, [whole(np.int64, 2, 3), whole(np.int64, 3)]
    yield "Sqrt", {}, [np.abs(floats(7))]
    yield "Erf", {}, [np.concatenate([floats(20), np.linspace(-5, 5, 41, dtype=np.float32)])]
    for kind in (np.float32, np.int64, np.int32, np.uint8, np.int8):
        values = floats(2, 3) if kind == np.float32 else whole(kind, 2, 3)
        yield "Cast", {"to": TensorProto.FLOAT}, [values]
    yield "Cast", {"to": TensorProto.INT64}, [whole(np.int32, 4)]
    for kind in (np.int64, np.int32, np.uint8, np.int8):
        yield "Gather", {"axis": 0}, [whole(kind, 5, 3), i64(4, 0, -1, -5)]
    yield "Gather", {"axis": 0}, [floats(5, 3), i64(1, 1, 4, 0).reshape(2, 2)]
    yield "Gather", {"axis": 1}, [floats(2, 4, 3), i64(3, 0)]
    yield "Gather", {"axis": -1}, [floats(2, 4), i64(3, 0, 1)]
    yield "Gather", {}, [floats(5), scalar(np.int64, 2)]
    yield "Unsqueeze", {}, [floats(2, 3), i64(1)]
    yield "Unsqueeze", {}, [floats(2, 3), i64(-1, 0)]
    yield "Unsqueeze", {}, [whole(np.int64, 3), i64(2, 1)]
    yield "Reshape", {}, [floats(2, 6), i64(0, 3, 2)]
    yield "Reshape", {}, [floats(2, 6), i64(-1, 3)]
    yield "Reshape", {}, [whole(np.int8, 4, 2), i64(8)]
    yield "Transpose", {"perm": [0, 2, 1, 3]}, [floats(2, 3, 4, 5)]
    yield "Transpose", {"perm": [0, 2, 3, 1]}, [floats(1, 3, 2, 4)]
    yield "Transpose", {}, [whole(np.int64, 3, 4)]
    yield "Transpose", {"perm": [1, 0]}, [whole(np.uint8, 3, 4)]
    yield "CumSum", {}, [whole(np.int64, 2, 5), scalar(np.int64, 1)]
    yield "CumSum", {}, [whole(np.int64, 3, 2), scalar(np.int32, 0)]
    yield "ReduceMean", {"axes": [2], "keepdims": 1}, [floats(2, 3, 19)]
    yield "ReduceMean", {"axes": [0, -1], "keepdims": 0}, [floats(2, 3, 4)]
    yield "ReduceMean", {}, [floats(2, 3)]
    yield "ReduceSum", {"keepdims": 0}, [floats(2, 3, 4), i64(1)]
    yield "ReduceSum", {"keepdims": 1}, [floats(2, 3, 17), i64(-1)]
    yield "ReduceSum", {}, [floats(2, 3)]
    yield "Softmax", {"axis": 3}, [floats(1, 2, 3, 11)]
    yield "Softmax", {}, [np.array([[0, -1e9, 3], [90, -90, 89]], np.float32)]
    yield "MatMul", {}, [floats(3, 5), floats(5, 2)]
    yield "MatMul", {}, [floats(2, 3, 4, 5), floats(2, 3, 5, 6)]
    yield "MatMul", {}, [floats(2, 1, 4, 5), floats(3, 5, 2)]
    yield "MatMulInteger", {}, [whole(np.uint8, 3, 8), whole(np.int8, 8, 8)]
    yield "MatMulInteger", {}, [whole(np.uint8, 1, 5, 33), whole(np.int8, 33, 19), scalar(np.uint8, 117),
                                scalar(np.int8, 0)]
    yield "MatMulInteger", {}, [whole(np.uint8, 2, 7), whole(np.int8, 7, 3), scalar(np.uint8, 9), whole(np.int8, 3)]
    yield "MatMulInteger", {}, [whole(np.uint8, 6, 4), whole(np.uint8, 4, 9), scalar(np.uint8, 3),
                                scalar(np.uint8, 200)]
    yield "MatMulInteger", {}, [np.full((2, 9), 255, np.uint8), np.full((9, 3), -128, np.int8)]
    yield "DynamicQuantizeLinear", {}, [floats(3, 7)]
    yield "DynamicQuantizeLinear", {}, [np.abs(floats(17))]
    yield "DynamicQuantizeLinear", {}, [-np.abs(floats(9))]
    yield "DynamicQuantizeLinear", {}, [np.zeros((2, 2), np.float32)]
    yield "DequantizeLinear", {}, [whole(np.int8, 2, 3), scalar(np.float32, 0.25), scalar(np.int8, 0)]
    yield "DequantizeLinear", {}, [whole(np.uint8, 5), scalar(np.float32, 0.5), scalar(np.uint8, 131)]
    yield "DequantizeLinear", {"axis": 1}, [whole(np.int8, 2, 3, 2), np.abs(floats(3)), whole(np.int8, 3)]
    yield "DequantizeLinear", {"axis": 0}, [whole(np.int8, 2, 3), np.abs(floats(2))]


def tensor(value):
    numbers = [float(str(x)) if value.dtype == np.float32 else int(x) for x in value.ravel()]
    return {"kind": KINDS[value.dtype], "shape": list(value.shape), "values": numbers}


def run(operator, attributes, inputs):
    names = [f"i{at}" for at in range(len(inputs))]
    outputs = ["o0", "o1", "o2"] if operator == "DynamicQuantizeLinear" else ["o0"]
    node = helper.make_node(operator, names, outputs, **attributes)
    kinds = [helper.np_dtype_to_tensor_dtype(value.dtype) for value in inputs]
    feeds = [helper.make_tensor_value_info(n, k, v.shape) for n, k, v in zip(names, kinds, inputs)]
    made = [onnx.ValueInfoProto(name=name) for name in outputs]
    model = helper.make_model(helper.make_graph([node], "case", feeds, made), ir_version=8,
                              opset_imports=[helper.make_opsetid("", 13)])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip(names, inputs)))


if __name__ == "__main__":
    lines = []
    for operator, attributes, inputs in cases():
        made = run(operator, attributes, inputs)
        case = {"operator": operator, "attributes": attributes, "inputs": [tensor(value) for value in inputs],
                "outputs": [tensor(value) for value in made]}
        lines.append(json.dumps(case))
    print("[\n" + ",\n".join(lines) + "\n]")
