#!/usr/bin/env bash
# rouge 1.0.1 raises RecursionError for two texts of 600 words without a full stop.
#
# Its rouge-l splits texts at full stops and walks back through the table of the longest common subsequence by
# recursion, one call for each word passed. Two different texts of 600 words in one sentence need more calls than
# CPython allows by default (1,000). Scripts that score summaries with this package (the benchmark LongBench among
# them) catch every exception and count 0, so a long answer without full stops scores 0 whatever it says. rouge_score
# 0.1.2 gives the same two texts a figure.
#
# Seen with rouge 1.0.1 and rouge_score 0.1.2 on CPython 3.11. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q rouge==1.0.1 rouge_score==0.1.2
"$folder/venv/bin/python" - <<'PYTHON'
from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer


def texts(words):
    return (" ".join(f"w{i}" for i in range(words)), " ".join(f"w{i * 7 % words}" for i in range(words)))


short = Rouge().get_scores(*texts(300))[0]["rouge-l"]["f"]
print(f"rouge 1.0.1, 300 words: rouge-l {short:.2f}")
try:
    Rouge().get_scores(*texts(600))
    raise SystemExit("rouge 1.0.1 gives 600 words a figure")
except RecursionError as error:
    print(f"rouge 1.0.1, 600 words: {type(error).__name__}")
other = RougeScorer(["rougeL"]).score(*texts(600))["rougeL"].fmeasure
print(f"rouge_score 0.1.2, 600 words: rougeL {other:.2f}")
assert other > 0
PYTHON
