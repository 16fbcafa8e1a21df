#!/usr/bin/env bash
# transformers 5.24 reads a tokenizer.json whose model is Unigram as BPE without merges where tokenizer_config.json names
# LlamaTokenizer, GemmaTokenizer or GPT2Tokenizer: every piece longer than a character is never found again, and nothing is
# said. 4.57 keeps the file's model, as `tokenizers` does, and 5.24 with PreTrainedTokenizerFast or XLMRobertaTokenizer.
#
# It meets those who trained a SentencePiece model of the kind unigram for a model of the Llama architecture, as some
# Japanese ones are, and wrote the class that fits the architecture.
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

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
PIECES = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), (SPACE, -2.0), ("a", -1.0), ("b", -1.0), ("c", -1.0), ("ab", -9.0),
          ("bc", -1.0), (SPACE + "a", -2.5)]
BEST = [SPACE + "a", "bc"]  # -2.5 - 1.0; what the scores of the pieces say of "abc"

assert (transformers.__version__, tokenizers.__version__) == tuple(sys.argv[2:4])
tokenizer = Tokenizer(models.Unigram(PIECES, unk_id=0, byte_fallback=False))
tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
tokenizer.decoder = decoders.Metaspace()
assert tokenizer.encode("abc").tokens == BEST
new = transformers.__version__.startswith("5.")
for kind in ("LlamaTokenizer", "GemmaTokenizer", "GPT2Tokenizer", "XLMRobertaTokenizer", "PreTrainedTokenizerFast"):
    name = kind if new or kind.endswith("Fast") else kind + "Fast"  # as each version writes it
    where = os.path.join(sys.argv[1], f"{name}-{transformers.__version__}")
    os.makedirs(where)
    tokenizer.save(os.path.join(where, "tokenizer.json"))
    with open(os.path.join(where, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump(dict(tokenizer_class=name, unk_token="<unk>", bos_token="<s>", eos_token="</s>"), file)
    loaded = transformers.AutoTokenizer.from_pretrained(where)
    model = json.loads(loaded.backend_tokenizer.to_str())["model"]
    found = loaded.tokenize("abc")
    print(f"transformers {transformers.__version__}, {name}: {model['type']}, {found}")
    if new and kind in ("LlamaTokenizer", "GemmaTokenizer", "GPT2Tokenizer"):
        assert model["type"] == "BPE" and model["merges"] == [] and found[-3:] == ["a", "b", "c"]
    else:
        assert model["type"] == "Unigram" and found == BEST
PYTHON
read_with() {  # VERSION OF TRANSFORMERS, OF TOKENIZERS
  python3 -m venv "$folder/venv-$1"
  "$folder/venv-$1/bin/pip" install -q --no-compile "transformers==$1" "tokenizers==$2" 2>/dev/null
  HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv-$1/bin/python" "$folder/read.py" "$folder" "$1" "$2"
}
read_with 4.57.6 0.22.2
read_with 5.24.0 0.23.3
echo "as expected: in 5.24 some classes make BPE of Unigram"
