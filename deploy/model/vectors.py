#!/usr/bin/env python3
"""Vectors of a thousand texts by onnxruntime, which the gateway's own are compared with (tests/tests/vectors.rs).

usage: vectors.py MODEL.onnx      JSON Lines {text, vector}; the vector is null where the gateway must make none
"""
import argparse
import json
import random
import sys
import unicodedata

import streams
from embed import Embedder

MOST_PIECES = 256
# What the streams do not have: accents, signs, digits, other scripts, what is long, what is nothing.
ODD = [
    "Crème brûlée à Zürich, naïve coöperation", "ÅNGSTRÖM ÉCOLE ŒUVRE", "don't, can't; won't!", "a-b_c/d\\e@f.example",
    "#42 costs $3.50 (50 %) + 7 €", "x = y^2 * (z - 1) / {n}", "“quoted” ‘texts’ – with – dashes…", "tabs\tand  blanks",
    "antidisestablishmentarianism", "qzxwvjk", "a" * 101, "1234567890 " * 8, "e\u0301 and \u00e9", "Ⅷ ½ ﬁne ﬂow",
    "Ist das Büro am Freitag geöffnet?", "¿Dónde está la oficina?", "Où est la salle de réunion ?", "zażółć gęślą jaźń",
    "где мой отпуск", "我的假期", "どこですか", "αβγ", "שלום", "office 我", "smile 🙂 please", "\u200bzero\u200bwidth",
    "a", "?", "", " ", "word " * 255, "word " * 256, "word " * 257, "word " * 600,
]


def texts():
    """1,000 texts, always the same."""
    found = list(ODD)
    for kind, seed in (("topics", 101), ("wording", 102)):
        options = argparse.Namespace(calls=460, topics=75)
        found += [text for text, _ in streams.KINDS[kind][1](options, random.Random(seed))]
    dice = random.Random(103)
    while len(found) < 1000:
        # Long ones, up to some hundred pieces.
        found.append(". ".join(dice.sample(found[len(ODD) : 900], dice.randrange(2, 20))))
    return found


def foreign(text):
    """Whether it has a letter that is not Latin."""
    return any(letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in unicodedata.normalize("NFKC", text))


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    embedder = Embedder(sys.argv[1])
    unknown = embedder.pieces.ids["[UNK]"]
    for text in texts():
        pieces = embedder.pieces.encode(text)
        fits = 0 < len(pieces) <= MOST_PIECES and unknown not in pieces and not foreign(text)
        vector = [float(f"{number:.8g}") for number in embedder.vector(embedder.ids(text))] if fits else None
        print(json.dumps({"text": text, "vector": vector}))


if __name__ == "__main__":
    main()
