#!/usr/bin/env python3
"""The peer of the row `tokenize`: PyPI `tokenizers` on one thread.

  tokenize_text.py TOKENIZER_JSON IDS FILE...

Encodes the files in two passes, writes the ids of the second to IDS, and prints the seconds of both as JSON.
"""
import json
import os
import sys
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import numpy  # noqa: E402
import tokenizers  # noqa: E402


def main(tokenizer_json, ids_file, *files):
    tokenizer = tokenizers.Tokenizer.from_file(tokenizer_json)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [Path(file).read_bytes().decode() for file in files]
    measured = {}
    for name in ("first", "second"):
        processor, clock = time.process_time(), time.perf_counter()
        encoded = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
        measured[name] = {"processor": time.process_time() - processor, "clock": time.perf_counter() - clock}
    with open(ids_file, "wb") as out:
        for one in encoded:
            numpy.array(one.ids, dtype="<i4").tofile(out)
    print(json.dumps(measured))


if __name__ == "__main__":
    main(*sys.argv[1:])
