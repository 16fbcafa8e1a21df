#!/usr/bin/env bash
# tokenizers 0.23 and transformers 5.24 number a new token by how many tokens there are, not by the highest id. Where a
# vocabulary has holes, a new token gets the id of another one: both texts then have the same id, which decodes to the new
# one, and nothing is said. Saving and reading again changes nothing of it.
#
# It meets those who add tokens, such as gist tokens, to a model whose vocabulary skips ids, as some published ones do: the
# new token's row of the embedding table is that of a word.
#
# Seen with tokenizers 0.23.3 and transformers 5.24.0. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --no-compile transformers==5.24.0 tokenizers==0.23.3 2>/dev/null
HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import os
import sys

import tokenizers
import transformers
from tokenizers import Tokenizer, models

assert (transformers.__version__, tokenizers.__version__) == ("5.24.0", "0.23.3")
HOLES, FULL = {"a": 0, "b": 1, "c": 5, "d": 6}, {"a": 0, "b": 1, "c": 2, "d": 3}
NEW = ["<x>", "<y>", "<z>"]


def folder_of(vocabulary, name):
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder)
    Tokenizer(models.BPE(vocab=vocabulary, merges=[])).save(os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump(dict(tokenizer_class="PreTrainedTokenizerFast"), file)
    return folder


full = transformers.AutoTokenizer.from_pretrained(folder_of(FULL, "full"))
full.add_tokens(NEW)
assert full("cd" + "".join(NEW)).input_ids == [2, 3, 4, 5, 6], "without holes every token has an id of its own"

direct = Tokenizer(models.BPE(vocab=HOLES, merges=[]))
assert direct.add_tokens(NEW) == 3
holes = transformers.AutoTokenizer.from_pretrained(folder_of(HOLES, "holes"))
assert holes.add_tokens(NEW) == 3
holes.save_pretrained(os.path.join(sys.argv[1], "again"))
again = transformers.AutoTokenizer.from_pretrained(os.path.join(sys.argv[1], "again"))
for name, ids, text in (("tokenizers", direct.encode("cd" + "".join(NEW)).ids, direct.decode([5, 6])),
                        ("transformers", holes("cd" + "".join(NEW)).input_ids, holes.decode([5, 6])),
                        ("read again", again("cd" + "".join(NEW)).input_ids, again.decode([5, 6]))):
    print(f"{name}: c d <x> <y> <z> are {ids}; 5 and 6 are {text!r}")
    assert ids == [5, 6, 4, 5, 6] and "<y>" in text and "<z>" in text and "c" not in text
print("as expected: new tokens have the ids of others")
PYTHON
