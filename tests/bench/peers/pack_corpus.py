#!/usr/bin/env python3
"""JSON lines to packed sequences in Parquet, as tokenizers and pyarrow do it: what the row `pack` is held to.

usage: pack_corpus.py TOKENIZER.json FOLDER TARGET LENGTH

Each line of each .jsonl file below FOLDER is a document by its `text`. Their ids, one after the other, are cut every
LENGTH; what is left over is dropped. TARGET gets a Parquet file for each source, compressed with snappy, of columns
input_ids, attention_mask (ones) and labels, shifted by one, and manifest.json. Tokenizing is the library's fast batch
call with its own threads (RAYON_NUM_THREADS); ids are moved as arrays, not as lists of Python numbers.
"""
import json
import sys
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
from tokenizers import Tokenizer

BATCH = 256  # documents


def batches(path):
    texts = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            texts.append(json.loads(line)["text"])
            if len(texts) == BATCH:
                yield texts
                texts = []
    if texts:
        yield texts


def column(values, length):
    return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(values.reshape(-1)), length)


def pack(tokenizer, source, target, length):
    encoded = [numpy.array(encoding.ids, dtype=numpy.int32) for texts in batches(source)
               for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    ids = numpy.concatenate(encoded)
    sequences = len(ids) // length
    ids = ids[:sequences * length].reshape(sequences, length)
    labels = numpy.full_like(ids, -100)
    labels[:, :-1] = ids[:, 1:]
    table = pyarrow.table({"input_ids": column(ids, length), "attention_mask": column(numpy.ones_like(ids), length),
                           "labels": column(labels, length)})
    pyarrow.parquet.write_table(table, target, compression="snappy")
    return {"sequences": sequences, "samples": len(encoded), "tokens": sequences * length}


def main():
    tokenizer_path, folder, target, length = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    tokenizer = Tokenizer.from_file(tokenizer_path)
    target.mkdir(parents=True)
    splits = {}
    for source in sorted(folder.rglob("*.jsonl")):
        name = source.relative_to(folder).with_suffix(".parquet")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        splits[str(name)] = pack(tokenizer, source, target / name, length)
    (target / "manifest.json").write_text(json.dumps({"max_seq_length": length, "splits": splits}))


if __name__ == "__main__":
    main()
