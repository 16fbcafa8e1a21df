#!/usr/bin/env python3
"""Text metrics against the packages whose figures they are, bit for bit.

Usage: compare_with_packages.py PROGRAM [--pairs COUNT] [--seed N] [CSV...]
PROGRAM is score_program. Compares random pairs, every pair of the CSV files (columns y_pred and y_true, such as
gisting's results; also all .csv of the folder that GISTMILL_GISTING_RESULTS names), and stems of random words, with
rouge_score 0.1.2, rouge 1.0.1, nltk and sacrebleu; exact match and token F1 with their definition in a few lines of Python.
Exit code 77 where a package is missing, so that tests are skipped.
"""
import argparse
import collections
import csv
import json
import os
import pathlib
import random
import re
import string
import subprocess
import sys

try:
    import nltk.stem.porter
    import rouge
    import rouge_score.rouge_scorer
    import sacrebleu
except ImportError as error:
    python = pathlib.Path(".venv-tests/bin/python").absolute()  # where scripts/test.sh installs them
    if python.exists() and pathlib.Path(sys.prefix) != python.parent.parent:
        os.execv(python, [python, *sys.argv])
    print(f"skipped: {error}; scripts/test.sh installs what tests/requirements.txt lists into .venv-tests")
    sys.exit(77)
import random_texts

KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


class RougeScore:
    def __init__(self, stem):
        self.scorer = rouge_score.rouge_scorer.RougeScorer(KINDS, use_stemmer=stem)

    def __call__(self, prediction, reference):
        scores = self.scorer.score(reference, prediction)
        return {kind: [float(part) for part in scores[kind]] for kind in KINDS}


def rouge_package(prediction, reference):
    try:
        scores = rouge.Rouge().get_scores(prediction, reference)[0]
    except ValueError as error:
        assert "is empty" in str(error), error
        scores = {}
    except RecursionError:  # of a long text: LongBench's script counts 0 there, we count what it is
        return None
    named = {"rouge1": "rouge-1", "rouge2": "rouge-2", "rougeL": "rouge-l"}
    parts = {kind: [scores.get(name, {}).get(part, 0.0) for part in "prf"] for kind, name in named.items()}
    return parts | {"rougeLsum": [None] * 3}


def normalized(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def token_f1(prediction, reference):
    ours, theirs = normalized(prediction), normalized(reference)
    hits = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
    if hits == 0:
        return 0.0
    precision, recall = hits / len(ours), hits / len(theirs)
    return 2 * precision * recall / (precision + recall)


def expected_scores():
    """name -> function of prediction and reference; None as its result: not compared."""
    chrf = sacrebleu.CHRF()
    return {"stemmed": RougeScore(True), "plain": RougeScore(False), "rouge": rouge_package,
            "exact_match": lambda p, r: float(normalized(p) == normalized(r)), "token_f1": token_f1,
            "chrf": lambda p, r: chrf.sentence_score(p, [r]).score}


def asked(program, requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    finished = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in finished.stdout.splitlines()]


def compare_pairs(program, pairs):
    """How many comparisons were made. Exits at the first difference."""
    answers = asked(program, [{"prediction": prediction, "reference": reference} for prediction, reference in pairs])
    assert len(answers) == len(pairs), (len(answers), len(pairs))
    expected = expected_scores()
    counts = collections.Counter()
    for pair, answer in zip(pairs, answers):
        for name, score in expected.items():
            wanted = score(*pair)
            counts[name if wanted is not None else f"{name}: not compared"] += 1
            if wanted is not None and answer[name] != wanted:
                raise SystemExit(f"{name} is {answer[name]}, expected {wanted}, of {ascii(pair)}")
    return counts


def compare_stems(program, words):
    stemmer = nltk.stem.porter.PorterStemmer()
    for word, answer in zip(words, asked(program, [{"word": word} for word in words])):
        if answer["stem"] != stemmer.stem(word):
            raise SystemExit(f"the stem of {word} is {answer['stem']}, expected {stemmer.stem(word)}")


def words_of(chooser, count):
    for _ in range(count):
        word = re.sub("[^a-z0-9]", "", random_texts.word(chooser).lower())
        if len(word) > 3:
            yield word


def published_pairs(files):
    csv.field_size_limit(1 << 27)
    for path in files:
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if "y_pred" in row:
                    yield row["y_pred"], row["y_true"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", metavar="CSV")
    arguments = parser.parse_args()
    chooser = random.Random(arguments.seed)
    files = list(map(pathlib.Path, arguments.files))
    if folder := os.environ.get("GISTMILL_GISTING_RESULTS"):
        files += sorted(pathlib.Path(folder).glob("*.csv"))
    compare_stems(arguments.program, list(words_of(chooser, 20 * arguments.pairs)))
    random_pairs = compare_pairs(arguments.program, [random_texts.pair(chooser) for _ in range(arguments.pairs)])
    print("random pairs:", dict(random_pairs))
    if files:
        print("published pairs:", dict(compare_pairs(arguments.program, list(published_pairs(files)))))


if __name__ == "__main__":
    main()
