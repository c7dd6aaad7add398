"""The static model: one row a piece, distilled out of the encoder. A text's vector is the mean of its pieces' rows."""
import unicodedata

import numpy as np
from onnx import TensorProto

import encoder
from graph import Graph

DIMENSIONS, PIECES = 256, 16_000
SIF = 1e-4
# [PAD], [unused...] and the other special pieces come first in BERT's vocabulary; the real ones begin here.
FIRST_PIECE = 999
# Pieces whose letters are all below this are Latin; the gateway embeds no others.
LATIN = "\u0250"
# Kinds of signs that stand in Latin texts: punctuation and currencies.
SIGNS = ("Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc")
BATCH = 256


def raw_table(session, pieces, progress):
    """f32 [pieces, 384]: the mean of the last hidden states of [CLS] piece [SEP], for each piece alone."""
    table = []
    for start in range(0, pieces, BATCH):
        progress(start / pieces)
        ids = np.array([[encoder.CLS, i, encoder.SEP] for i in range(start, min(pieces, start + BATCH))], np.int64)
        (hidden,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        table.append(hidden.mean(1))
    progress(1)
    return np.concatenate(table)


def principal(table):
    """The table's `DIMENSIONS` principal components, f64: centred, not whitened."""
    table = table.astype(np.float64)
    centred = table - table[FIRST_PIECE:].mean(0)
    real = centred[FIRST_PIECE:]
    _, vectors = np.linalg.eigh(real.T @ real / len(real))
    vectors = vectors[:, ::-1][:, :DIMENSIONS]
    # An eigenvector's sign is free: its largest part is made positive, so that all machines choose the same.
    largest = vectors[np.abs(vectors).argmax(0), np.arange(DIMENSIONS)]
    return centred @ (vectors * np.sign(largest))


def frequency_weights(pieces):
    """Smooth inverse frequency (Arora et al., 2017) [pieces]: BERT's vocabulary is in the order of frequency (Zipf)."""
    share = 1 / np.arange(2, pieces + 2)
    share /= share.sum()
    return SIF / (SIF + share)


def kept(vocabulary):
    """Ids of the pieces to keep: [PAD], [UNK], all single Latin letters and signs, then the most frequent Latin ones."""

    def latin(piece):
        return all(letter < LATIN for letter in piece)

    def single(piece):
        letter = piece.removeprefix("##")
        return len(letter) == 1 and (letter < LATIN or unicodedata.category(letter) in SIGNS)

    must = [i for i, piece in enumerate(vocabulary) if piece in ("[PAD]", "[UNK]") or single(piece)]
    others = [i for i, piece in enumerate(vocabulary) if not single(piece) and piece[0] != "[" and latin(piece)]
    return must + others[: PIECES - len(must)]


def quantised(rows):
    """int8 [n, D] and one f32 scale a row: symmetric."""
    scale = np.abs(rows).max(1) / 127
    scale[scale == 0] = 1e-8
    return np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def distilled(table, vocabulary):
    """(model, pieces): pieces sorted by their bytes, so that a piece's row is its rank."""
    rows = principal(table) * frequency_weights(len(vocabulary))[:, None]
    ids = sorted(kept(vocabulary), key=lambda i: vocabulary[i].encode())
    values, scale = quantised(rows[ids])
    g = Graph()
    row = g.node("Cast", g.node("Gather", g.constant(values), "input_ids", axis=0), to=TensorProto.FLOAT)
    size = g.node("Unsqueeze", g.node("Gather", g.constant(scale), "input_ids", axis=0), g.ints(2))
    g.unit_mean(g.node("Mul", row, size), "embedding")
    return g.model(["batch", DIMENSIONS]), [vocabulary[i] for i in ids]
