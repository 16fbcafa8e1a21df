#!/usr/bin/env python3
"""Spans a second of Gistmill and of the peer's training step, in turn, in one run: medians and their ratio.

usage: compare_with_peer.py PEER.py MODEL.gguf TEXT_FILE [--rounds 3] [--dtype bf16|f32] [--json FILE]

PEER.py is called as `PEER.py GGUF TEXT T H bf16|fp32 STEPS` and prints a line that ends in "<x> spans/s"; it runs
in this Python, which needs what the peer imports (torch, transformers, accelerate, gguf). Gistmill runs from the
release build, on the folder that TEXT_FILE lies in.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def peer(arguments, dtype):
    """Spans a second of the peer: one span a step."""
    command = [sys.executable, arguments.peer, arguments.model, arguments.text, "1024", "64",
               "fp32" if dtype == "f32" else dtype, "4"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.findall(r"([0-9.]+) spans/s", output)[-1])


def gistmill(arguments, dtype):
    """Median over the steps but the first, which warms caches up."""
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(ROOT, "build/release/bin/gistmill"), "run",
                   os.path.join(ROOT, "tests/bench/span_training.toml"), "--folder", folder, "--fresh",
                   "--set", f"variables.model={os.path.abspath(arguments.model)}",
                   "--set", f"variables.text={os.path.dirname(os.path.abspath(arguments.text))}",
                   "--set", f"components.teacher.dtype={dtype}",
                   "--set", "evaluations.heldout.steps=1"]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
            steps = [event for event in map(json.loads, lines) if event["event"] == "step"]
    rates = [step["items_per_second"] for step in steps[1:]]
    return statistics.median(rates), max(step["peak_memory_bytes"] for step in steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer")
    parser.add_argument("model")
    parser.add_argument("text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=["bf16", "f32"], default="bf16")
    parser.add_argument("--json")
    arguments = parser.parse_args()

    ours, theirs, memory = [], [], 0
    for _ in range(arguments.rounds):
        theirs.append(peer(arguments, arguments.dtype))
        rate, memory = gistmill(arguments, arguments.dtype)
        ours.append(rate)
        print(f"peer {theirs[-1]:.3f} spans/s   gistmill {ours[-1]:.2f} spans/s", flush=True)
    result = {
        "setting": f"T 1024, H 64, 16 spans a document, {arguments.dtype}",
        "peer_spans_per_second": statistics.median(theirs),
        "gistmill_spans_per_second": statistics.median(ours),
        "ratio": statistics.median(ours) / statistics.median(theirs),
        "gistmill_peak_memory_bytes": memory,
        "rounds": arguments.rounds,
    }
    print(f"{result['setting']}: {result['ratio']:.1f} times the peer (medians of {arguments.rounds})")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
