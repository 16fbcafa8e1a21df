"""Scores of texts beside what Python's packages take for the same pairs."""
import json
import random

from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, Unmeasured, say

REPEATS = 5
PAIRS = 10000
WORDS = (10, 120)  # of a text: a line of prose to two paragraphs, as models answer
LINE = 20          # words between line feeds, which part sentences for ROUGE-Lsum


def write_pairs(path):
    """Two passages of a novel that stand near each other, a line a pair: much of their words is the same."""
    novels = sorted((ROOT / "data/text/novels").glob("*.txt"))
    if not novels:
        raise Unmeasured("data/text/novels is not there; run scripts/fetch-text.sh")
    chooser = random.Random(0)
    words = [novel.read_text(encoding="utf-8").split() for novel in novels]
    words = [each for each in words if len(each) > 4 * WORDS[1]]

    def passage(of, near):
        length = chooser.randint(*WORDS)
        begin = max(0, min(near + chooser.randrange(-WORDS[1], WORDS[1]), len(of) - length))
        taken = of[begin:begin + length]
        return "\n".join(" ".join(taken[at:at + LINE]) for at in range(0, length, LINE))

    with open(path, "w", encoding="utf-8") as file:
        for _ in range(PAIRS):
            of = chooser.choice(words)
            near = chooser.randrange(len(of))
            file.write(json.dumps([passage(of, near), passage(of, near)]) + "\n")


def rouge(work, _):
    python = work.peer_python("rouge_score")
    pairs = SCRATCH / "rouge-pairs.jsonl"
    write_pairs(pairs)
    program = work.program("bench/rouge")
    ours, theirs = [], []
    for index in range(work.rounds or REPEATS):
        theirs.append(work.run_json([python, ROOT / "tests/bench/peers/score_rouge.py", pairs]))
        ours.append(work.run_json([program, pairs]))
        if ours[-1]["sum"] != theirs[-1]["sum"]:
            raise Unmeasured(f"the scores differ: sums of F1 {ours[-1]['sum']} and {theirs[-1]['sum']}")
        say(f"  rouge, round {index + 1}: {ours[-1]['seconds']:.3f} s, the peer {theirs[-1]['seconds']:.1f} s")
    own, peer = (median([run["seconds"] for run in runs]) for runs in (ours, theirs))
    return Measured([Figure("", peer / own, "times", Goal(50.0))],
                    {"seconds": own, "peer_seconds": peer, "samples": [run["seconds"] for run in ours],
                     "peer_samples": [run["seconds"] for run in theirs]}, f"{own:.3f} against {peer:.1f} s")


TASKS = [Task("rouge", f"ROUGE-1, -2, -L and -Lsum with stems of {PAIRS:,} pairs", "rouge_score 0.1.2", rouge,
              needs_peer=True)]
