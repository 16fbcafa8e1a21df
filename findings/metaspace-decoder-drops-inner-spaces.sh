#!/usr/bin/env bash
# The Metaspace decoder of tokenizers 0.23 drops every mark of a space in the first token, not only the one that stands for
# the text's begin: "a b", which is one token of the vocabulary, is decoded to "ab".
#
# Metaspace writes U+2581 for spaces and puts one before a text; decoding takes that one out again. With split = False, as
# vocabularies have it whose tokens may span words, a token can hold several. In any other place of a text the same token
# keeps its inner space, and with prepend_scheme = "never" it does so in the first place too. So the first words of an
# answer may be written together, and encoding what was decoded gives other ids.
#
# Seen with tokenizers 0.23.3. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tokenizers==0.23.3 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

MARK = "\u2581"
VOCABULARY = [MARK, "a", "b", MARK + "a", MARK + "b", MARK + "a" + MARK + "b"]
MERGES = [(MARK, "a"), (MARK, "b"), (MARK + "a", MARK + "b")]


def both_ways(text, scheme):
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(VOCABULARY)}, merges=MERGES))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=False)
    encoded = tokenizer.encode(text)
    decoded = tokenizer.decode(encoded.ids)
    print(f"{text!r} -> {encoded.tokens} -> {decoded!r} (prepend_scheme {scheme})")
    return encoded.tokens, decoded


assert both_ways("a b", "always") == ([MARK + "a" + MARK + "b"], "ab"), "the space within the first token is gone"
tokens, decoded = both_ways("a b a b", "always")
assert len(tokens) == 2 and decoded == "ab a b", "the same token behind it keeps its space"
assert both_ways(" a b", "never") == ([MARK + "a" + MARK + "b"], " a b"), "without a mark before the text none is taken out"
print("as expected: every mark of the first token is taken out")
PYTHON
