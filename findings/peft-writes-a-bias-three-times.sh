#!/usr/bin/env bash
# PEFT 0.21.2 writes the bias of a module up to three times into adapter_model.safetensors.
#
# A LoRA adapter with bias="all" and a linear layer with a bias in modules_to_save: the file holds the trained bias as
# NAME.bias, once more as NAME.modules_to_save.bias, and the bias as it was before training as
# NAME.original_module.bias. Its weight is there once, as NAME.weight. A reader that takes every tensor for part of the
# adapter meets two names that no model has, and one of them holds values that training left behind.
#
# Seen with peft 0.21.2, transformers 5.2.0, torch 2.13.0 on the CPU. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --extra-index-url https://download.pytorch.org/whl/cpu \
  torch==2.13.0+cpu peft==0.21.2 transformers==5.2.0
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - "$folder/adapter" <<'PYTHON'
import sys

import peft
import torch
import transformers
from safetensors.torch import load_file

config = transformers.Qwen2Config(vocab_size=40, hidden_size=32, intermediate_size=24, num_hidden_layers=1,
                                  num_attention_heads=4, num_key_value_heads=2)
model = transformers.Qwen2ForCausalLM(config)
model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", r=1, target_modules=["q_proj"], bias="all",
                                                   modules_to_save=["k_proj"]))
for name, parameter in model.named_parameters():
    if parameter.requires_grad:
        parameter.data += 1  # as training would change it
model.save_pretrained(sys.argv[1])
tensors = load_file(sys.argv[1] + "/adapter_model.safetensors")
found = {name.split("k_proj.")[1]: tensor for name, tensor in tensors.items() if "k_proj." in name}
for name, tensor in sorted(found.items()):
    print(f"{name:24} mean {tensor.float().mean():.3f}")
assert sorted(found) == ["bias", "modules_to_save.bias", "original_module.bias", "weight"], sorted(found)
assert torch.equal(found["bias"], found["modules_to_save.bias"])
assert not torch.equal(found["bias"], found["original_module.bias"])
print("as expected: the bias is there three times, once as it was before training")
PYTHON
