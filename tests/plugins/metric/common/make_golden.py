#!/usr/bin/env python3
"""Writes golden.json: pairs of texts of ours with what the packages of compare_with_packages.py make of them, for builds
without Python.

Usage: make_golden.py > golden.json
"""
import json
import random

import random_texts
from compare_with_packages import expected_scores

LONGEST = 500  # characters of a pair

# (prediction, reference)
WRITTEN = [
    ("The cats sat on the mats", "A cat was sitting on the mat."),
    ("the the the the", "the cat the dog"),                                 # counts are clipped
    ("one", "one"),                                                         # no pair of words: rouge2 is 0
    ("", ""), ("", "something"), ("\n\n", "."),
    ("dying skies bring news", "he dies under the sky with the news"),      # irregular stems
    ("It costs 1,000 and is na\u00efve", "it cost 1 000, na ve"),            # what is outside of a-z and 0-9 parts words
    ("\u212aelvin in \u0130zmir", "kelvin in i zmir"),
    ("first line\nsecond line", "second line\nfirst line"),                 # rougeLsum is above rougeL
    ("first line\r\n\r\nsecond line", "second line.\n first line."),
    ("a b c d\nb c d e", "b d\nd b\na e"),
    ("U.S. exports grew. Imports fell", "Exports of the U.S. grew, imports fell."),
    ("The answer: \u201can apple\u201d!", "apple"),
    ("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"),                # final sigma
    ("\u6771\u4eac\u90fd", "\u6771\u4eac"),
]


def main():
    chooser = random.Random(2026)
    scores = expected_scores()
    entries = []
    made = [random_texts.pair(chooser) for _ in range(100)]
    for prediction, reference in WRITTEN + [pair for pair in made if sum(map(len, pair)) < LONGEST]:
        entries.append({"prediction": prediction, "reference": reference} |
                       {name: score(prediction, reference) for name, score in scores.items()})
    print(json.dumps(entries, separators=(",", ":")).replace("},{", "},\n{"))


if __name__ == "__main__":
    main()
