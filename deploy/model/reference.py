#!/usr/bin/env python3
"""The cache's policy in a few lines of Python: what `postern cache simulate` is compared with.

usage: reference.py MODEL.onnx STREAM.jsonl [--max-error 0.05]...     one line of JSON for each bound

One tool, one isolate; hard facts are not looked at, so all calls are one group; nothing expires.
"""
import argparse
import json
import random
import sys

import numpy as np

from embed import Embedder

NEAREST, SHARPNESS, NO_RIVAL = 8, 12.0, 0.1
BANDS = (0.01, 0.03, 0.08)
LARGEST_GROUP, PER_ANSWER, TOO_CLOSE = 1000, 24, 0.97
ALPHA, BETS, WATCH = 0.05, (0.5, 0.9), 0.25
SHADOW_FIRST, SHADOW_LATER, FIRST_PAIRS = 0.05, 0.03, 300


def features(similar, answers):
    """(answer, [b, m, a, c]) of the nearest, most similar first: similarities and answers, at most 8 of each."""
    weights = np.exp(SHARPNESS * (similar - similar[0]))
    names = sorted(set(answers), key=answers.index)
    sums = [weights[[answer == name for answer in answers]].sum() for name in names]
    winner = names[int(np.argmax(sums))]
    own = [s for s, answer in zip(similar, answers) if answer == winner]
    other = [s for s, answer in zip(similar, answers) if answer != winner]
    # Each that is missing from eight counts as one with another answer, as near as the last.
    missing = NEAREST - len(similar)
    rival = other[0] if other else similar[-1] - (0 if missing else NO_RIVAL)
    return winner, [own[0], own[0] - rival, max(sums) / (weights.sum() + missing * weights[-1]), len(own) / NEAREST]


def polynomial(f):
    """The ten numbers that the weights are for."""
    b, m, a, c = f
    return np.array([b, m, a, c, b * a, m * a, b * b, m * m, a * a, c * c])


def predicted_error(f, weights):
    return 1 / (1 + np.exp(-(weights[0] + np.dot(weights[1:], polynomial(f)))))


class Group:
    """Entries with one set of hard facts: the vectors and answers of texts that were answered."""

    def __init__(self, dimensions):
        self.vectors, self.answers = np.zeros((0, dimensions), np.float32), []

    def nearest(self, vector):
        """(similarities, answers), most similar first; of equal ones the older first."""
        similar = self.vectors @ vector
        order = np.argsort(-similar, kind="stable")[:NEAREST]
        return similar[order], [self.answers[at] for at in order]

    def add(self, vector, answer):
        own = [at for at, other in enumerate(self.answers) if other == answer]
        if own and (self.vectors[own] @ vector).max() > TOO_CLOSE:
            return
        if len(own) >= PER_ANSWER:
            self.drop(own[0])
        elif len(self.answers) >= LARGEST_GROUP:
            self.drop(0)
        self.vectors = np.vstack([self.vectors, vector])
        self.answers.append(answer)

    def drop(self, at):
        self.vectors = np.delete(self.vectors, at, 0)
        del self.answers[at]


NEEDED = np.log(1 / ALPHA)


class Bets:
    """Two bets against an error rate of `rate` or more."""

    def __init__(self, rate):
        self.rate, self.wealth = rate, [0.0, 0.0]

    def bet(self, wrong):
        for i, fraction in enumerate(BETS):
            grown = self.wealth[i] + np.log(1 + fraction / (1 - self.rate) * (self.rate - wrong))
            self.wealth[i] = min(grown, NEEDED + 1)

    def enough(self):
        return np.logaddexp(*self.wealth) - np.log(2) >= NEEDED

    def lose(self):
        self.wealth = [min(bet, 0.0) for bet in self.wealth]


class Evidence:
    """The record of one band: opens it by its own errors and by those of all up to it, closes it by its own."""

    def __init__(self, delta):
        self.delta, self.all, self.own = delta, Bets(delta), Bets(delta * (2 - delta))
        self.watch, self.open, self.pairs, self.wrong = 0.0, False, 0, 0

    def witness(self, wrong, own=True):
        """A pair of this band, or of a surer one."""
        self.all.bet(wrong)
        if own:
            self.pairs, self.wrong = self.pairs + 1, self.wrong + wrong
            self.own.bet(wrong)
            if self.open:
                self.watch = max(0.0, self.watch + np.log(1 + WATCH / self.delta * (wrong - self.delta)))
                if self.watch >= NEEDED:
                    self.open = False
                    self.all.lose()
                    self.own.lose()
        if not self.open and self.all.enough() and self.own.enough():
            self.open, self.watch = True, 0.0


def simulate(vectors, answers, weights, delta, seed=0):
    """What came of each call: "served", "wrong" (served another answer than the tool's) or "called"; and the bands."""
    dice, group, outcome = random.Random(seed), Group(vectors.shape[1]), []
    bands = [Evidence(delta) for _ in BANDS]
    for vector, answer in zip(vectors, answers):
        band = len(BANDS)
        if group.answers:
            predicted, f = features(*group.nearest(vector))
            error = predicted_error(f, weights)
            band = sum(error > bound for bound in BANDS)
        if band < len(BANDS):
            shadow = SHADOW_FIRST if bands[0].pairs < FIRST_PAIRS else SHADOW_LATER
            if all(one.open for one in bands[: band + 1]) and dice.random() >= shadow:
                outcome.append("served" if predicted == answer else "wrong")
                continue
            for at, one in enumerate(bands[band:]):
                one.witness(int(predicted != answer), own=at == 0)
        outcome.append("called")
        group.add(vector, answer)
    return outcome, bands


def told(outcome, bands):
    """Figures of one run."""
    last = outcome[-len(outcome) // 3 :]
    hits, wrong = sum(one != "called" for one in outcome), outcome.count("wrong")
    return {
        "calls": len(outcome),
        "served": round(hits / len(outcome), 4),
        "served_last_third": round(sum(one != "called" for one in last) / len(last), 4),
        "wrong": wrong,
        "error": round(wrong / hits, 5) if hits else 0.0,
        "bands": [{"open": one.open, "pairs": one.pairs, "wrong": one.wrong} for one in bands],
    }


def text_of(call):
    """The embedded text of a call whose string arguments are all free."""
    return " ; ".join(f"{name}: {value}" for name, value in call["args"].items() if isinstance(value, str))


def read(stream, embedder):
    """(vectors, answers) of the calls of a file."""
    with open(stream, encoding="utf8") as file:
        calls = [json.loads(line) for line in file]

    def show(share):
        print(f"{share:4.0%}  {embedder.name}: vectors of {stream}", file=sys.stderr, flush=True)

    vectors = embedder.vectors([text_of(call) for call in calls], show)
    return vectors, [json.dumps(call["answer"], sort_keys=True) for call in calls]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("stream")
    parser.add_argument("--max-error", type=float, action="append")
    options = parser.parse_args()
    embedder = Embedder(options.model)
    vectors, answers = read(options.stream, embedder)
    for delta in options.max_error or [0.05, 0.02, 0.01]:
        run = simulate(vectors, answers, embedder.weights, delta)
        print(json.dumps({"model": embedder.name, "max_error": delta, **told(*run)}))


if __name__ == "__main__":
    main()
