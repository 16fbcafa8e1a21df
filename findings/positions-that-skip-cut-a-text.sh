#!/usr/bin/env bash
# transformers 5.24 takes position_ids that skip for the borders of packed texts, and hides what stands before the skip.
#
# A text from which some tokens were left out keeps the positions of those that stayed: 0 to 9, then 20 to 29. Given
# these as position_ids, with use_cache=False and no attention_mask, a Llama model computes the rows behind the skip as
# if nothing stood before it: other tokens there change no logit. With an attention_mask of ones, which hides nothing,
# they do, and with use_cache=True as well. So the same call scores a text differently with and without a cache.
#
# Seen with transformers 5.24.0, torch 2.13.0 on the CPU, attention sdpa and eager. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --extra-index-url https://download.pytorch.org/whl/cpu \
  torch==2.13.0+cpu transformers==5.24.0
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'PYTHON'
import torch
import transformers

config = transformers.LlamaConfig(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                                  num_attention_heads=4, num_key_value_heads=2)
positions = torch.cat([torch.arange(10), torch.arange(20, 30)]).unsqueeze(0)
one = torch.arange(20).unsqueeze(0)
other = one.clone()
other[0, :10] = torch.arange(30, 40)  # only what stands before the skip


def change(model, **more):
    """Of the logits behind the skip, by what stands before it."""
    with torch.no_grad():
        rows = [model(input_ids=ids, position_ids=positions, **more).logits[0, 10:] for ids in (one, other)]
    return (rows[0] - rows[1]).abs().max().item()


for attention in ("sdpa", "eager"):
    torch.manual_seed(1)
    model = transformers.LlamaForCausalLM._from_config(config, attn_implementation=attention).eval()
    bare = change(model, use_cache=False)
    cached = change(model)
    masked = change(model, attention_mask=torch.ones_like(one))
    print(f"{attention}: the logits change by {bare:.2e}; with a cache by {cached:.2e}; with a mask of ones by {masked:.2e}")
    assert bare == 0, "what stands before the skip is seen"
    assert cached > 1e-3 and masked > 1e-3, "what stands before the skip is hidden"
print("as expected: without a mask and a cache, a skip in position_ids hides what stands before it")
PYTHON
