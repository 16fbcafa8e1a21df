#!/usr/bin/env python3
"""Compares Gistmill's tokenizers with Hugging Face's `tokenizers`: every id, and the speed of one thread.

  compare_with_tokenizers.py --bench build/tests/tokenizer_bench --text FILE... [--random 100000] MODEL...

MODEL is a tokenizer.json, or a GGUF file of byte-level BPE, for which an equal tokenizer.json is made for the peer,
or a tokenizer.model, for which the peer is PyPI `sentencepiece`, which takes special tokens as text always.
Text is compared as it is and with special tokens as text; random strings come from all of Unicode. With --speed
SECONDS both encode the same text, one after the other, in this run. Prints JSON; ends with 1 where ids differ.
Needs PyPI `tokenizers`, `gguf` for GGUF files and `sentencepiece` for tokenizer.model.
"""

import argparse
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import types

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402

CHUNK = 1 << 16  # characters of a file that are encoded at once
ENGLISH = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"


def byte_level(use_regex):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def split(pattern):
    cut = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [cut, byte_level(False)]}


DIGITS = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level(True)]}
PRE_TOKENIZERS = {
    "gpt-2": byte_level(True),
    "starcoder": DIGITS,
    "smollm": DIGITS,
    "llama-bpe": split(ENGLISH + "\\p{N}{1,3}" + REST),
    "qwen2": split(ENGLISH + "\\p{N}" + REST),
}


def tokenizer_json_from_gguf(path):
    """The tokenizer of a GGUF file as tokenizer.json."""
    import gguf

    fields = {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items() if "tokenizer" in name}
    tokens, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": i, "content": token, "special": kind == 3, **flags}
        for i, (token, kind) in enumerate(zip(tokens, kinds))
        if kind in (3, 4)
    ]
    model = {"type": "BPE", "vocab": {token: i for i, token in enumerate(tokens)}}
    model["merges"] = fields["tokenizer.ggml.merges"]
    model["ignore_merges"] = fields["tokenizer.ggml.pre"] == "llama-bpe"
    pre_tokenizer = PRE_TOKENIZERS[fields["tokenizer.ggml.pre"]]
    document = {"version": "1.0", "added_tokens": added, "pre_tokenizer": pre_tokenizer, "model": model}
    document["decoder"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return json.dumps(document)


class SentencePiecePeer:
    """A SentencePiece model behind the interface of tokenizers.Tokenizer that is used here."""

    encode_special_tokens = True

    def __init__(self, model):
        import sentencepiece

        self.processor = sentencepiece.SentencePieceProcessor(model_file=model)

    def encode(self, text, add_special_tokens):
        assert not add_special_tokens
        return types.SimpleNamespace(ids=self.processor.encode(text))

    def get_added_tokens_decoder(self):
        return {}


def load_peer(model):
    start = open(model, "rb").read(4)
    if start[:1] == b"\n":
        return SentencePiecePeer(model)
    if start == b"GGUF":
        return tokenizers.Tokenizer.from_str(tokenizer_json_from_gguf(model))
    return tokenizers.Tokenizer.from_file(model)


def random_strings(count, peer, seed):
    """Strings of a few characters each from places where tokenizers differ."""
    source = random.Random(seed)
    special = [token.content for token in peer.get_added_tokens_decoder().values()] + ["<|", "<s", "|>"]
    words = ["don't", "I'LL", "we've", "'\u017f", "'", "hello", " world", "HTTPServer", "x_1", "__init__", "\u2581"]

    def code_point(low, high):
        code = source.randrange(low, high)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)

    kinds = [
        lambda: chr(source.randrange(0x20, 0x7F)),
        lambda: source.choice(words),
        lambda: source.choice(special),
        lambda: source.choice(" \t\n\r\v\f\x85\xa0\u2003\u3000\u2028\u200b\ufeff") * source.randrange(1, 5),
        lambda: "".join(source.choice("0123456789") for _ in range(source.randrange(1, 8))),
        lambda: code_point(0x300, 0x370),
        lambda: source.choice("aeiouAOUcn") + code_point(0x300, 0x345),
        lambda: code_point(0x80, 0x600),
        lambda: code_point(0x900, 0x1200),
        lambda: code_point(0x1100, 0x1200) + code_point(0x1160, 0x11FF),
        lambda: code_point(0x4E00, 0xA000),
        lambda: code_point(0xAC00, 0xD7A4),
        lambda: code_point(0xF900, 0xFB50),
        lambda: code_point(0x1F300, 0x1FB00) + source.choice(["", "\u200d", "\ufe0f"]),
        lambda: code_point(0xE000, 0xF900),
        lambda: code_point(0x10000, 0x20000),
        lambda: code_point(0, 0x110000),
    ]
    return ["".join(source.choice(kinds)() for _ in range(source.randrange(0, 24))) for _ in range(count)]


def chunks(files, limit):
    """Text of the files, at most `limit` bytes in all, in pieces."""
    for name in files:
        text = pathlib.Path(name).read_bytes().decode("utf-8", errors="replace")
        for start in range(0, len(text), CHUNK):
            piece = text[start : start + CHUNK]
            limit -= len(piece.encode())
            if limit < 0:
                return
            yield piece


def ours(bench, model, texts, as_text):
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answered:
        for text in texts:
            data = text.encode()
            given.write(struct.pack("<I", len(data)) + data)
        given.seek(0)
        command = [bench, "encode", model] + (["as-text"] if as_text else [])
        subprocess.run(command, stdin=given, stdout=answered, check=True)
        answered.seek(0)
        for _ in texts:
            (count,) = struct.unpack("<I", answered.read(4))
            yield list(struct.unpack(f"<{count}i", answered.read(4 * count)))


def compare(bench, model, peer, texts, as_text):
    as_text = as_text or isinstance(peer, SentencePiecePeer)
    peer.encode_special_tokens = as_text
    tokens, mismatches = 0, []
    for text, ids in zip(texts, ours(bench, model, texts, as_text)):
        expected = peer.encode(text, add_special_tokens=False).ids
        tokens += len(expected)
        if ids != expected:
            at = next((i for i, (a, b) in enumerate(zip(ids, expected)) if a != b), min(len(ids), len(expected)))
            mismatches.append({"text": text[:80], "at": at, "ours": ids[at : at + 8], "theirs": expected[at : at + 8]})
    return {"texts": len(texts), "bytes": sum(len(text.encode()) for text in texts), "tokens": tokens}, mismatches


def speed(bench, model, peer, seconds, text_files, limit):
    """MiB a second of processor time of both, on one thread and the same pieces: the best round of each."""
    pieces = list(chunks(text_files, limit))
    mib = sum(len(piece.encode()) for piece in pieces) / 2**20
    best, begun = float("inf"), time.process_time()
    while best == float("inf") or time.process_time() - begun < seconds:
        start = time.process_time()
        for piece in pieces:
            peer.encode(piece, add_special_tokens=False)
        best = min(best, time.process_time() - start)
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, piece in enumerate(pieces):
            names.append(os.path.join(folder, str(i)))
            pathlib.Path(names[-1]).write_bytes(piece.encode())
        output = subprocess.run([bench, "speed", model, str(seconds), *names], capture_output=True, check=True)
    ours_result = json.loads(output.stdout)
    theirs = mib / best
    return {
        "mib": round(mib, 2),
        "ours_mib_per_s": round(ours_result["mib_per_s"], 1),
        "ours_first_mib_per_s": round(ours_result["first_mib_per_s"], 1),
        "theirs_mib_per_s": round(theirs, 2),
        "ratio": round(ours_result["mib_per_s"] / theirs, 1),
        "first_ratio": round(ours_result["first_mib_per_s"] / theirs, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--text", nargs="*", default=[])
    parser.add_argument("--bytes", type=int, default=50_000_000, help="of text, at most")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--peer", metavar="FILE", help="what the peer reads in the place of MODEL")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    wrong = False
    for model in arguments.models:
        peer = load_peer(arguments.peer or model)
        result = {"model": model, "tokenizers": tokenizers.__version__}
        strings = random_strings(arguments.random, peer, arguments.seed)
        if isinstance(peer, SentencePiecePeer):  # for which a zero byte ends text
            strings = [text.replace("\0", "") for text in strings]
        sets = [("text", list(chunks(arguments.text, arguments.bytes)), False)]
        sets += [("random", strings, False), ("random_as_text", strings[: len(strings) // 4], True)]
        for name, texts, as_text in sets:
            if texts:
                result[name], mismatches = compare(arguments.bench, model, peer, texts, as_text)
                result[name]["mismatches"] = len(mismatches)
                result[name]["examples"] = mismatches[:5]
                wrong = wrong or bool(mismatches)
        if arguments.speed:
            peer.encode_special_tokens = False
            result["speed"] = speed(arguments.bench, model, peer, arguments.speed, arguments.text, arguments.bytes)
        print(json.dumps(result, ensure_ascii=True), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
