#!/usr/bin/env python3
"""What `gistmill export` writes of a run with gist tokens, read by transformers: each held-out answer has the NLL that the
run measured, from ids that the exported tokenizer makes of text with <GIST> in it, under a mask made from the paper's words;
and what `gistmill generate` continues from the gist's cache is what transformers continues under that mask.

    export_test.py GISTMILL FOLDER

Needs torch, transformers and tokenizers; without them exit code 77, which ctest shows as skipped. The tests of models that
come as GGUF need GISTMILL_MODEL, and the package gguf.
"""

import json
import os
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

try:
    import gguf
except ImportError:
    gguf = None

PROGRAM, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
NOUNS = ["river", "bridge", "lamp", "garden", "letter", "window", "road", "table"]
END = 0
TOLERANCE = 2e-5  # f32, other kernels

RECIPE = """
[components]
texts     = {{ use = "dataset/instruction-texts", files = ["{folder}/samples.json"], validation = 0.4 }}
tokenizer = {{ use = "tokenizer/{tokenizer}", model = "{model}", special = false }}
pieces    = {{ use = "store/tokens" }}
samples   = {{ use = "dataset/instructions", corpus = "tokenize", gist_tokens = {k}, batch = 4, end = {end} }}
heldout   = {{ use = "dataset/instructions", corpus = "tokenize", gist_tokens = {k}, batch = 3, end = {end}, split = "validation", order = "sequential", repeat = false }}
mask      = {{ use = "transform/gist-mask" }}
gist      = {{ use = "gistnet/gist-token", k = {k}, shared = {shared} }}
teacher   = {{ use = "teacher/llama", model = "{model}", dtype = "f32", train = "{train}" }}
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


def make_sentencepiece_gguf(path):
    """A model of the shape of make_model's, with a vocabulary as Llama 2's: pieces merge by scores."""
    vocabulary = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + [(f"<0x{byte:02X}>", 6) for byte in range(256)]
    pieces, space = [], "\N{LOWER ONE EIGHTH BLOCK}"
    for text in [word for sample in samples() for value in sample.values() for word in value.split()] + ["Instruction:", "Output:"]:
        marked = space + text
        pieces += [marked[:end] for end in range(2, len(marked) + 1)]
    pieces += [space, *sorted({letter for piece in pieces for letter in piece} - {space})]
    pieces = list(dict.fromkeys(pieces))
    scores = [0.0] * len(vocabulary) + [-float(i) for i in range(len(pieces))]
    tokens, types = zip(*vocabulary, *((piece, 1) for piece in pieces))
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(256)
    writer.add_embedding_length(48)
    writer.add_block_count(3)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(12)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    torch.manual_seed(2)
    shapes = {"token_embd": (len(tokens), 48), "output_norm": (48,)}
    for layer in range(3):
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in {
            "attn_norm": (48,), "attn_q": (48, 48), "attn_k": (24, 48), "attn_v": (24, 48), "attn_output": (48, 48),
            "ffn_norm": (48,), "ffn_gate": (96, 48), "ffn_up": (96, 48), "ffn_down": (48, 96)}.items()}
    for name, shape in shapes.items():
        values = torch.ones(shape) if len(shape) == 1 else torch.randn(shape) * 0.15
        writer.add_tensor(name + ".weight", values.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gistmill(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def paper_mask(length, first, last):
    """0 where a row sees a column, else minus infinity: [1, 1, T, T]."""
    seen = torch.ones(length, length).tril().bool()
    seen[last + 1 :, :first] = False
    return torch.zeros(length, length).masked_fill(~seen, float("-inf"))[None, None]


class ExportTest(unittest.TestCase):
    def export(self, name, *, k=1, tied=True, train="none", shared=False, model=None, end=END, tokenizer="bpe"):
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if model is None:
            model = folder / "model"
            make_model(model, tied)
        (folder / "samples.json").write_text(json.dumps(samples()))
        trained = '["gist"]' if train == "none" else '["gist", "teacher"]'
        recipe = RECIPE.format(folder=folder, tokenizer=tokenizer, model=model, k=k, end=end, train=train, trained=trained, shared=str(shared).lower())
        (folder / "recipe.toml").write_text(recipe)
        gistmill("run", folder / "recipe.toml", "--folder", folder / "run")
        gistmill("export", folder / "run", folder / "exported")
        self.end = end
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "exported")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder / "exported", dtype=torch.float32,
                                                                       attn_implementation="eager").eval()
        tokens = json.loads((folder / "exported/trained_tokens.json").read_text())["tokens"]
        self.gist_ids = [token["id"] for token in tokens]
        own = Path(model) / "config.json"  # of GGUF the new ids say how many rows the table had
        self.rows = json.loads(own.read_text())["vocab_size"] if own.exists() else min(self.gist_ids)
        return folder

    def answer_nll(self, sample, gists):
        head = f"Instruction: {sample['instruction']}\n"
        rest = (f"\nInput: {sample['input']}" if sample["input"] else "") + "\nOutput:"
        prompt = self.tokenizer(head + gists + rest, add_special_tokens=False)["input_ids"]
        answer = self.tokenizer(" " + sample["output"], add_special_tokens=False)["input_ids"] + [self.end]
        places = [i for i, token in enumerate(prompt) if token in self.gist_ids]
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

    def masked_continuation(self, head, rest, most):
        """Greedy, every row under the gist mask, without any cache."""
        ids = self.tokenizer(head + rest, add_special_tokens=False)["input_ids"]
        places = [i for i, token in enumerate(ids) if token in self.gist_ids]
        found = []
        while len(found) < most:
            mask = paper_mask(len(ids), places[0], places[-1])
            with torch.no_grad():
                logits = self.model(torch.tensor([ids]), attention_mask=mask).logits[0, -1]
            token = logits.argmax().item()
            if token == self.end:
                break
            ids.append(token)
            found.append(token)
        return found

    def check_cache(self, folder, gists):
        model, cache = folder / "exported", folder / "prompt.gist"
        settings = ["--set", "teacher.dtype=f32"]
        for sample in samples()[:4]:
            head = f"Instruction: {sample['instruction']}\n{gists}"
            rest = (f"\nInput: {sample['input']}" if sample["input"] else "") + "\nOutput:"
            cache.unlink(missing_ok=True)
            gistmill("generate", model, *settings, "--prompt", head, "--save-gist-cache", cache)
            text = gistmill("generate", model, *settings, "--gist-cache", cache, "--prompt", rest, "--max-tokens", 8,
                            "--json")
            self.assertEqual(json.loads(text)["tokens"], self.masked_continuation(head, rest, 8))

    def test_one_gist_token_of_a_frozen_model(self):
        folder = self.export("one")
        self.assertEqual(self.tokenizer.tokenize("a<GIST>b"), ["a", "<GIST>", "b"])
        self.assertEqual(self.tokenizer.convert_tokens_to_ids("<GIST>"), self.model.config.vocab_size - 1)
        self.check(folder, "<GIST>")
        self.check_cache(folder, "<GIST>")

    def test_a_model_that_comes_as_gguf_gets_a_tokenizer_with_the_same_ids(self):
        model = os.environ.get("GISTMILL_MODEL")
        if not model:
            self.skipTest("no GISTMILL_MODEL")
        folder = self.export("gguf", k=2, model=model, end=2)
        self.check(folder, "<GIST_1><GIST_2>")
        self.check_cache(folder, "<GIST_1><GIST_2>")
        self.assertEqual(self.tokenizer.tokenize("a<GIST_2>b"), ["a", "<GIST_2>", "b"])
        root = Path(__file__).parents[3]
        files = [*sorted(root.glob("docs/*.md")), root / "tests/plugins/tokenizer/fixtures/cases.json", Path(__file__)]
        text = "\n".join(file.read_text() for file in files).replace("<GIST", "< GIST") + "<|im_start|>user\n 12 345\u00a0\u3000x<|im_end|>"
        (folder / "text").write_text(text)
        own = [int(word) for word in gistmill("tokenize", model, folder / "text").split()]
        self.assertGreater(len(own), 50_000)
        self.assertEqual(self.tokenizer(text, add_special_tokens=False)["input_ids"], own)
        self.assertEqual(self.tokenizer.decode(own), text)
        messages = [{"role": "user", "content": "Say river."}]
        self.assertIn("Say river.", self.tokenizer.apply_chat_template(messages, tokenize=False))

    def test_a_gguf_of_sentencepiece_gets_a_tokenizer_with_the_same_ids(self):
        if gguf is None:
            self.skipTest("no package gguf")
        model = FOLDER / "sentencepiece.gguf"
        FOLDER.mkdir(parents=True, exist_ok=True)
        make_sentencepiece_gguf(model)
        folder = self.export("sentencepiece", k=2, model=model, end=2, tokenizer="spm")
        self.assertEqual(len(self.gist_ids), 2)
        self.assertEqual(self.tokenizer("a<GIST_2>b", add_special_tokens=False)["input_ids"][2:3], self.gist_ids[1:])
        self.check(folder, "<GIST_1><GIST_2>")
        root = Path(__file__).parents[3]
        files = [*sorted(root.glob("docs/*.md")), root / "tests/plugins/tokenizer/fixtures/cases.json", Path(__file__)]
        text = "\n".join(file.read_text() for file in files).replace("<GIST", "< GIST")
        for special in ("<s>", "</s>", "<unk>"):  # behind each, as before all text, there is a space more
            text = text.replace(special, "")
        (folder / "text").write_text(text)
        own = [int(word) for word in gistmill("tokenize", model, folder / "text").split()]
        self.assertEqual(self.tokenizer(text, add_special_tokens=False)["input_ids"], own)
        self.assertEqual(self.tokenizer.decode(own), text)

    def test_three_gist_tokens_with_adapters_beside_a_head_of_its_own(self):
        folder = self.export("three", k=3, tied=False, train="lora")
        self.assertIn("<GIST_2>", self.tokenizer.all_special_tokens)
        self.check(folder, "<GIST_1><GIST_2><GIST_3>")
        self.check_cache(folder, "<GIST_1><GIST_2><GIST_3>")

    def test_one_shared_vector_of_a_model_that_trains_whole(self):
        folder = self.export("shared", k=2, train="all", shared=True)
        self.check(folder, "<GIST><GIST>")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
