#!/usr/bin/env python3
"""Makes folders.json and the SentencePiece models beside it: tokenizers as people have them, in many spellings, with
the ids of the reference.

A folder is one of ../fixtures with a JSON patch, and small files beside it. Its ids are those of PyPI `tokenizers`
where tokenizer.json stands alone, and of transformers' AutoTokenizer where there are files beside it; `reference` says
which. Usage: make_folders.py  (needs transformers 5.24.0, tokenizers 0.23.3, sentencepiece 0.2.3, protobuf).
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
from folder_cases import config_cases, json_cases, patched_cases
from folder_parts import FIXTURES, HERE, SPACE, TEXTS, as_strings
from other_file_cases import model_cases, vocabulary_cases
from transformers import AutoTokenizer

sys.path.insert(0, str(FIXTURES))
from make_tokenizers import TEXT  # noqa: E402


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


def patched(base, patch):
    document = json.loads((FIXTURES / base).read_text())
    for step in patch:
        place, keys = document, step["path"].split("/")[1:]
        for key in keys[:-1]:
            place = place[int(key) if key.isdigit() else key]
        place[int(keys[-1]) if keys[-1].isdigit() else keys[-1]] = step["value"]
    return document


def write_files(folder, files):
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        pathlib.Path(folder, name).write_text(text, encoding="utf-8")


def ids_of(tokenizer):
    return [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]


def alone(name, base, patch):
    """Of tokenizer.json, by `tokenizers`."""
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(patched(base, patch)))
    begin = tokenizer.encode("", add_special_tokens=True).ids if name != "BeginTokenOfRoberta" else [0]
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    decoded = [tokenizer.decode(row, skip_special_tokens=False) for row in ids]
    return {"name": name, "reference": "tokenizers", "base": base, "patch": patch, "begin": begin, "ids": ids,
            "decoded": decoded}  # fmt: skip


def in_a_folder(name, files, configuration, more, entry):
    """Of a folder, by transformers; of what lies beside a file that nobody can read."""
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
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return {"name": name, "reference": "transformers", **entry, "files": more, "ids": ids_of(tokenizer)}


def main():
    train_models()
    transformers.logging.set_verbosity_error()
    folders = [alone(*case) for case in json_cases()]
    for name, base, configuration, more in config_cases():
        source = {"tokenizer.json": FIXTURES / base}
        folders.append(in_a_folder(name, source, configuration, more, {"base": base, "patch": []}))
    for name, base, patch, configuration, more in patched_cases():
        source = {"tokenizer.json": patched(base, patch)}
        folders.append(in_a_folder(name, source, configuration, more, {"base": base, "patch": patch}))
    model = patched("gpt2.json", [])["model"]
    lines = "\n".join(["#version: 0.2", *as_strings(model["merges"])]) + "\n"
    for name, configuration, more in vocabulary_cases():
        source = {"vocab.json": model["vocab"], "merges.txt": lines}
        folders.append(in_a_folder(name, source, configuration, more, {"vocabulary": "gpt2.json"}))
    for name, file, configuration, more in model_cases():
        folders.append(in_a_folder(name, {"tokenizer.model": HERE / file}, configuration, more, {"model": file}))
    document = {
        "versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__},
        "texts": TEXTS,
        "folders": folders,
    }
    lines = json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"')
    (HERE / "folders.json").write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
