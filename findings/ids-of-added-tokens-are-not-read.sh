#!/usr/bin/env bash
# tokenizers 0.23 does not read the ids in `added_tokens` of tokenizer.json: tokens that the model lacks get the next free
# ids in the order of the list. A file whose list has a hole, or another order than its ids, is read without an exception,
# and the tokens get other ids than the file says; saving it again writes those.
#
# It meets those who add tokens to a model by hand and leave room for more, or append to the list: the rows of the embedding
# table are those of the file's ids. The Rust library has a log line for it, which the Python package does not show.
#
# Seen with tokenizers 0.23.3. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tokenizers==0.23.3 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import json

from tokenizers import Tokenizer, models


def ids_of(added):
    """A model of two tokens, and a file that says these ids of more: the ids that they get, and those of a second save."""
    file = json.loads(Tokenizer(models.BPE(vocab={"a": 0, "b": 1}, merges=[])).to_str())
    file["added_tokens"] = [dict(id=number, content=word, single_word=False, lstrip=False, rstrip=False,
                                 normalized=False, special=True) for word, number in added.items()]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    again = {token["content"]: token["id"] for token in json.loads(tokenizer.to_str())["added_tokens"]}
    found = {word: tokenizer.token_to_id(word) for word in added}
    print(f"the file says {added}: {found}, saved again {again}")
    assert again == found
    return found


assert ids_of({"<x>": 2, "<y>": 3}) == {"<x>": 2, "<y>": 3}, "without a hole and in order they are the file's"
assert ids_of({"<x>": 2, "<y>": 9}) == {"<x>": 2, "<y>": 3}, "a hole is closed"
assert ids_of({"<x>": 3, "<y>": 2}) == {"<x>": 2, "<y>": 3}, "the list's order counts"
print("as expected: the order of added_tokens decides, not its ids")
PYTHON
