#!/usr/bin/env python3
"""The plain model beside transformers on the same LibTorch: load, prefill, greedy generation; medians and ratios.

usage: compare_with_transformers.py MODEL.gguf [--dtype bf16 f32] [--rounds 3] [--threads 2] [--llama-cpp] [--json FILE]

Needs torch, transformers, accelerate and gguf in this Python, and the target model_speed in build/release. The two
take turns in processes of their own. Prefill is one forward pass over 1024 tokens with the logits of the last one;
generation is 128 tokens after 16, batch 1, until then with the keys and values kept. With --llama-cpp also
llama-cpp-python on the same file, which computes with the file's quantized blocks and quantized activations: a
reference for the same weights, not for the same numbers.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFILL, PROMPT, GENERATED = 1024, 16, 128

TRANSFORMERS = r"""
import json, statistics, sys, time
import torch
from transformers import AutoModelForCausalLM
path, dtype, threads, prefill, prompt, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
torch.set_num_threads(threads)
def seconds(body):
    begin = time.perf_counter(); body(); return time.perf_counter() - begin
def median(rounds, body):
    body()
    return statistics.median(seconds(body) for _ in range(rounds))
with torch.inference_mode():
    begin = time.perf_counter()
    folder, name = path.rsplit("/", 1)
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, dtype={"bf16": torch.bfloat16, "f32": torch.float32}[dtype])
    model.eval()
    model(torch.ones(1, 1, dtype=torch.long))
    load = time.perf_counter() - begin
    ids = torch.randint(17, model.config.vocab_size, (1, prefill))
    prefill_seconds = median(5, lambda: model(ids, use_cache=False, logits_to_keep=1))
    generate_seconds = median(3, lambda: model.generate(
        ids[:, :prompt], attention_mask=torch.ones(1, prompt, dtype=torch.long), do_sample=False,
        min_new_tokens=count, max_new_tokens=count, pad_token_id=0))
print(json.dumps({"load_seconds": load, "prefill_tokens_per_second": prefill / prefill_seconds,
                  "generate_tokens_per_second": count / generate_seconds}))
"""

LLAMA_CPP = r"""
import json, random, statistics, sys, time
from llama_cpp import Llama
path, dtype, threads, prefill, prompt, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
def seconds(body):
    begin = time.perf_counter(); body(); return time.perf_counter() - begin
begin = time.perf_counter()
model = Llama(path, n_ctx=2048, n_batch=prefill, n_threads=threads, n_threads_batch=threads, verbose=False)
model.eval([1])
load = time.perf_counter() - begin
ids = [random.randrange(17, 49000) for _ in range(prefill)]
def fill(tokens):
    model.reset(); model.eval(tokens)
def generate():
    fill(ids[:prompt])
    for i, _ in enumerate(model.generate(ids[:prompt], temp=0.0, reset=False)):
        if i + 1 == count: break
fill(ids)
prefill_seconds = statistics.median(seconds(lambda: fill(ids)) for _ in range(3))
generate_seconds = statistics.median(seconds(generate) for _ in range(3))
print(json.dumps({"load_seconds": load, "prefill_tokens_per_second": prefill / prefill_seconds,
                  "generate_tokens_per_second": count / generate_seconds}))
"""


def last_line(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def measure(arguments, dtype):
    path = os.path.abspath(arguments.model)
    sizes = [str(arguments.threads), str(PREFILL), str(PROMPT), str(GENERATED)]
    sides = {
        "transformers": lambda: last_line([sys.executable, "-c", TRANSFORMERS, path, dtype, *sizes]),
        "gistmill": lambda: last_line([os.path.join(ROOT, "build/release/bench/model_speed"), path, dtype, sizes[0],
                                       sizes[1], sizes[3]]),
    }
    if arguments.llama_cpp:
        sides["llama.cpp"] = lambda: last_line([sys.executable, "-c", LLAMA_CPP, path, dtype, *sizes])
    seen = {name: [] for name in sides}
    for _ in range(arguments.rounds):
        for name, run in sides.items():
            seen[name].append(run())
    return {name: {key: statistics.median(one[key] for one in rounds)
                   for key in ("load_seconds", "prefill_tokens_per_second", "generate_tokens_per_second")}
            for name, rounds in seen.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--dtype", nargs="+", choices=["bf16", "f32"], default=["bf16", "f32"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--llama-cpp", action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args()

    results = {dtype: measure(arguments, dtype) for dtype in arguments.dtype}
    for dtype, sides in results.items():
        ours = sides["gistmill"]
        for name, theirs in sides.items():
            print(f"{dtype} {name:13} load {theirs['load_seconds']:6.2f} s  prefill "
                  f"{theirs['prefill_tokens_per_second']:7.1f} tokens/s  generation "
                  f"{theirs['generate_tokens_per_second']:6.1f} tokens/s"
                  + ("" if name == "gistmill" else
                     f"   gistmill is {theirs['load_seconds'] / ours['load_seconds']:.1f}, "
                     f"{ours['prefill_tokens_per_second'] / theirs['prefill_tokens_per_second']:.2f}, "
                     f"{ours['generate_tokens_per_second'] / theirs['generate_tokens_per_second']:.2f} times as fast"))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
