#!/usr/bin/env python3
"""Streams of tool calls with their answers, to try a cache on: JSON Lines {tool, args, answer}, no wording twice.

usage: streams.py KIND --seed N [--calls 8000] [--topics 75]     to standard output

kinds: topics    many wordings of few questions: a help desk that finds one article; a few calls find none
       wording   each change of a word has its own answer: prices of things by size, colour and material
       turns     `topics`, but from half of the calls on every answer is new: a tool that turns bad

The same seed gives the same stream. Questions are made of the texts in streams/, which are written by hand.
"""
import argparse
import json
import random
import re
import sys
from itertools import accumulate
from pathlib import Path

FOLDER = Path(__file__).parent / "streams"
UNANSWERABLE = 0.05
# How often a call is a sentence, has a slip, an opening, a close, a capital letter, a question mark, is a heap of words.
SAY, TYPO, OPEN, CLOSE, CAPITAL, MARK, HEAP = 0.35, 0.12, 0.35, 0.35, 0.4, 0.6, 0.12
# How often a word that has synonyms is said by one, and how often one word that matters is left out.
SYNONYM, VAGUE = 0.35, 0.15
# What a heap of words leaves out.
SMALL = set("a an and at can do does for get have how i in is it me my of on or our so that the to was we what when who with".split())
NOTHING = "no article found"
# A wording that cannot be made anew after so many tries: the stream is longer than its questions are rich.
TRIES = 1000


def lines(name):
    text = (FOLDER / name).read_text("utf8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def spoken(template, dice):
    """One reading of a template: of (a|b) one, of [a] all or nothing, from the inside out."""
    while True:
        found = re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", template)
        if not found:
            return re.sub(r"\s+", " ", template).strip()
        choice = dice.choice(found[1].split("|")) if found[1] is not None else dice.choice(["", found[2]])
        template = template[: found.start()] + choice + template[found.end() :]


def things(text):
    """What one topic is asked with: (to do, sentences)."""
    to_do, _, sentences = text.partition(" ; ")
    return [[part.strip() for part in side.split(" / ") if part.strip()] for side in (to_do, sentences)]


class Speaker:
    """Asks about topics in ever new words."""

    def __init__(self, dice):
        self.dice, self.said = dice, set()
        self.forms = {"ask": [], "say": [], "open": [], "close": []}
        for line in lines("forms.txt"):
            kind, _, form = line.partition(": ")
            self.forms[kind].append(form)
        pairs = (line.split(": ", 1) for line in lines("synonyms.txt"))
        self.synonyms = {word: others.split(" | ") for word, others in pairs}

    def once(self, topic):
        """One wording of a topic."""
        dice = self.dice
        to_do, sentences = topic
        kind = "say" if sentences and (not to_do or dice.random() < SAY) else "ask"
        what = self.varied(spoken(dice.choice(sentences if kind == "say" else to_do), dice))
        if dice.random() < HEAP:
            return mistyped(heap(what, dice), dice) if dice.random() < TYPO else heap(what, dice)
        text, ends = spoken(dice.choice(self.forms[kind]).replace("{}", what), dice), ""
        if dice.random() < OPEN:
            text = f"{spoken(dice.choice(self.forms['open']), dice)} {text}"
        if dice.random() < CLOSE:
            ends = spoken(dice.choice(self.forms["close"]), dice)
            text += ends if ends[0] in ",?." else f" {ends}"
        if dice.random() < TYPO:
            text = mistyped(text, dice)
        if dice.random() < CAPITAL:
            text = text[:1].upper() + text[1:]
        return text + ("?" if kind == "ask" and not ends and dice.random() < MARK else "")

    def varied(self, text):
        """The text with some words said by synonyms, or one left out."""
        dice = self.dice

        def word(word):
            others = self.synonyms.get(word)
            return dice.choice(others) if others and dice.random() < SYNONYM else word

        words = list(map(word, text.split(" ")))
        long = [at for at, word in enumerate(words) if word not in SMALL]
        if len(long) > 2 and dice.random() < VAGUE:
            del words[dice.choice(long)]
        return " ".join(words)

    def anew(self, make):
        """A text of `make` that was not said before, whatever its case and closing signs."""
        for _ in range(TRIES):
            text = make()
            plain = " ".join(text.lower().split()).rstrip("?!.,;: ")
            if plain not in self.said:
                self.said.add(plain)
                return text
        raise SystemExit("error: no new wordings are left: ask for fewer --calls, or for more --topics")


def heap(text, dice):
    """The words that matter in any order, as people type into a search field."""
    words = [word for word in text.replace(",", "").split(" ") if word not in SMALL] or [text]
    if dice.random() < 0.5:
        dice.shuffle(words)
    return " ".join(words)


def mistyped(text, dice):
    """The text with one slip in one longer word: two letters swapped, one left out, or one doubled."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return text
    at = dice.choice(long)
    word, place = words[at], dice.randrange(1, len(words[at]) - 1)
    slip = dice.randrange(3)
    middle = [word[place + 1] + word[place], "", word[place] * 2][slip]
    words[at] = word[:place] + middle + word[place + (2 if slip == 0 else 1) :]
    return " ".join(words)


def topics(options, dice):
    """(text, answer) of a help desk: topics after Zipf, in an order that the seed draws."""
    named = dict(line.split(": ", 1) for line in lines("topics.txt"))
    if not 0 < options.topics <= len(named):
        raise SystemExit(f"error: --topics {options.topics}: streams/topics.txt has {len(named)}")
    chosen = dice.sample(sorted(named), options.topics)
    asked = {name: things(named[name]) for name in chosen}
    foreign = [things(line) for line in lines("unanswerable.txt")]
    weights = list(accumulate(1 / rank for rank in range(1, len(chosen) + 1)))
    speaker = Speaker(dice)
    for _ in range(options.calls):
        if dice.random() < UNANSWERABLE:
            topic, answer = dice.choice(foreign), NOTHING
        else:
            name = dice.choices(chosen, cum_weights=weights)[0]
            topic, answer = asked[name], f"article {name}"
        yield speaker.anew(lambda topic=topic: speaker.once(topic)), answer


def wording(options, dice):
    """(text, answer) of a price list: the answer hangs on each of four words. Some are asked for far more than others."""
    parts = {}
    for line in lines("things.txt"):
        kind, _, words = line.partition(": ")
        parts.setdefault(kind, []).extend(words.split(" | "))
    forms = parts.pop("form")
    weights = {kind: [1 / rank for rank in range(1, len(words) + 1)] for kind, words in parts.items()}
    speaker = Speaker(dice)

    def ask():
        """A new wording, made together with what it asks for, because those of the popular run out."""
        what = " ".join(dice.choices(words, weights[kind])[0] for kind, words in parts.items())
        asked.append(what)
        return speaker.once([[], [form.replace("{}", what) for form in forms]])

    for _ in range(options.calls):
        asked = []
        text = speaker.anew(ask)
        yield text, f"price of {asked[-1]}"


def turns(options, dice):
    """`topics`, whose answers are all new from half of the calls on."""
    for number, (text, answer) in enumerate(topics(options, dice)):
        yield text, answer if number < options.calls // 2 else f"{answer}, seen {number} times"


KINDS = {"topics": ("desk__ask", topics), "wording": ("shop__price", wording), "turns": ("desk__ask", turns)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--calls", type=int, default=8000)
    parser.add_argument("--topics", type=int, default=75)
    options = parser.parse_args()
    tool, make = KINDS[options.kind]
    for text, answer in make(options, random.Random(f"{options.kind} {options.seed}")):
        line = {"tool": tool, "args": {"query": text}, "answer": answer}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
