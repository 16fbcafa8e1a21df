#!/usr/bin/env python3
"""Makes splits.json: random texts, and where PyPI `tokenizers` cuts them by the patterns of gpt-oss, Tekken and DeepSeek V3.

Usage: make_splits.py  (needs tokenizers 0.23.3). Of each pattern and text: the bytes of every piece.
"""

import json
import pathlib
import random

import tokenizers
from tokenizers import Regex
from tokenizers.pre_tokenizers import Sequence, Split

WORD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SPACE = r"\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {
    "gpt-oss": [
        rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{WORD}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{WORD}"
        rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACE}"
    ],
    "tekken": [
        rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
        rf"|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACE}"
    ],
    "deepseek-v3": [
        r"\p{N}{1,3}",
        "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
        r"[!" + '"' + r"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" + "\r\n" + r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+["
        + "\r\n]*|" + r"\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+",
    ],
}  # fmt: skip
# Of every category, at every edge of the patterns: letters of four kinds, marks, numbers, Han and kana with marks and
# punctuation among them, symbols, spaces, controls, what is not assigned.
PIECES = [
    "a", "b", "Z", "Q", "\u01c5", "\u02b0", "\u00aa", "\u05d0", "\u4e00", "\u9fa5", "\u9fa6", "\u3042", "\u30a2", "\u3099", "\u309b",
    "\u30a0", "\u30fb", "\u303f", "\u3041", "\u0301", "\u0903", "\u20dd", "1", "23", "4567", "\u00bd", "\u2167", "\u0663", "!", "'", "-",
    "/", "//", "^", "$", "\u00a7", "\u20ac", "\u2014", "\u00ab", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\u0000",
    "\u0007", "\ue000", "\u0378", "'s", "'S", "'\u017f", "'ll", "'RE", "'x", "camelCase", "HTTPServer", "\u00e9", "\u00c9", "\U0001f600",
    "\U00010400", "\U00010428", "\U00020000", ".foo", "#Bar", " (x)", "\u00df", "\u0130",
]  # fmt: skip


def main():
    draw = random.Random(7)
    texts = ["".join(draw.choices(PIECES, k=draw.randint(1, 14))) for _ in range(1500)]
    document = {"tokenizers": tokenizers.__version__, "texts": texts}
    for name, patterns in PATTERNS.items():
        splitter = Sequence([Split(Regex(pattern), "isolated") for pattern in patterns])
        document[name] = [[len(piece.encode()) for piece, _ in splitter.pre_tokenize_str(text)] for text in texts]
    (pathlib.Path(__file__).parent / "splits.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
