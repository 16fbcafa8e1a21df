"""Makes fixtures/: a small RetNet of torchscale with random weights, and what the package computes with it.

    pip install torch==2.13.0 numpy safetensors; pip install --no-deps torchscale==0.3.0
    python make_fixtures.py fixtures

model/ is a folder as student/retnet saves them: the tensors have torchscale's own names. outputs.json holds the
logits of one text, in torchscale's three forms, for each setting that changes the function. torchscale scales the
decay mask and the rows of the scores, differently in each form, and the heads' norm divides the scale out again up
to its epsilon: so the forms are recorded with a small one too.
"""
import json
import math
import pathlib
import sys
import types

import torch
from safetensors.torch import save_file

VOCABULARY, WIDTH, HEADS, VALUES, FEED_FORWARD, LAYERS, CHUNK = 11, 8, 2, 12, 10, 2, 4
TEXT = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
SETTINGS = {
    "plain": {},
    "small_epsilon": {"layernorm_eps": 1e-12},
    "large_epsilon": {"layernorm_eps": 0.05},  # the scales show, and the three forms are three functions
    "gelu": {"activation_fn": "gelu"},
    "scaled_embedding": {"no_scale_embedding": False},
    "paper_decay": {"layernorm_eps": 1e-12},  # and the decays of the paper's experiments in the place of its own
    "layer_norm": {"layernorm_eps": 1e-12},   # and a LayerNorm without weights in the place of the heads' RMSNorm
}


def without_unused_packages():
    """torchscale imports these for parts that a RetNet does not have."""
    for name, attributes in {"timm": [], "timm.models": [], "timm.models.layers": ["drop_path"], "fairscale": [],
                             "fairscale.nn": ["checkpoint_wrapper", "wrap"]}.items():
        module = types.ModuleType(name)
        for attribute in attributes:
            setattr(module, attribute, None)
        sys.modules[name] = module


def decoder(setting, chunkwise=False):
    from torchscale.architecture.config import RetNetConfig
    from torchscale.architecture.retnet import RetNetDecoder
    choices = {"activation_fn": "swish", **SETTINGS[setting]}
    config = RetNetConfig(decoder_embed_dim=WIDTH, decoder_value_embed_dim=VALUES, decoder_retention_heads=HEADS,
                          decoder_ffn_embed_dim=FEED_FORWARD, decoder_layers=LAYERS, vocab_size=VOCABULARY,
                          chunkwise_recurrent=chunkwise, recurrent_chunk_size=CHUNK, **choices)
    made = RetNetDecoder(config, embed_tokens=torch.nn.Embedding(VOCABULARY, WIDTH)).eval()
    if setting == "paper_decay":
        lost = torch.exp(torch.linspace(math.log(1 / 32), math.log(1 / 512), HEADS))
        made.retnet_rel_pos.decay.copy_(torch.log(1 - lost))
    if setting == "layer_norm":
        for layer in made.layers:
            layer.retention.group_norm = torch.nn.LayerNorm(VALUES // HEADS, 1e-12, elementwise_affine=False)
    return made


def weights():
    """All of them random, so that none is an identity."""
    generator = torch.Generator().manual_seed(7)
    state = decoder("plain").state_dict()
    return {name: (1 + 0.3 * torch.randn(value.shape, generator=generator)) if "norm" in name
            else 0.5 * torch.randn(value.shape, generator=generator)
            for name, value in state.items() if not name.startswith("retnet_rel_pos")}


def recurrent(made, text):
    state = {}
    rows = [made(text[:, :length], incremental_state=state)[0] for length in range(1, text.size(1) + 1)]
    return torch.cat(rows, 1)


def numbers(logits):
    return [float(f"{value:.7g}") for value in logits.flatten().tolist()]


def outputs(state, setting):
    text = torch.tensor([TEXT])
    result = {}
    for form, chunkwise in {"parallel": False, "chunkwise": True, "recurrent": False}.items():
        made = decoder(setting, chunkwise)
        made.load_state_dict(state, strict=False)
        with torch.no_grad():
            result[form] = numbers(recurrent(made, text) if form == "recurrent" else made(text)[0])
    return result


def main():
    without_unused_packages()
    folder = pathlib.Path(sys.argv[1])
    (folder / "model").mkdir(parents=True, exist_ok=True)
    state = weights()
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "model/model.safetensors",
              {"format": "pt"})
    config = {"model_type": "retnet", "vocab_size": VOCABULARY, "num_hidden_layers": LAYERS, "hidden_size": WIDTH,
              "num_attention_heads": HEADS, "value_size": VALUES, "intermediate_size": FEED_FORWARD,
              "decay": "torchscale", "head_norm": "rms", "hidden_act": "swish",
              "scale_decay": True, "scale_rows": True, "scale_embedding": False, "tie_word_embeddings": False,
              "rms_norm_eps": 1e-6, "eos_token_id": []}
    (folder / "model/config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    recorded = {"made_by": f"torchscale 0.3.0, torch {torch.__version__}, fp32", "text": TEXT,
                "logits": {setting: outputs(state, setting) for setting in SETTINGS}}
    (folder / "outputs.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
