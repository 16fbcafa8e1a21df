#!/usr/bin/env python3
"""Greedy generation behind a cached prompt in transformers: what the row gist-cache is held to.

usage: gist_cache.py MODEL.gguf bf16|f32 THREADS PROMPT BEHIND NEW ROUNDS

The prompt's keys and values are made once and copied for every generation, outside of the clock. Prints one line
of JSON: seconds to the first token, and to all.
"""
import copy
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import AutoModelForCausalLM, DynamicCache


def seconds_of(model, ids, cached, tokens):
    cache = copy.deepcopy(cached)
    begin = time.perf_counter()
    made = model.generate(ids, attention_mask=torch.ones_like(ids), past_key_values=cache, do_sample=False,
                          min_new_tokens=tokens, max_new_tokens=tokens, pad_token_id=0)
    assert made.shape[1] == ids.shape[1] + tokens
    return time.perf_counter() - begin


def main():
    path, dtype = sys.argv[1:3]
    threads, prompt, behind, tokens, rounds = map(int, sys.argv[3:8])
    torch.set_num_threads(threads)
    folder, name = os.path.split(os.path.abspath(path))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name,
                                                 dtype={"bf16": torch.bfloat16, "f32": torch.float32}[dtype]).eval()
    ids = (torch.arange(prompt + behind) * 31337 % 40000 + 17).unsqueeze(0)
    first, whole = [], []
    with torch.inference_mode():
        cached = DynamicCache()
        model(ids[:, :prompt], past_key_values=cached)
        for number in range(rounds + 1):
            one, all_of_them = (seconds_of(model, ids, cached, count) for count in (1, tokens))
            if number > 0:  # the first warms up
                first.append(one)
                whole.append(all_of_them)
    print(json.dumps({"first_seconds": first, "seconds": whole}))


if __name__ == "__main__":
    main()
