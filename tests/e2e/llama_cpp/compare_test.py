"""compare_test.py GISTMILL: what the program makes of a real GGUF file is what llama.cpp makes of it, token by token.

Needs GISTMILL_GEMMA, the file that docs/models.md says how to get, and GISTMILL_NODE_LLAMA_CPP, a folder in which
`npm install node-llama-cpp@3.21.1` has put a prebuilt llama.cpp. Exits 77 where either is missing.

llama.cpp multiplies with inputs of 8 bits; we do so in f32. So costs differ by some hundredths of a nat, and where two
tokens are nearly as likely the greedy text may take the other: only there.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a small village by the sea, there lived an old fisherman who",
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "Water boils at 100 degrees Celsius because",
    "Die Hauptstadt von Deutschland ist",
]
LARGEST, MEAN = 0.5, 0.06  # nats, of one token's cost and on average


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def answers_of_llama_cpp(model, folder):
    script = pathlib.Path(__file__).with_name("answers.mjs")
    done = subprocess.run(["node", str(script), folder, model], input=json.dumps(PROMPTS), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"node-llama-cpp: {done.stderr}")
    return json.loads(done.stdout)


def ours(program, *arguments, text=""):
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"gistmill {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def costs(program, model, ids):
    """The cost of each token but the first, which is the begin token that score puts there itself."""
    text = ours(program, "tokenize", model, "--decode", text=" ".join(map(str, ids[1:])))
    lines = ours(program, "score", model, "--per-token", "--set", "teacher.dtype=f32", text=text).splitlines()
    rows = [row for row in map(json.loads, lines) if row["nll"] is not None]
    found = [row["token"] for row in rows]
    assert found == ids[1:], f"other ids than llama.cpp's: {found}, expected {ids[1:]}"
    return [row["nll"] for row in rows]


def first_other(program, model, answer):
    """The first place at which our greedy continuation is another token; None where there is none."""
    wanted = answer["continuation"]
    arguments = ("--prompt", answer["prompt"], "--temperature", "0", "--max-tokens", str(len(wanted)))
    mine = json.loads(ours(program, "generate", model, *arguments, "--set", "teacher.dtype=f32", "--json"))["tokens"]
    return next((i for i, token in enumerate(wanted) if i >= len(mine) or mine[i] != token), None)


def main():
    program = sys.argv[1]
    model, folder = os.environ.get("GISTMILL_GEMMA", ""), os.environ.get("GISTMILL_NODE_LLAMA_CPP", "")
    if not model or not pathlib.Path(model).exists():
        skip("no Gemma: GISTMILL_GEMMA names its GGUF file (docs/models.md)")
    if not pathlib.Path(folder, "node_modules", "node-llama-cpp").exists() or not shutil.which("node"):
        skip("no llama.cpp: GISTMILL_NODE_LLAMA_CPP names a folder with node_modules/node-llama-cpp")
    wrong, differences = 0, []
    for answer in answers_of_llama_cpp(model, folder):
        mine = costs(program, model, answer["ids"] + answer["continuation"])
        apart = [abs(cost - place["nll"]) for cost, place in zip(mine, answer["places"], strict=True)]
        differences += apart
        other = first_other(program, model, answer)
        lead = answer["places"][len(answer["ids"]) - 1 + other]["lead"] if other is not None else None
        wrong += max(apart) > LARGEST or (lead is not None and lead > LARGEST)
        left = "the same greedy text" if other is None else f"other greedy text where the first leads by {lead:.3f} nats"
        print(f"{answer['prompt']!r}: costs differ by {max(apart):.3f} nats at most, {left}", flush=True)
    mean = sum(differences) / len(differences)
    print(f"{len(differences)} tokens: {mean:.4f} nats on average, {max(differences):.3f} at most")
    sys.exit(1 if wrong or mean > MEAN else 0)


if __name__ == "__main__":
    main()
