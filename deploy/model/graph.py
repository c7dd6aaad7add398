"""Building ONNX graphs by hand, node by node, and writing them so that the same graph is the same bytes."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 8
PRODUCER = "postern"
# A file must fit one static asset of a Worker.
LARGEST = 25 * 1024 * 1024


class Graph:
    """A graph under construction: constants and nodes get their names by their order."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, array):
        """Adds a constant; returns its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def floats(self, value):
        return self.constant(np.array(value, np.float32))

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def node(self, operator, *inputs, out=None, **attributes):
        """Adds a node with one output; returns the output's name."""
        out = out or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], name=f"n{len(self.nodes)}", **attributes))
        return out

    def unit_mean(self, rows, out):
        """The mean of f32 `rows` [batch, seq, D] where `attention_mask` is 1, as a unit vector [batch, D].

        The mean's division by the length cancels out, so the sum is made a unit vector.
        """
        mask = self.node("Unsqueeze", self.node("Cast", "attention_mask", to=TensorProto.FLOAT), self.ints(2))
        total = self.node("ReduceSum", self.node("Mul", rows, mask), self.ints(1), keepdims=0)
        square = self.node("ReduceSum", self.node("Mul", total, total), self.ints(1), keepdims=1)
        length = self.node("Sqrt", self.node("Add", square, self.floats(1e-12)))
        return self.node("Div", total, length, out=out)

    def model(self, output_shape):
        """The checked model: `input_ids`, `attention_mask` int64 [batch, seq] -> `embedding` f32 `output_shape`."""
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "seq"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, output_shape)
        graph = helper.make_graph(self.nodes, "postern", inputs, [output], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name=PRODUCER
        )
        onnx.checker.check_model(model)
        return model


def finish(model, name, vocabulary, weights, frame):
    """The bytes of the one file that Postern loads: `model` with all else that it needs as metadata.

    vocabulary: pieces in the order of their ids; weights: 11 numbers (w0, w); frame: "cls sep" or "".
    """
    if any("\n" in piece or not piece for piece in vocabulary):
        raise SystemExit("error: a piece of the vocabulary is empty or has a line break")
    if len(weights) != 11:
        raise SystemExit(f"error: {len(weights)} weights, 11 are needed: fit.py prints them")
    done = onnx.ModelProto()
    done.CopyFrom(model)
    done.producer_name, done.producer_version, done.doc_string = PRODUCER, "", ""
    del done.metadata_props[:]
    for constant in done.graph.initializer:
        # All as raw bytes, little-endian: one way to read them.
        constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant), constant.name))
    told = {
        "postern.name": name,
        "postern.frame": frame,
        "postern.weights": " ".join(str(float(weight)) for weight in weights),
        "postern.vocabulary": "\n".join(vocabulary),
    }
    for key, value in told.items():
        done.metadata_props.add(key=key, value=value)
    data = done.SerializeToString(deterministic=True)
    if len(data) > LARGEST:
        raise SystemExit(f"error: {name} has {len(data)} bytes, more than the {LARGEST} that an asset may have")
    return data
