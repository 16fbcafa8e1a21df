#!/usr/bin/env python3
"""Seconds that rouge_score takes for ROUGE-1, -2, -L and -Lsum with its stemmer.  usage: score_rouge.py PAIRS.jsonl

PAIRS: a line a pair, ["prediction", "reference"]. Reading it does not count. Prints JSON, with the sum of all F1.
"""
import json
import sys
import time

from rouge_score import rouge_scorer

KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    scorer = rouge_scorer.RougeScorer(KINDS, use_stemmer=True)
    begin = time.perf_counter()
    total = 0.0
    for prediction, reference in pairs:
        scores = scorer.score(reference, prediction)
        total += sum(scores[kind].fmeasure for kind in KINDS)
    print(json.dumps({"seconds": time.perf_counter() - begin, "pairs": len(pairs), "sum": total}))


if __name__ == "__main__":
    main()
