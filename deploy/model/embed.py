"""Vectors of texts by onnxruntime, from the same one file that the gateway loads."""
import numpy as np
import onnx
import onnxruntime

from wordpiece import WordPiece


def session(data):
    """onnxruntime over the bytes of a model, on one thread, so that sums are always in the same order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


class Embedder:
    """One model file: `name`, `weights` (w0, w), and vectors."""

    def __init__(self, path):
        data = open(path, "rb").read()
        told = {entry.key: entry.value for entry in onnx.load_from_string(data).metadata_props}
        for key in ("postern.name", "postern.vocabulary", "postern.weights", "postern.frame"):
            if key not in told:
                raise SystemExit(f"error: {path} has no {key} among its metadata: see README.md, \"Your own model\"")
        self.name = told["postern.name"]
        self.weights = [float(number) for number in told["postern.weights"].split()]
        self.pieces = WordPiece(told["postern.vocabulary"].split("\n"))
        self.frame = [[self.pieces.ids[f"[{name.upper()}]"]] for name in told["postern.frame"].split()] or [[], []]
        self.session = session(data)

    def ids(self, text):
        """What goes into `input_ids`."""
        return self.frame[0] + self.pieces.encode(text) + self.frame[1]

    def vector(self, ids):
        """f32 [D], unit length."""
        ids = np.array([ids], np.int64)
        return self.session.run(["embedding"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]

    def vectors(self, texts, progress=lambda share: None):
        """f32 [n, D] with each row rounded as the gateway keeps it: int8 times one scale."""
        rows = []
        for number, text in enumerate(texts):
            if number % 500 == 0:
                progress(number / len(texts))
            row = self.vector(self.ids(text))
            scale = np.abs(row).max() / 127 or 1.0
            rows.append(np.clip(np.rint(row / scale), -127, 127) * scale)
        progress(1)
        return np.array(rows, np.float32)
