#!/usr/bin/env python3
"""Cases for the policy's unit tests, as reference.py decides them.

usage: cases.py > ../../shared/semantic/tests/cases/reference.json
  predictions  nearest entries (cosines, answers by number) -> predicted answer and predicted error, by the weights of each model
  evidence     a bound and witnessed pairs, each of a band -> after how many pairs each band opens and closes
"""
import json
import random

import reference
from make import WEIGHTS

NEIGHBOURS, RUNS, PAIRS = 60, 30, 1500
BOUNDS = (0.05, 0.02, 0.01)


def predictions(dice):
    for name, weights in sorted(WEIGHTS.items()):
        for _ in range(NEIGHBOURS):
            top = dice.uniform(0.4, 0.98)
            similar = sorted({round(top - dice.random() * 0.3, 4) for _ in range(dice.randint(1, 8))}, reverse=True)
            # Few rivals.
            rivals = dice.choice([0.02, 0.2, 0.6])
            answers = [dice.randint(1, 3) if dice.random() < rivals else 0 for _ in similar]
            predicted, features = reference.features(reference.np.array(similar), answers)
            error = reference.predicted_error(features, weights)
            yield {"model": name, "similar": similar, "answers": answers, "predicted": predicted, "error": float(f"{error:.10g}")}


def evidence(dice):
    for number in range(RUNS):
        bound = BOUNDS[number % len(BOUNDS)]
        # Some tools turn bad, some are as bad as the bound from the start.
        rate, turn = dice.choice([0, 0, bound / 8, bound / 3, bound]), dice.choice([0, 0, 0.3, 1])
        # Less sure bands err more.
        rates = [rate, rate + dice.choice([0, bound / 4]), rate + dice.choice([0, bound / 2, 2 * bound])]
        turns_at = dice.randrange(PAIRS) if turn else PAIRS
        bands, pairs, changes = [reference.Evidence(bound) for _ in rates], "", [[] for _ in rates]
        for pair in range(PAIRS):
            band = dice.choice([0, 0, 1, 2])
            wrong = int(dice.random() < (turn if pair >= turns_at else rates[band]))
            pairs += str(band + wrong * len(bands))
            before = [one.open for one in bands]
            for at, one in enumerate(bands[band:]):
                one.witness(wrong, own=at == 0)
            for change, one, was in zip(changes, bands, before):
                if one.open != was:
                    change.append(pair + 1)
        # Of each pair its band, and 3 more if it was wrong; changes of each band: opened, closed, opened...
        yield {"bound": bound, "pairs": pairs, "changes": changes}


def main():
    dice = random.Random(1)
    print(json.dumps({"predictions": list(predictions(dice)), "evidence": list(evidence(dice))}))


if __name__ == "__main__":
    main()
