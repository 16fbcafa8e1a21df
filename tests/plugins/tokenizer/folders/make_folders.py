#!/usr/bin/env python3
"""Makes expected/ and the SentencePiece models here: tokenizers as people have them, in many spellings, with the ids of
the reference. expected/bases.json has the texts and what each fixture gives by itself; each other file has the folders of
one kind: how one differs from its base, and the texts whose ids or decoding differ for that. What is empty is left out.

A folder is one of ../fixtures with a JSON patch, and small files beside it. Its ids are those of PyPI `tokenizers`
where tokenizer.json stands alone, and of transformers' AutoTokenizer where there are files beside it; then nothing is
decoded. Usage: make_folders.py  (needs transformers 5.24.0, tokenizers 0.23.3, sentencepiece 0.2.3, protobuf).
"""

import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

import sentencepiece
import tokenizers
import transformers
from configuration_cases import config_cases, patched_cases
from folder_cases import KINDS
from folder_parts import FIXTURES, HERE, SPACE, TEXTS, as_strings, patched
from other_file_cases import model_cases, vocabulary_cases
from transformers import AutoTokenizer

sys.path.insert(0, str(FIXTURES))
from make_tokenizers import TEXT  # noqa: E402

BASES = ("gpt2.json", "llama2.json", "llama2_metaspace.json", "llama3.json", "qwen2.json", "smollm.json")
MODELS = ("plain.model", "user.model")


def train_models():
    # In the folder itself: a model keeps the names that it was trained with.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        pathlib.Path("text").write_text(TEXT, encoding="utf-8")
        for name, more in (
            ("plain", {}),
            ("user", {"user_defined_symbols": ["[INST]", "[/INST]", SPACE + SPACE, "the mill"]}),
        ):
            sentencepiece.SentencePieceTrainer.train(
                input="text", model_prefix=name, vocab_size=460, model_type="bpe", minloglevel=2,
                byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                character_coverage=0.98, **more)  # fmt: skip
            shutil.copy(f"{name}.model", HERE / f"{name}.model")


def write_files(folder, files):
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        pathlib.Path(folder, name).write_text(text, encoding="utf-8")


def ids_of(tokenizer):
    return [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]


def alone(base, patch=(), roberta=False):
    """Of tokenizer.json, by `tokenizers`."""
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(patched(base, patch)))
    begin = [0] if roberta else tokenizer.encode("", add_special_tokens=True).ids
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    return {"begin": begin, "ids": ids, "decoded": [tokenizer.decode(row, skip_special_tokens=False) for row in ids]}


def in_a_folder(files, configuration=None, more=()):
    """Of a folder, by transformers; of what lies beside a file that nobody can read. The files as they were written too."""
    more = dict(more)
    if configuration is not None:
        more = {"tokenizer_config.json": configuration, **more}
    with tempfile.TemporaryDirectory() as folder:
        for file, source in files.items():
            shutil.copy(source, pathlib.Path(folder, file)) if isinstance(source, pathlib.Path) else write_files(
                folder, {file: source}
            )
        readable = {file: text for file, text in more.items() if file != "tokenizer.json"}
        write_files(folder, {"config.json": {"model_type": "llama"}, **readable})
        more = {file: text(folder) if callable(text) else text for file, text in more.items()}
        return {"files": more, "ids": ids_of(AutoTokenizer.from_pretrained(folder))}


def reference_of_bases():
    bases = {base: alone(base) for base in BASES}
    return bases | {model: {"begin": [], **in_a_folder({"tokenizer.model": HERE / model})} for model in MODELS}


def folders_of_kinds(bases):
    """Kind, name, folder."""
    for kind, cases in KINDS.items():
        for name, base, patch in cases():
            yield kind, name, {"base": base, "patch": patch}, alone(base, patch, name == "BeginTokenOfRoberta")
    for name, base, configuration, more in config_cases():
        yield "configurations", name, {"base": base}, in_a_folder({"tokenizer.json": FIXTURES / base}, configuration, more)
    for name, base, patch, configuration, more in patched_cases():
        got = in_a_folder({"tokenizer.json": patched(base, patch)}, configuration, more)
        yield "patches_and_configurations", name, {"base": base, "patch": patch}, got
    model = patched("gpt2.json", [])["model"]
    lines = "\n".join(["#version: 0.2", *as_strings(model["merges"])]) + "\n"
    for name, configuration, more in vocabulary_cases():
        got = in_a_folder({"vocab.json": model["vocab"], "merges.txt": lines}, configuration, more)
        yield "vocabularies_and_merges", name, {"vocabulary": "gpt2.json"}, got
    for name, file, configuration, more in model_cases():
        got = in_a_folder({"tokenizer.model": HERE / file}, configuration, more)
        yield "sentencepiece_models", name, {"model": file}, got


def difference(entry, got, base):
    """What the reference says that it does not say of the base."""
    described = {**entry, "files": got.get("files"), "begin": got.get("begin")}
    for what in ("ids", "decoded"):
        if what in got:
            described[what] = {text: row for text, row, known in zip(TEXTS, got[what], base[what]) if row != known}
    return {key: value for key, value in described.items() if value or (key == "files" and value is not None)}


def written(value, levels, indent=""):
    """JSON with a line for each member of the first levels."""
    parts = isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))
    if levels == 0 or not value or not parts:
        return json.dumps(value)
    if isinstance(value, list):
        lines = [written(one, 0) for one in value]
    else:
        lines = [f"{json.dumps(name)}: {written(one, levels - 1, indent + '  ')}" for name, one in value.items()]
    brackets = "[]" if isinstance(value, list) else "{}"
    inner = ",\n".join(indent + "  " + line for line in lines)
    return f"{brackets[0]}\n{inner}\n{indent}{brackets[1]}"


def write(name, document):
    (HERE / "expected" / f"{name}.json").write_text(written(document, 3) + "\n", encoding="utf-8")


def main():
    train_models()
    transformers.logging.set_verbosity_error()
    bases = reference_of_bases()
    versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    keyed = {
        base: {what: dict(zip(TEXTS, rows)) for what, rows in got.items() if what in ("ids", "decoded")}
        for base, got in bases.items()
    }
    write("bases", {"versions": versions, "texts": TEXTS, **keyed})
    kinds = {}
    for kind, name, entry, got in folders_of_kinds(bases):
        base = bases[entry.get("base") or entry.get("vocabulary") or entry["model"]]
        kinds.setdefault(kind, {})[name] = difference(entry, got, base)
    for kind, folders in kinds.items():
        write(kind, folders)


if __name__ == "__main__":
    main()
