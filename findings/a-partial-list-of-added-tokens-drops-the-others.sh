#!/usr/bin/env bash
# transformers 5.24 finds only those added tokens of a tokenizer.json that `added_tokens_decoder` in tokenizer_config.json
# lists too, for GPT2Tokenizer, Qwen2Tokenizer and other classes that build their tokenizer anew. The others are cut up as
# ordinary text, and nothing is said. 4.57 finds them all, as 5.24 does with the class PreTrainedTokenizerFast, or without
# the key.
#
# It meets those who add tokens of their own to a model and write a list of these alone: the model's chat marks are gone, and
# the new tokens have the ids of those.
#
# Seen with transformers 5.24.0 (tokenizers 0.23.3) and 4.57.6 (tokenizers 0.22.2). Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/read.py" <<'PYTHON'
import json
import os
import sys

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

PIECES = {"<": 0, "a": 1, "x": 2, "y": 3, ">": 4}
ADDED = {"<x>": 5, "<y>": 6}
BOTH, CUT_UP = [1, 5, 6], [1, 0, 2, 4, 5]  # of a<x><y>: both tokens, and <x> as its characters


def described(content):
    return dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)


def ids_of(kind, listed):
    """The ids of a<x><y>, where tokenizer.json has both tokens and added_tokens_decoder these; None: there is no such key."""
    name = f"{kind}-{'none' if listed is None else len(listed)}-{transformers.__version__}"
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder)
    tokenizer = Tokenizer(models.BPE(vocab=PIECES, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = [dict(id=number, **described(word)) for word, number in ADDED.items()]
    config = dict(tokenizer_class=kind)
    if listed is not None:
        config["added_tokens_decoder"] = {str(ADDED[word]): described(word) for word in listed}
    for file_name, content in (("tokenizer.json", file), ("tokenizer_config.json", config)):
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as out:
            json.dump(content, out)
    found = transformers.AutoTokenizer.from_pretrained(folder)("a<x><y>").input_ids
    print(f"transformers {transformers.__version__}, {kind}, listed {listed}: {found}")
    return found


assert (transformers.__version__, tokenizers.__version__) == tuple(sys.argv[2:4])
new = transformers.__version__.startswith("5.")
for kind in ("GPT2Tokenizer", "Qwen2Tokenizer", "PreTrainedTokenizerFast"):
    assert ids_of(kind, None) == BOTH, "without the list, those of tokenizer.json count"
    assert ids_of(kind, ["<x>", "<y>"]) == BOTH
    drops = new and kind != "PreTrainedTokenizerFast"
    assert ids_of(kind, ["<y>"]) == (CUT_UP if drops else BOTH)
PYTHON
read_with() {  # VERSION OF TRANSFORMERS, OF TOKENIZERS
  python3 -m venv "$folder/venv-$1"
  "$folder/venv-$1/bin/pip" install -q --no-compile "transformers==$1" "tokenizers==$2" 2>/dev/null
  HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv-$1/bin/python" "$folder/read.py" "$folder" "$1" "$2"
}
read_with 4.57.6 0.22.2
read_with 5.24.0 0.23.3
echo "as expected: in 5.24 a list of some added tokens drops the others"
