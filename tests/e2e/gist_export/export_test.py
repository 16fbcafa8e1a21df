#!/usr/bin/env python3
"""What `gistmill export` writes of a run with gist tokens, read by transformers: each held-out answer has the NLL that the
run measured, from ids that the exported tokenizer makes of text with <GIST> in it, under a mask made from the paper's words.

    export_test.py GISTMILL FOLDER

Needs torch, transformers and tokenizers; without them exit code 77, which ctest shows as skipped.
"""

import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

PROGRAM, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
NOUNS = ["river", "bridge", "lamp", "garden", "letter", "window", "road", "table"]
END = 0
TOLERANCE = 2e-5  # f32, other kernels

RECIPE = """
[components]
texts     = {{ use = "dataset/instruction-texts", files = ["{folder}/samples.json"], validation = 0.4 }}
tokenizer = {{ use = "tokenizer/bpe", model = "{folder}/model", special = false }}
pieces    = {{ use = "store/tokens" }}
samples   = {{ use = "dataset/instructions", corpus = "tokenize", gist_tokens = {k}, batch = 4, end = {end} }}
heldout   = {{ use = "dataset/instructions", corpus = "tokenize", gist_tokens = {k}, batch = 3, end = {end}, split = "validation", order = "sequential", repeat = false }}
mask      = {{ use = "transform/gist-mask" }}
gist      = {{ use = "gistnet/gist-token", k = {k}, shared = {shared} }}
teacher   = {{ use = "teacher/llama", model = "{folder}/model", dtype = "f32", train = "{train}" }}
loss      = {{ use = "loss/cross-entropy" }}
optimizer = {{ use = "optimizer/adamw" }}

[fragments]
predict = ["mask.mask", "teacher.scale", "gist.place", "teacher.hidden", "teacher.head", "loss.from_hidden"]

[pipelines]
tokenize.steps = ["texts.next", "tokenizer.encode", "pieces.append"]
measure.steps  = ["heldout.next", "@predict"]
train          = {{ steps = ["samples.next", "@predict"], minimize = "loss", train = {trained} }}

[run]
steps    = 3
prepared = "{folder}/prepared"

[learning_rate]
peak = 0.1

[evaluations.heldout]
pipeline = "measure"
"""


def samples():
    found = []
    for i in range(30):
        noun, other = NOUNS[i % 8], NOUNS[(i // 8 + 3) % 8]
        found.append({"instruction": f"Say {noun} {1 + i % 4} times.", "input": other if i % 3 else "",
                      "output": " ".join([noun] * (1 + i % 4))})
    return found


def make_model(folder, tied):
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    text = [" ".join(sample.values()) for sample in samples()] + ["Instruction: \nInput: \nOutput:"]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<end>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size() + (0 if tied else 5),  # rows that no token has, as many models have
        hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=256, tie_word_embeddings=tied, initializer_range=0.15, eos_token_id=END)
    transformers.LlamaForCausalLM(config).float().save_pretrained(folder)


def gistmill(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: exit code {done.returncode}\n{done.stderr}")


def paper_mask(length, first, last):
    """0 where a row sees a column, else minus infinity: [1, 1, T, T]."""
    seen = torch.ones(length, length).tril().bool()
    seen[last + 1 :, :first] = False
    return torch.zeros(length, length).masked_fill(~seen, float("-inf"))[None, None]


class ExportTest(unittest.TestCase):
    def export(self, name, *, k=1, tied=True, train="none", shared=False):
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        make_model(folder / "model", tied)
        (folder / "samples.json").write_text(json.dumps(samples()))
        trained = '["gist"]' if train == "none" else '["gist", "teacher"]'
        recipe = RECIPE.format(folder=folder, k=k, end=END, train=train, trained=trained, shared=str(shared).lower())
        (folder / "recipe.toml").write_text(recipe)
        gistmill("run", folder / "recipe.toml", "--folder", folder / "run")
        gistmill("export", folder / "run", folder / "exported")
        self.rows = transformers.AutoConfig.from_pretrained(folder / "model").vocab_size
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "exported")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder / "exported", dtype=torch.float32,
                                                                       attn_implementation="eager").eval()
        return folder

    def answer_nll(self, sample, gists):
        head = f"Instruction: {sample['instruction']}\n"
        rest = (f"\nInput: {sample['input']}" if sample["input"] else "") + "\nOutput:"
        prompt = self.tokenizer(head + gists + rest, add_special_tokens=False)["input_ids"]
        answer = self.tokenizer(" " + sample["output"], add_special_tokens=False)["input_ids"] + [END]
        gist_ids = set(self.tokenizer(gists, add_special_tokens=False)["input_ids"])
        places = [i for i, token in enumerate(prompt) if token in gist_ids]
        ids = torch.tensor([prompt + answer])
        with torch.no_grad():
            logits = self.model(ids, attention_mask=paper_mask(ids.shape[1], places[0], places[-1]),
                                position_ids=torch.arange(ids.shape[1])[None]).logits[0]
        log_probability = logits[:, : self.rows].log_softmax(-1)  # a run has no logits of gist tokens
        targets = range(len(prompt), len(prompt) + len(answer))
        return -sum(log_probability[i - 1, ids[0, i]].item() for i in targets) / len(answer)

    def check(self, folder, gists):
        lines = [json.loads(line) for line in (folder / "run/items/heldout.jsonl").read_text().splitlines()]
        figure = lines[0]["figures"].index("nll")
        self.assertGreater(len(lines), 6)
        for item in lines[1:]:
            expected = self.answer_nll(samples()[item["cluster"]], gists)
            self.assertAlmostEqual(item["values"][0][figure], expected, delta=TOLERANCE * max(1, expected))

    def test_one_gist_token_of_a_frozen_model(self):
        folder = self.export("one")
        self.assertEqual(self.tokenizer.tokenize("a<GIST>b"), ["a", "<GIST>", "b"])
        self.assertEqual(self.tokenizer.convert_tokens_to_ids("<GIST>"), self.model.config.vocab_size - 1)
        self.check(folder, "<GIST>")

    def test_three_gist_tokens_with_adapters_beside_a_head_of_its_own(self):
        folder = self.export("three", k=3, tied=False, train="lora")
        self.assertIn("<GIST_2>", self.tokenizer.all_special_tokens)
        self.check(folder, "<GIST_1><GIST_2><GIST_3>")

    def test_one_shared_vector_of_a_model_that_trains_whole(self):
        folder = self.export("shared", k=2, train="all", shared=True)
        self.check(folder, "<GIST><GIST>")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
