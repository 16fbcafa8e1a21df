#!/usr/bin/env python3
"""A training step on gist tokens in transformers: what the rows gist-step and gist-lora-step are held to.

usage: gist_step.py MODEL.gguf bf16|f32 GISTS THREADS LENGTHS.json ROUNDS RANK

The same batches as the program bench/gist_step, padded on the left, with the gist mask as a 4-D mask: the frozen
model's logits, mean cross entropy of what is to be learned, backward to the vectors, and to PEFT's adapters of that rank
on every matrix of a layer where it is not 0. Prints one line of JSON.
"""
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM


def id_of(batch, text, place):
    return 17 + (batch * 7919 + text * 104729 + place * 31337) % 40000


def batch_of(texts, number, gists, dtype):
    length = max(before + gists + behind + learned for before, behind, learned in texts)
    ids = torch.zeros(len(texts), length, dtype=torch.long)
    seen = torch.zeros(len(texts), length, length, dtype=torch.bool)
    positions = torch.zeros(len(texts), length, dtype=torch.long)
    labels = torch.full((len(texts), length), -100)
    places = torch.zeros(len(texts), gists, dtype=torch.long)
    for i, (before, behind, learned) in enumerate(texts):
        padding = length - (before + gists + behind + learned)
        first = padding + before
        ids[i, padding:] = torch.tensor([id_of(number, i, place) for place in range(length - padding)])
        seen[i, padding:first + gists, padding:] = True
        seen[i, first + gists:, first:] = True
        positions[i] = (torch.arange(length) - padding).clamp(min=0)
        places[i] = torch.arange(first, first + gists)
        labels[i, length - learned:] = ids[i, length - learned:]
    seen &= torch.ones(length, length, dtype=torch.bool).tril()
    seen |= torch.eye(length, dtype=torch.bool) & ~seen.any(-1, keepdim=True)  # padding sees itself
    mask = torch.zeros(seen.shape, dtype=dtype).masked_fill(~seen, torch.finfo(dtype).min).unsqueeze(1)
    return ids, mask, positions, labels, places


def step(model, vectors, optimizer, batch):
    ids, mask, positions, labels, places = batch
    embeddings = model.get_input_embeddings()(ids)
    index = places.unsqueeze(-1).expand(-1, -1, embeddings.shape[-1])
    embeddings = embeddings.scatter(1, index, vectors.to(embeddings.dtype).expand(len(ids), -1, -1))
    logits = model(inputs_embeds=embeddings, attention_mask=mask, position_ids=positions, use_cache=False).logits
    loss = functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def with_adapters(model, rank):
    """As PEFT makes them, in f32, but that lora_A has the numbers of the program bench/gist_step."""
    from peft import LoraConfig, get_peft_model
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_A" in name:
                columns = parameter.shape[1]
                place = torch.arange(rank).unsqueeze(1) * 31 + torch.arange(columns) * 17
                parameter.copy_((place.remainder(97) - 48) / (48 * columns**0.5))
    return model


def main():
    path, dtype, gists, threads, lengths, rounds, rank = sys.argv[1:8]
    torch.set_num_threads(int(threads))
    dtype = {"bf16": torch.bfloat16, "f32": torch.float32}[dtype]
    folder, name = os.path.split(os.path.abspath(path))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype).eval().requires_grad_(False)
    with open(lengths, encoding="utf-8") as file:
        batches = [batch_of(texts, number, int(gists), dtype) for number, texts in enumerate(json.load(file))]
    mean = model.get_input_embeddings().weight.float().mean(0)
    vectors = torch.nn.Parameter(mean.expand(int(gists), -1).clone())
    if int(rank) > 0:
        model = with_adapters(model, int(rank))
    optimizer = torch.optim.SGD([vectors, *(p for p in model.parameters() if p.requires_grad)], lr=1e-4)
    step(model, vectors, optimizer, batches[0])
    seconds, losses = [], []
    for _ in range(int(rounds)):
        for batch in batches:
            begin = time.perf_counter()
            losses.append(step(model, vectors, optimizer, batch))
            seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds, "losses": losses}))


if __name__ == "__main__":
    main()
