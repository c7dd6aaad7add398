#!/usr/bin/env python3
"""Fits the weights of a model: how likely its prediction is wrong, given how the nearest questions agree.

usage: fit.py MODEL.onnx STREAM.jsonl...          prints 11 numbers, for `make.py pack --weights`

A stream has lines {tool, args, answer}: calls of your own, with what the tool answered, some thousands of them. Half of
each stream is fitted to; what the weights are worth is then measured on the other half, and told on standard error.
"""
import sys

import numpy as np

import reference
from embed import Embedder

# Keeps weights small where a feature says nothing.
RIDGE = 1.0
STEPS = 50


def observed(vectors, answers):
    """(features [n, 10], wrong [n]) of predictions for each call from all calls before it, none of them served."""
    group, rows, wrong = reference.Group(vectors.shape[1]), [], []
    for vector, answer in zip(vectors, answers):
        if group.answers:
            predicted, features = reference.features(*group.nearest(vector))
            rows.append(reference.polynomial(features))
            wrong.append(predicted != answer)
        group.add(vector, answer)
    return np.array(rows), np.array(wrong, float)


def fitted(rows, wrong):
    """Logistic regression by Newton's method: w0, then w."""
    x = np.hstack([np.ones((len(rows), 1)), rows])
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 0
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (wrong - p) - penalty @ weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def tell(title, weights, rows, wrong):
    """How many predictions fall into each band, and how many of those were wrong."""
    p = 1 / (1 + np.exp(-(weights[0] + rows @ weights[1:])))
    low = 0.0
    for bound in reference.BANDS:
        inside = (p > low) & (p <= bound)
        share = wrong[inside].mean() if inside.any() else 0.0
        told = f"p <= {bound}: {inside.mean():6.1%} of calls, {share:7.3%} of them wrong"
        print(f"{title:>8}  {told}", file=sys.stderr)
        low = bound


def main(arguments):
    if len(arguments) < 2:
        raise SystemExit(__doc__)
    embedder = Embedder(arguments[0])
    seen, unseen = [], []
    for name in arguments[1:]:
        rows, wrong = observed(*reference.read(name, embedder))
        half = len(rows) // 2
        seen.append((rows[:half], wrong[:half]))
        unseen.append((rows[half:], wrong[half:]))
    rows, wrong = map(np.concatenate, zip(*seen))
    if not wrong.any():
        raise SystemExit("error: no prediction was wrong, so there is nothing to fit to: bring more calls")
    weights = fitted(rows, wrong).round(3)
    unseen = list(map(np.concatenate, zip(*unseen)))
    tell("now", np.array(embedder.weights), *unseen)
    tell("fitted", weights, *unseen)
    print(" ".join(map(str, weights)))


if __name__ == "__main__":
    main(sys.argv[1:])
