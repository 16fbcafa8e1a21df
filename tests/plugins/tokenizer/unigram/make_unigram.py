#!/usr/bin/env python3
"""Makes the Unigram tokenizers beside this file, and cases.json: texts, and the ids and texts that the library of each
file gives: PyPI `tokenizers` for *.json, `sentencepiece` for *.model (which takes special tokens as text always).

All are trained on the text of ../fixtures/make_tokenizers.py. Their map of characters is a small one, of rules that show
how it is followed. Usage: make_unigram.py [FOLDER]  (needs tokenizers 0.23.3, sentencepiece 0.2.3, transformers 5.24.0).
"""

import contextlib
import io
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers.utils import sentencepiece_model_pb2_new as model_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fixtures"))
from make_tokenizers import TEXT, random_text  # noqa: E402

HERE = pathlib.Path(__file__).parent
SPACE = "\u2581"

# What a map may do: to one, to many, to none; of one character, of several, of one that begins another.
RULES = {
    "\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r": " ", "\r\n": " ", "\u200b": "", "\u0001": "", "\u2581": " ",
    "\u2167": "VIII", "\u00bd": "1\u20442", "\u2026": "...", "\ufdfa": "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647",
    "\uff21": "A", "\uff22": "B", "\uff43": "c", "\u212b": "\u00e5", "\u1100\u1161": "\uac00", "\u00aa": "a",
    "e\u0301": "\u00e9", "u\u0308": "\u00fc", "a\u030a": "\u00e5", "\u0915\u093c": "\u0958", "\U0001d7d8": "0",
}  # fmt: skip


def trained_model(**options):
    """A SentencePiece model, trained in a folder of its own: a model keeps the names that it was trained with."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        lines = [f"{' '.join(f'{ord(c):X}' for c in old)}\t{' '.join(f'{ord(c):X}' for c in new)}\n" for old, new in RULES.items()]
        pathlib.Path("rules.tsv").write_text("".join(lines), encoding="utf-8")
        if options.pop("mapped"):
            options["normalization_rule_tsv"] = "rules.tsv"
        else:
            options["normalization_rule_name"] = "identity"
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for line in TEXT.split("\n") * 8 if line), model_writer=model, model_type="unigram",
            minloglevel=2, character_coverage=0.98, **options)  # fmt: skip
        return model.getvalue()


MODELS = {
    "mapped": {"mapped": True, "vocab_size": 210},
    "bytes": {"mapped": False, "vocab_size": 470, "byte_fallback": True, "remove_extra_whitespaces": False},
    "user": {"mapped": True, "vocab_size": 210, "user_defined_symbols": ["[INST]", "mill wheel", SPACE * 2, "\uff21\u200b"]},
    "bare": {"mapped": True, "vocab_size": 210, "add_dummy_prefix": False, "remove_extra_whitespaces": False},
}


def proto_of(model):
    proto = model_pb2.ModelProto()
    proto.ParseFromString(model)
    return proto


def unigram(proto, **options):
    return Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in proto.pieces], unk_id=0, **options))


def precompiled(proto):
    return normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)


def words(made):
    """As T5, mT5, XLM-R and Marian were converted."""
    proto = proto_of(made["mapped"])
    tokenizer = unigram(proto)
    tokenizer.normalizer = precompiled(proto)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def words_behind(made):
    tokenizer = words(made)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([metaspace, pre_tokenizers.WhitespaceSplit()])
    return tokenizer


def split(made):
    """As transformers 4 converted models with extra spaces removed."""
    proto = proto_of(made["mapped"])
    tokenizer = unigram(proto)
    collapse = normalizers.Replace(Regex(" {2,}"), SPACE)
    tokenizer.normalizer = normalizers.Sequence([precompiled(proto), normalizers.Strip(left=False, right=True), collapse])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_tokens([AddedToken("<tool>", normalized=True), AddedToken("caf\u00e9s", normalized=True)])
    return tokenizer


def llama(made):
    """As Llama's class converts a Unigram model: LLM-jp."""
    tokenizer = unigram(proto_of(made["bytes"]), byte_fallback=True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def saved(made):
    """As transformers 5 saves a SentencePiece model."""
    proto = proto_of(made["mapped"])
    tokenizer = unigram(proto)
    steps = [
        precompiled(proto), normalizers.Replace(Regex("\\A +| +\\z"), ""),
        normalizers.Replace(Regex(" {2,}"), " "), normalizers.Replace(" ", SPACE),
        normalizers.Replace(Regex("\\A" + SPACE), SPACE * 2),
    ]  # fmt: skip
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(prepend_scheme="always", split=False)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


def trained(_made):
    """By `tokenizers` itself: scores of 16 and more digits."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(vocab_size=400, show_progress=False, special_tokens=["<unk>"], unk_token="<unk>")
    tokenizer.train_from_iterator([line for line in TEXT.split("\n") if line], trainer)
    return tokenizer


FILES = (words, words_behind, split, llama, saved, trained)


def more_text(source):
    kinds = [lambda: random_text(source), lambda: source.choice(list(RULES)), lambda: source.choice(TEXT)]
    kinds += [lambda: source.choice(list(RULES)) + source.choice("\u0301\u0308\u200d\ufe0f\u0302\u0600\r\n")]
    kinds += [lambda: source.choice(["[INST]", "mill wheel", SPACE, "  ", "<unk>", "<s>", "<0x41>", "\uff21\u200b"])]
    return "".join(source.choice(kinds)() for _ in range(source.randrange(1, 9)))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    made = {name: trained_model(**options) for name, options in MODELS.items()}
    source = random.Random(14)
    texts = [line for line in TEXT.split("\n") if line] + ["", " ", "  a", "a <s> b", "\u3000", "\u200b", SPACE, "a\u200b"]
    texts += [more_text(source) for _ in range(200)]
    cases = {"texts": texts, "ids": {}, "ids_as_text": {}, "decoded": {}}
    for make in FILES:
        tokenizer = make(made)
        tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in ("<unk>", "<s>", "</s>")])
        name = f"{make.__name__}.json"
        (folder / name).write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
        tokenizer = Tokenizer.from_file(str(folder / name))
        cases["ids"][name] = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        cases["decoded"][name] = [tokenizer.decode(ids, skip_special_tokens=False) for ids in cases["ids"][name]]
        tokenizer.encode_special_tokens = True
        cases["ids_as_text"][name] = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    for name, model in made.items():
        (folder / f"{name}.model").write_bytes(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        cases["ids_as_text"][f"{name}.model"] = [processor.encode(text) for text in texts]
    (folder / "cases.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
