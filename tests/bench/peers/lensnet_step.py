#!/usr/bin/env python3
"""A LensNet's training step in plain torch, forward and backward: what the row lensnet-step is held to.

usage: lensnet_step.py CONTEXTS ENTRIES HIDDEN WIDTH STACKS STEPS THREADS

The network of lensnet/dual-cross as its formulas say it, with torch's own attention; the loss compares every pair, in a
tensor of pairs for each context. Contexts one by one, with gradients added up, so that it fits into memory. Prints one line
of JSON, as the program bench/lensnet does.
"""
import json
import os
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

GISTS, HEADS, MLP = 6, 8, 128


class Cross(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query, self.value, self.output = (nn.Linear(width, width) for _ in range(3))
        self.key = nn.Linear(width, width, bias=False)

    def forward(self, asking, asked):
        def split(x):
            return x.view(1, x.shape[0], HEADS, -1).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(split(self.query(asking)), split(self.key(asked)),
                                                        split(self.value(asked)))
        return self.output(mixed.transpose(1, 2).reshape(asking.shape))


class LensNet(nn.Module):
    def __init__(self, hidden, width, stacks):
        super().__init__()
        self.width = width
        self.entries, self.tail = nn.Linear(hidden, width), nn.Linear(hidden, width)
        self.level, self.place = nn.Embedding(3, width), nn.Parameter(0.02 * torch.randn(GISTS, width))
        self.collect = nn.ModuleList(Cross(width) for _ in range(stacks))
        self.tell = nn.ModuleList(Cross(width) for _ in range(stacks))
        self.up, self.down = nn.Linear(width + 3, MLP), nn.Linear(MLP, 1)

    def forward(self, vectors, tail, levels, features):
        def norm(x):
            return functional.layer_norm(x, x.shape[-1:])
        rows = self.entries(norm(vectors)) + self.level(levels)
        gists = self.tail(norm(tail)) + self.place
        for collect, tell in zip(self.collect, self.tell):
            gists = gists + collect(norm(gists), norm(rows))
            rows = rows + tell(norm(rows), norm(gists))
        hidden = functional.gelu(self.up(torch.cat([norm(rows), features], 1)))
        return torch.tanh(self.down(hidden)).squeeze(1)


def loss_of(scores, targets):
    squared = (scores - targets).square().mean()
    pairs = (targets[:, None] > targets[None, :] + 0.1).float()
    ranking = (functional.softplus(scores[None, :] - scores[:, None]) * pairs).sum() / pairs.sum()
    up, down = 31 * scores.relu().sum(), 31 / 32 * 31 * (-scores).relu().sum()
    budget = ((up - down) / (1e-6 + up + down)).square()
    return squared + 0.5 * ranking + 0.1 * budget


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def main():
    contexts, entries, hidden, width, stacks, steps, threads = map(int, sys.argv[1:8])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = LensNet(hidden, width, stacks)
    vectors, tails = 0.1 * torch.randn(contexts, entries, hidden), 0.1 * torch.randn(contexts, GISTS, hidden)
    levels, features = torch.ones(entries, dtype=torch.long), torch.rand(entries, 3)
    targets = 2 * torch.rand(contexts, entries) - 1

    def step():
        model.zero_grad(set_to_none=True)
        begin = time.perf_counter()
        for i in range(contexts):
            (loss_of(model(vectors[i], tails[i], levels, features), targets[i]) / contexts).backward()
        return time.perf_counter() - begin

    before = resident_bytes()
    step()
    seconds = [step() for _ in range(steps)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "median_seconds": statistics.median(seconds), "bytes": peak - before}))


if __name__ == "__main__":
    main()
