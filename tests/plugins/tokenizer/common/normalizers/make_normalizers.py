#!/usr/bin/env python3
"""Makes normalizers.json beside it: digests of what PyPI `tokenizers` makes of text, by normalizer.

Each normalizer gets every code point by itself, a plane at a time, and 10,000 random texts, a thousand at a time, of the
ranges in which forms, cases and marks lie. The generator of the texts is written down in normalizers_test.cpp too.
Usage: make_normalizers.py  (needs tokenizers 0.23.3).
"""

import hashlib
import json
import pathlib

import tokenizers

SPACE = "\u2581"
KINDS = {
    "NFC": {"type": "NFC"}, "NFD": {"type": "NFD"}, "NFKC": {"type": "NFKC"}, "NFKD": {"type": "NFKD"},
    "Lowercase": {"type": "Lowercase"}, "StripAccents": {"type": "StripAccents"}, "Nmt": {"type": "Nmt"},
    "Strip": {"type": "Strip", "strip_left": True, "strip_right": True},
    "StripLeft": {"type": "Strip", "strip_left": True, "strip_right": False},
    "StripRight": {"type": "Strip", "strip_left": False, "strip_right": True},
    "Prepend": {"type": "Prepend", "prepend": "x"},
    "ReplaceText": {"type": "Replace", "pattern": {"String": "\u0301e"}, "content": "(.)"},
    "ReplaceEscaped": {"type": "Replace", "pattern": {"Regex": "\\.\\n"}, "content": ""},
    "ReplaceRuns": {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": SPACE},
    "ReplaceWhiteSpace": {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
}  # fmt: skip
KINDS["WithoutAccents"] = {"type": "Sequence", "normalizers": [KINDS["NFD"], KINDS["Lowercase"], KINDS["StripAccents"]]}
KINDS["AsSentencePiece"] = {
    "type": "Sequence", "normalizers": [KINDS["Nmt"], KINDS["NFKC"], KINDS["ReplaceRuns"], KINDS["Strip"]]}  # fmt: skip
RANGES = [
    (0x20, 0x20), (0x20, 0x7E), (0x9, 0xD), (0xA0, 0x24F), (0x300, 0x345), (0x300, 0x36F), (0x370, 0x52F), (0x591, 0x5C7),
    (0x900, 0xDFF), (0xF71, 0xF84), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2100, 0x218F), (0x2460, 0x24FF),
    (0x3000, 0x33FF), (0xA640, 0xA7FF), (0xAC00, 0xACFF), (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE20, 0xFEFF),
    (0xFF00, 0xFFFD), (0x10400, 0x104FF), (0x10780, 0x107BF), (0x11080, 0x113FF), (0x1D15E, 0x1D1C0), (0x1D400, 0x1D7FF),
    (0x1E000, 0x1E08F), (0x2F800, 0x2FA1D), (0x65, 0x65), (0x301, 0x301),
]  # fmt: skip
TEXTS, TOGETHER = 10_000, 1000


def random_texts():
    state = 1

    def draw(below):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % below

    for _ in range(TEXTS):
        text = ""
        for _ in range(1 + draw(16)):
            first, last = RANGES[draw(len(RANGES))]
            text += chr(first + draw(last - first + 1))
        yield text


def planes():
    for plane in range(17):
        codes = range(plane * 0x10000, (plane + 1) * 0x10000)
        yield [chr(code) for code in codes if not 0xD800 <= code < 0xE000]


def digest(normalizer, texts):
    sha = hashlib.sha256()
    for text in texts:
        sha.update(normalizer.normalize_str(text).encode() + b"\0")
    return sha.hexdigest()[:16]


def main():
    texts = list(random_texts())
    document = {"tokenizers": tokenizers.__version__, "ranges": RANGES, "normalizers": {}}
    empty = {"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}
    for name, step in KINDS.items():
        normalizer = tokenizers.Tokenizer.from_str(json.dumps({**empty, "normalizer": step})).normalizer
        groups = [*planes(), *(texts[at : at + TOGETHER] for at in range(0, TEXTS, TOGETHER))]
        document["normalizers"][name] = {"step": step, "digests": [digest(normalizer, group) for group in groups]}
    text = json.dumps(document, separators=(",", ":")).replace('},"', '},\n"')
    pathlib.Path(__file__).with_name("normalizers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
