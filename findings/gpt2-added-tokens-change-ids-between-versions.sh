#!/usr/bin/env bash
# One tokenizer.json of a GPT-2 tokenizer gives its added tokens other ids in transformers 5.24 than in 4.57, where their list
# is not in the order of their ids.
#
# 4.57 hands the file to `tokenizers`, which numbers the tokens in the order of the list and does not read their ids. For
# the class GPT2Tokenizer 5.24 takes the vocabulary out of the file, builds the tokenizer anew and adds the tokens sorted by
# id, so that they get the file's. With the class PreTrainedTokenizerFast it reads the very same file as 4.57 does. Who
# trained under one reads the rows of other tokens under the other; nothing is said in either. `tokenizers` writes
# the list in order, so it meets those who edit the file or write it with a program of their own.
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

ADDED = {"<y>": 3, "<x>": 2}


def ids_of(kind):
    """A folder whose tokenizer_config.json names this class: the ids of the added tokens, and those of a text."""
    folder = os.path.join(sys.argv[1], f"{kind}-{transformers.__version__}")
    os.makedirs(folder)
    tokenizer = Tokenizer(models.BPE(vocab={"a": 0, "b": 1}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = [dict(id=number, content=word, single_word=False, lstrip=False, rstrip=False,
                                 normalized=False, special=True) for word, number in ADDED.items()]
    config = dict(tokenizer_class=kind, bos_token="<x>", eos_token="<x>", unk_token="<x>")
    for name, content in (("tokenizer.json", file), ("tokenizer_config.json", config)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            json.dump(content, out)
    plain = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    auto = transformers.AutoTokenizer.from_pretrained(folder)
    found = {word: auto.convert_tokens_to_ids(word) for word in ADDED}
    print(f"transformers {transformers.__version__}, {kind}, the file says {ADDED}: {found}")
    assert {word: plain.token_to_id(word) for word in ADDED} == {"<y>": 2, "<x>": 3}, "tokenizers: the order of the list"
    assert auto("a<y><x>").input_ids == [0, found["<y>"], found["<x>"]]
    return found


assert (transformers.__version__, tokenizers.__version__) == tuple(sys.argv[2:4])
new = transformers.__version__.startswith("5.")
assert ids_of("GPT2Tokenizer") == ({"<y>": 3, "<x>": 2} if new else {"<y>": 2, "<x>": 3})
assert ids_of("PreTrainedTokenizerFast") == {"<y>": 2, "<x>": 3}, "without a class of its own: the list's order in both"
PYTHON
read_with() {  # VERSION OF TRANSFORMERS, OF TOKENIZERS
  python3 -m venv "$folder/venv-$1"
  "$folder/venv-$1/bin/pip" install -q --no-compile "transformers==$1" "tokenizers==$2" 2>/dev/null
  HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv-$1/bin/python" "$folder/read.py" "$folder" "$1" "$2"
}
read_with 4.57.6 0.22.2
read_with 5.24.0 0.23.3
echo "as expected: of these four only GPT2Tokenizer of 5.24 goes by the ids"
