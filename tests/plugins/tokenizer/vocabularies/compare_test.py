"""compare_test.py BENCH [--text FILE...] [--bytes N] [--random N]: every vocabulary in data/vocabularies gives the ids of
PyPI `tokenizers`, or of `sentencepiece` where it is a tokenizer.model, or is refused for the reason that
data/vocabularies.toml tells. Without --text the text is this
repository's own: prose, code, tables. Where that file names a pre-tokenizer of GGUF, so does a GGUF file of this
vocabulary, as llama.cpp's converter would write it. Exits 77 where there are no vocabularies, or no `tokenizers` (.venv-peers, or the
python that runs this); a tokenizer.model is left out where there is no `sentencepiece`."""

import argparse
import glob
import importlib.util
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import tomllib

PACKAGES = glob.glob(".venv-peers/lib/python3.*/site-packages")
sys.path[:0] = PACKAGES
FOLDER = pathlib.Path("data/vocabularies")
COMPARE = "tests/bench/tokenizer/compare_with_tokenizers.py"
TEXT = ("docs/*.md", "README.md", "recipes/**/*.toml", "host/**/*.cpp", "scripts/*", "tests/**/*.json")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def refusal(bench, model):
    """What the tokenizers say of a file that they do not take."""
    done = subprocess.run([bench, "encode", model], input=b"", capture_output=True)
    return done.stderr.decode(errors="replace") if done.returncode else None


def gguf_string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def write_gguf(document, pre, path):
    """The vocabulary of a tokenizer.json as GGUF of version 3 without tensors."""
    tokens = {id: (token, 1) for token, id in document["model"]["vocab"].items()}
    tokens |= {token["id"]: (token["content"], 3 if token["special"] else 4) for token in document["added_tokens"]}
    texts, types = zip(*(tokens[id] for id in range(len(tokens))))
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in document["model"]["merges"]]

    def array(name, kind, values, pack):
        return gguf_string(name) + struct.pack("<IIQ", 9, kind, len(values)) + b"".join(map(pack, values))

    words = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre}
    entries = [gguf_string(name) + struct.pack("<I", 8) + gguf_string(word) for name, word in words.items()]
    entries.append(array("tokenizer.ggml.tokens", 8, texts, gguf_string))
    entries.append(array("tokenizer.ggml.token_type", 5, types, lambda kind: struct.pack("<i", kind)))
    entries.append(array("tokenizer.ggml.merges", 8, merges, gguf_string))
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries))


def written(bench, model, folder):
    """The tokenizer.json that our side writes of a SentencePiece vocabulary."""
    subprocess.run([bench, "files", model, folder], check=True)
    return pathlib.Path(folder, "tokenizer.json")


def comparison(bench, model, gguf_name, arguments, writes=False):
    """The rows that compare_with_tokenizers.py prints. `tokenizers` knows no files beside tokenizer.json, so none is there
    for either. With a `gguf_name` our side reads GGUF; with `writes` theirs reads what ours wrote of the model."""
    path = os.pathsep.join([*PACKAGES, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    with tempfile.TemporaryDirectory() as folder:
        alone = pathlib.Path(folder, model.name)
        alone.symlink_to(model.resolve())
        command = [sys.executable, COMPARE, "--bench", bench, "--text", *arguments.text, "--bytes", str(arguments.bytes)]
        command += ["--random", str(arguments.random)]
        if writes:
            command += ["--peer", str(written(bench, alone, folder)), str(alone)]
        elif gguf_name:
            ours = pathlib.Path(folder, "vocabulary.gguf")
            write_gguf(json.loads(model.read_text()), gguf_name, ours)
            command += ["--peer", str(alone), str(ours)]
        else:
            command.append(str(alone))
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    if not done.stdout:
        sys.exit(f"{model}: {done.stderr}")
    return json.loads(done.stdout)


def differing(name, rows):
    for kind in ("text", "random", "random_as_text"):
        row = rows[kind]
        print(f"{name}: {kind}: {row['texts']} texts, {row['tokens']} tokens, {row['mismatches']} differ", flush=True)
        for example in row["examples"]:
            print("  ", example)
    return sum(rows[kind]["mismatches"] for kind in ("text", "random", "random_as_text"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--text", nargs="*", default=None)
    parser.add_argument("--bytes", type=int, default=2_000_000)
    parser.add_argument("--random", type=int, default=2000)
    arguments = parser.parse_args()
    if arguments.text is None:
        arguments.text = sorted(name for pattern in TEXT for name in glob.glob(pattern, recursive=True))
    with open("data/vocabularies.toml", "rb") as file:
        entries = tomllib.load(file)["vocabulary"]
    files = {name: FOLDER / name / ("tokenizer.model" if "member" in entries[name] else "tokenizer.json") for name in entries}
    there = {name: file for name, file in files.items() if file.exists()}
    if not there:
        skip(f"no vocabularies in {FOLDER}; scripts/fetch-vocabularies.sh fetches them")
    try:
        import tokenizers  # noqa: F401
    except ImportError:
        skip("no `tokenizers` in this Python; scripts/bench.sh installs it into .venv-peers")
    if importlib.util.find_spec("sentencepiece") is None:
        for name in [name for name, file in there.items() if file.name == "tokenizer.model"]:
            print(f"{name}: left out: no `sentencepiece` in this Python")
            del there[name]
    wrong = 0
    for name, model in there.items():
        said, expected = refusal(arguments.bench, model), entries[name].get("refused")
        if said is not None or expected is not None:
            right = said is not None and expected is not None and expected in said
            print(f"{name}: {'refused, as it should be' if right else 'WRONG: ' + str(said)}", flush=True)
            wrong += not right
            continue
        gguf_name = entries[name].get("gguf")
        for form in [None, gguf_name] if gguf_name else [None]:
            wrong += differing(f"{name} as GGUF" if form else name, comparison(arguments.bench, model, form, arguments))
        if entries[name].get("written"):
            wrong += differing(f"{name} as written", comparison(arguments.bench, model, None, arguments, writes=True))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
