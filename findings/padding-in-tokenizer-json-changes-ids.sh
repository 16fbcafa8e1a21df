#!/usr/bin/env bash
# A `padding` block in tokenizer.json changes the ids of text in transformers 5.24, and not in tokenizers 0.23: the word that
# it names becomes a special token, which is cut out of texts before merges and left out when ids are decoded.
#
# The block says how batches are filled up, and is no part of what one text becomes; `tokenizers` reads it so. A file gets
# one as soon as enable_padding was called before save. Here the word is an ordinary entry of the vocabulary, not among
# added_tokens: `tokenizers` merges up to it only where merges lead there. AutoTokenizer takes it for the pad token, and a
# pad token for a special one. Both read the same file, and no message says that they differ.
#
# Seen with transformers 5.24.0, tokenizers 0.23.3. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q transformers==5.24.0 tokenizers==0.23.3
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - "$folder" 2>/dev/null <<'PYTHON'
import os
import sys

import transformers
from tokenizers import Tokenizer, models

TEXT = "ab<pad>b"
VOCABULARY = ["a", "b", "ab", "<", "p", "d", ">", "<pad>"]


def read(padded):
    """The same file through both: ids by tokenizers, ids by transformers, its special tokens, the decoded text."""
    folder = os.path.join(sys.argv[1], f"padded-{padded}")
    os.makedirs(folder)
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(VOCABULARY)}, merges=[("a", "b")]))
    if padded:
        tokenizer.enable_padding(pad_token="<pad>", pad_id=7)
    path = os.path.join(folder, "tokenizer.json")
    tokenizer.save(path)
    auto = transformers.AutoTokenizer.from_pretrained(folder)
    return (Tokenizer.from_file(path).encode(TEXT).ids, auto(TEXT).input_ids, auto.all_special_tokens,
            auto.decode([2, 7, 1], skip_special_tokens=True))


for padded in (False, True):
    plain, auto, special, decoded = read(padded)
    print(f"padding block {padded}: tokenizers {plain}, transformers {auto}, special {special}, decoded {decoded!r}")
    assert plain == [2, 3, 4, 0, 5, 6, 1], "tokenizers spells the word out, with and without the block"
    if padded:
        assert auto == [2, 7, 1], "transformers finds the word as one token"
        assert special == ["<pad>"] and "<pad>" not in decoded
    else:
        assert auto == plain and special == [] and "<pad>" in decoded
print("as expected: the block makes its word a special token, for transformers alone")
PYTHON
