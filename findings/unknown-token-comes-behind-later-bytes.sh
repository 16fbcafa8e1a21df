#!/usr/bin/env bash
# BPE with byte_fallback and an unk_token in tokenizers 0.23 writes an unknown character behind the bytes of those that follow
# it: where U+6C34 has no token and U+00E9 has its bytes, the text of these two becomes <0xC3> <0xA9> <unk>.
#
# It needs a vocabulary with byte tokens for some bytes and not for all, as one gets that was cut down to what its texts hold.
# A character without all of its bytes becomes the unknown token, which is held back, so that fuse_unk can join it with the
# next. What ends the waiting is a character of the vocabulary or, without fuse_unk, a second unknown one; bytes do not. With
# fuse_unk two unknown characters are joined across the bytes between them. The offsets are counted up in the order of the
# tokens, so they are wrong too: the bytes point at the unknown character.
#
# Seen with tokenizers 0.23.3. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tokenizers==0.23.3 2>/dev/null
PYTHONIOENCODING=utf-8 "$folder/venv/bin/python" - <<'PYTHON'
from tokenizers import Tokenizer, models

WATER, ACUTE = "\u6c34", "\u00e9"
BYTES = [f"<0x{byte:02X}>" for byte in ACUTE.encode()]
VOCABULARY = ["<unk>", "a", *BYTES]


def read(text, fuse):
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(VOCABULARY)}, merges=[], unk_token="<unk>",
                                     fuse_unk=fuse, byte_fallback=True))
    encoded = tokenizer.encode(text)
    spans = [text[begin:end] for begin, end in encoded.offsets]
    print(f"{text} -> {encoded.tokens} of {spans} (fuse_unk {fuse})")
    return encoded.tokens, spans


for fuse in (False, True):
    assert read(WATER + "a", fuse) == (["<unk>", "a"], [WATER, "a"]), "before a character of the vocabulary it is in its place"
    assert read(ACUTE + WATER, fuse) == ([*BYTES, "<unk>"], [ACUTE, ACUTE, WATER]), "behind bytes too"
    tokens, spans = read(WATER + ACUTE + "a", fuse)
    assert tokens == [*BYTES, "<unk>", "a"], "before bytes it comes behind them"
    assert spans == [WATER, WATER, WATER + ACUTE, "a"], "the bytes of the second character point at the first"
assert read(WATER + ACUTE + WATER, False)[0] == [*BYTES, "<unk>", "<unk>"]
assert read(WATER + ACUTE + WATER, True)[0] == [*BYTES, "<unk>"], "two that are apart are joined"
print("as expected: bytes overtake an unknown token")
PYTHON
