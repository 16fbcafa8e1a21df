#!/usr/bin/env python3
"""A training step on one span as it is written without Gistmill, in transformers: what the table's rates are held to.

usage: span_step.py MODEL.gguf TEXT T H bf16|fp32 STEPS

A step: the document's T tokens pass through the model; the 32 tokens in the document's middle become one vector, by
attention of one learned query over their embeddings; the document passes again with that vector in their place, the
other tokens at their own positions; delta-NLL over the H tokens behind them goes back through the frozen model to
the compressor, which AdamW moves. Prints a line a step. Step 0 warms up, on at most 1024 tokens.
"""
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

SPAN = 32
HEADS = 8
WARM_UP = 1024


class AttentionPool(nn.Module):
    """[1, SPAN, D] -> [1, 1, D]. Small, so that the step's cost is the model's."""

    def __init__(self, width):
        super().__init__()
        self.query = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.attention = nn.MultiheadAttention(width, HEADS, batch_first=True)

    def forward(self, span):
        pooled, _ = self.attention(self.query, span, span, need_weights=False)
        return pooled


def next_token_nll(logits, targets):
    """Mean NLL of targets [H] by the logits [1, H, V] of the rows before them."""
    return functional.cross_entropy(logits[0].float(), targets)


def step(model, compressor, optimizer, tokens, horizon):
    """delta-NLL in nats; tokens [1, T]."""
    length = tokens.shape[1]
    start = length // 2
    behind = start + SPAN
    targets = tokens[0, behind:behind + horizon]
    with torch.no_grad():
        original = model(input_ids=tokens, use_cache=False).logits
        original_nll = next_token_nll(original[:, behind - 1:behind - 1 + horizon], targets)

    embeddings = model.get_input_embeddings()(tokens)
    gist = compressor(embeddings[:, start:behind].float()).to(embeddings.dtype)
    inputs = torch.cat([embeddings[:, :start], gist, embeddings[:, behind:]], dim=1)
    positions = torch.arange(length)
    positions = torch.cat([positions[:start], positions[behind - 1:behind], positions[behind:]]).unsqueeze(0)
    replaced = model(inputs_embeds=inputs, position_ids=positions, use_cache=False).logits
    loss = next_token_nll(replaced[:, start:start + horizon], targets) - original_nll

    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(compressor.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def load(path, dtype):
    folder, name = os.path.split(os.path.abspath(path))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype)
    return tokenizer, model.eval().requires_grad_(False)


def main():
    path, text, length, horizon, dtype, steps = sys.argv[1:7]
    length, horizon, steps = int(length), int(horizon), int(steps)
    torch.manual_seed(0)
    tokenizer, model = load(path, {"bf16": torch.bfloat16, "fp32": torch.float32}[dtype])
    with open(text, encoding="utf-8") as file:
        book = torch.tensor(tokenizer(file.read(), add_special_tokens=False).input_ids)
    compressor = AttentionPool(model.config.hidden_size)
    optimizer = torch.optim.AdamW(compressor.parameters(), lr=1e-4)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(book)} tokens", flush=True)
    seconds = []
    for index in range(steps):
        taken = min(length, WARM_UP) if index == 0 else length
        first = int(torch.randint(len(book) - taken, ()))
        begin = time.perf_counter()
        loss = step(model, compressor, optimizer, book[first:first + taken].unsqueeze(0), horizon)
        seconds.append(time.perf_counter() - begin)
        print(f"step {index} delta-NLL {loss:.4f} in {seconds[-1]:.3f}s", flush=True)
    if len(seconds) > 1:
        print(f"{1 / sorted(seconds[1:])[(len(seconds) - 1) // 2]:.4f} spans/s")


if __name__ == "__main__":
    main()
