#!/usr/bin/env python3
"""torchscale's stack of RetNet layers, forward and backward: what the row retnet-layers is held to.

usage: retnet_layers.py parallel|CHUNK f32|bf16 LENGTH WIDTH LAYERS HEADS STEPS THREADS

Prints one line of JSON, as the program bench/retnet does. bf16: under autocast.
"""
import json
import os
import resource
import statistics
import sys
import time
import types

import torch

VOCABULARY = 256


def without_unused_packages():
    """torchscale imports these for parts that a RetNet does not have."""
    for name, attributes in {"timm": [], "timm.models": [], "timm.models.layers": ["drop_path"], "fairscale": [],
                             "fairscale.nn": ["checkpoint_wrapper", "wrap"]}.items():
        module = types.ModuleType(name)
        for attribute in attributes:
            setattr(module, attribute, None)
        sys.modules.setdefault(name, module)


def decoder(form, width, layers, heads):
    without_unused_packages()
    from torchscale.architecture.config import RetNetConfig
    from torchscale.architecture.retnet import RetNetDecoder
    chunkwise = form != "parallel"
    config = RetNetConfig(decoder_embed_dim=width, decoder_value_embed_dim=2 * width, decoder_retention_heads=heads,
                          decoder_ffn_embed_dim=2 * width, decoder_layers=layers, vocab_size=VOCABULARY,
                          activation_fn="swish", chunkwise_recurrent=chunkwise,
                          recurrent_chunk_size=int(form) if chunkwise else 512)
    return RetNetDecoder(config, embed_tokens=torch.nn.Embedding(VOCABULARY, width))


def step(model, ids, dtype):
    model.zero_grad(set_to_none=True)
    begin = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
        rows = model(ids, features_only=True)[0]
    rows.float().sum().backward()
    return time.perf_counter() - begin


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def main():
    form, dtype = sys.argv[1:3]
    length, width, layers, heads, steps, threads = map(int, sys.argv[3:9])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = decoder(form, width, layers, heads)
    ids = (torch.arange(length) * 7919 % VOCABULARY).unsqueeze(0)
    before = resident_bytes()
    step(model, ids, dtype)
    begin = time.process_time()
    seconds = [step(model, ids, dtype) for _ in range(steps)]
    processor = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"tokens_per_second": length / statistics.median(seconds), "seconds": seconds,
                      "processor_seconds": processor / steps,
                      "bytes": peak - before}))


if __name__ == "__main__":
    main()
