#!/usr/bin/env bash
# transformers 5.24 takes the size of FP8 blocks from the shape of the scales, not from weight_block_size, so a matrix
# whose last block is cut off by its edge is multiplied with the wrong scales, without a word.
#
# A folder with quant_method "fp8" keeps one scale for each block of rows and columns; the last block is smaller where
# the size does not divide the matrix, as the model code that DeepSeek publishes counts them. 24 rows in blocks of 16 have two scales, of
# rows 0 to 15 and 16 to 23. On a machine without a GPU, where from_pretrained multiplies the weights out, transformers
# divides 24 by two and gives the second scale to rows 12 to 23. Where the division leaves a rest (40 rows in blocks of
# 16 have three scales), it stops and says that the shape does not fit.
#
# Seen with transformers 5.24.0, torch 2.13.0 on the CPU, accelerate 1.12.0. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --extra-index-url https://download.pytorch.org/whl/cpu \
  torch==2.13.0+cpu transformers==5.24.0 safetensors==0.8.0 accelerate==1.12.0
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - "$folder" 2>/dev/null <<'PYTHON'
import json
import os
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

BLOCK = 16


def scaled(value):
    """`value` as FP8, and a scale for each block of rows; all columns share it."""
    scales = torch.empty(-(-value.shape[0] // BLOCK), 1)
    kept = torch.empty(value.shape, dtype=torch.float8_e4m3fn)
    for i in range(scales.shape[0]):
        rows = slice(i * BLOCK, (i + 1) * BLOCK)
        scales[i] = value[rows].abs().max() / 448 * (1 if i == 0 else 8)  # scales that differ clearly
        kept[rows] = (value[rows] / scales[i]).to(torch.float8_e4m3fn)
    return kept, scales


def rows_that_differ(width):
    """Of the gate of a folder whose feed-forward is `width` wide, after from_pretrained."""
    folder = os.path.join(sys.argv[1], f"model-{width}")
    config = transformers.Qwen3Config(vocab_size=40, hidden_size=32, intermediate_size=width, num_hidden_layers=1,
                                      num_attention_heads=4, num_key_value_heads=4, head_dim=8)
    torch.manual_seed(1)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    path = os.path.join(folder, "model.safetensors")
    tensors, right = {}, None
    for name, value in load_file(path).items():
        tensors[name] = value
        if not name.endswith("_proj.weight"):
            continue
        tensors[name], tensors[name + "_scale_inv"] = scaled(value.float())
        if "gate" in name:
            scales = tensors[name + "_scale_inv"].repeat_interleave(BLOCK, 0)[:width]
            right = tensors[name].float() * scales
    save_file(tensors, path, metadata={"format": "pt"})
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        content = json.load(file)
    content["quantization_config"] = dict(quant_method="fp8", fmt="e4m3", activation_scheme="dynamic",
                                          weight_block_size=[BLOCK, 64])
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(content, file)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    found = model.model.layers[0].mlp.gate_proj.weight.float()
    different = (found - right).abs().amax(1) > 0.05 * right.abs().amax(1)
    return different.nonzero().flatten().tolist()


divides = rows_that_differ(32)
cut_off = rows_that_differ(24)
print(f"32 rows in blocks of 16: rows with wrong values {divides}; 24 rows in blocks of 16: {cut_off}")
assert divides == [], "blocks that divide the matrix are read right"
assert cut_off == [12, 13, 14, 15], "the second scale is given to rows 12 to 15 too"
try:
    rows_that_differ(40)
    raise SystemExit("40 rows in blocks of 16 are read")
except (ValueError, RuntimeError) as error:
    print(f"40 rows in blocks of 16: {type(error).__name__}: {str(error).splitlines()[0][:160]}")
print("as expected: a last block that is cut off is read as a block of another size, or not at all")
PYTHON
