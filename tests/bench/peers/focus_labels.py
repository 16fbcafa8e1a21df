#!/usr/bin/env python3
"""The labels of one working context in transformers: what the row focus-labels is held to.

usage: focus_labels.py MODEL.gguf bf16|f32 THREADS ROUNDS FILE

FILE has the texts of build/release/bench/focus_labels: the context and each edited one. One full pass for each,
without a cache, logits of the rows that predict alone; loss, and divergence from the context. Prints one line of
JSON: seconds of the edited contexts in each round, and their losses.
"""
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import AutoModelForCausalLM


def inputs_of(model, file, rows):
    """Embeddings [1, n, D] and positions [1, n] of a text with what follows it, but for the last token."""
    table = model.get_input_embeddings().weight
    tokens = torch.tensor(file["tokens"])
    following = file["following"][:-1]
    embeddings = table[torch.tensor([max(row[1], 0) for row in rows] + following)].float()
    for place, (_, token, level, start) in enumerate(rows):
        if token < 0:
            width = file["block"] ** level if level == 2 else file["block"]
            embeddings[place] = table[tokens[start:start + width]].float().mean(0)
    first = len(file["tokens"])
    positions = [row[0] for row in rows] + list(range(first, first + len(following)))
    return embeddings.to(table.dtype).unsqueeze(0), torch.tensor(positions).unsqueeze(0)


def log_probabilities(model, inputs, horizon):
    # Without a mask, transformers takes positions that skip for the borders of packed texts, and hides what is before them.
    logits = model(inputs_embeds=inputs[0], position_ids=inputs[1], attention_mask=torch.ones_like(inputs[1]),
                   use_cache=False, logits_to_keep=horizon).logits
    return torch.log_softmax(logits[0].float(), -1)


def main():
    path, dtype, threads, rounds, texts = sys.argv[1:6]
    torch.set_num_threads(int(threads))
    folder, name = os.path.split(os.path.abspath(path))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name,
                                                 dtype={"bf16": torch.bfloat16, "f32": torch.float32}[dtype]).eval()
    with open(texts, encoding="utf-8") as source:
        file = json.load(source)
    targets = torch.tensor(file["following"]).unsqueeze(1)
    seconds, cpu_seconds = [], []
    with torch.inference_mode():
        inputs = [inputs_of(model, file, rows) for rows in file["texts"]]
        base = log_probabilities(model, inputs[0], len(targets))  # warms up
        for _ in range(int(rounds)):
            begin, before = time.perf_counter(), time.process_time()
            losses, divergences = [], []
            for text in inputs[1:]:
                found = log_probabilities(model, text, len(targets))
                losses.append(-found.gather(1, targets).mean().item())
                divergences.append((base.exp() * (base - found)).sum(-1).mean().item())
            seconds.append(time.perf_counter() - begin)
            cpu_seconds.append(time.process_time() - before)
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "nll": losses, "kl": divergences}))


if __name__ == "__main__":
    main()
