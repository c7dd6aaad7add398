#!/usr/bin/env python3
"""The figures of README.md: how near the int8 encoder is to its f32 original, and how often the nearest answer is right.

usage: measure.py ENCODER.onnx STATIC.onnx STREAM.jsonl...
"""
import json
import sys

import numpy as np

import embed
import encoder
import reference

CALLS = 3000


def right(vectors, answers):
    """How often the nearest earlier call has the same answer, over the second half of the calls."""
    half = len(answers) // 2
    hits = [answers[int(np.argmax(vectors[:at] @ vectors[at]))] == answers[at] for at in range(half, len(answers))]
    return sum(hits) / len(hits)


def main(arguments):
    if len(arguments) < 3:
        raise SystemExit(__doc__)
    models = {"int8": embed.Embedder(arguments[0]), "static": embed.Embedder(arguments[1])}
    models["f32"] = embed.Embedder(arguments[0])
    models["f32"].session = embed.session(encoder.graph().SerializeToString())
    for name in arguments[2:]:
        with open(name, encoding="utf8") as file:
            calls = [json.loads(line) for _, line in zip(range(CALLS), file)]
        texts, answers = [reference.text_of(call) for call in calls], [call["answer"] for call in calls]
        made = {kind: model.vectors(texts) for kind, model in models.items()}
        near = (made["int8"] * made["f32"]).sum(1)
        print(f"{name}: int8 to f32, cosine: mean {near.mean():.4f}, least {near.min():.4f}")
        for kind, vectors in made.items():
            print(f"{name}: {kind}: nearest answer right {right(vectors, answers):.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
