#!/usr/bin/env bash
# Metaspace with prepend_scheme = "first" of tokenizers 0.23 puts no mark of a space before a text whose start a normalizer
# took away: "ab" and " ab" are the same text behind Strip, and get other tokens.
#
# "first" is to mark the first word of a text, and no text behind an added token. Which piece is the first it tells by the
# offset of its first character in the text as it was given. Where Strip or Replace removed what stood before that, the
# offset is not zero, and no piece is the first. "always" does not ask, and marks both alike. So a space before a text, which
# the normalizer is there to take away, still decides whether its first word is one that begins or one that goes on.
#
# Seen with tokenizers 0.23.3. Fails where that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tokenizers==0.23.3 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

MARK = "\u2581"
VOCABULARY = [MARK, "a", "b", "-"]
STRIP = normalizers.Strip(left=True, right=False)
REPLACE = normalizers.Replace(Regex("^-"), "")


def tokens_of(text, normalizer, scheme="first"):
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(VOCABULARY)}, merges=[]))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    normalized = normalizer.normalize_str(text) if normalizer is not None else text
    found = tokenizer.encode(text).tokens
    print(f"{text!r}, normalized {normalized!r} -> {found} (prepend_scheme {scheme})")
    return found


assert tokens_of("ab", None) == [MARK, "a", "b"] and tokens_of("-ab", None) == [MARK, "-", "a", "b"]
for normalizer, text in ((STRIP, " ab"), (REPLACE, "-ab")):
    assert normalizer.normalize_str(text) == normalizer.normalize_str("ab") == "ab"
    assert tokens_of("ab", normalizer) == [MARK, "a", "b"], "a text that keeps its start gets its mark"
    assert tokens_of(text, normalizer) == ["a", "b"], "one that loses its start gets none"
    assert tokens_of(text, normalizer, "always") == [MARK, "a", "b"], "always marks it"
print("as expected: a text whose start was removed has no first word")
PYTHON
