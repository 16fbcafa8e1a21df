#!/usr/bin/env python3
"""Text files to token ids with document boundaries in HDF5, as datasets, tokenizers and h5py do it: what the row
`prepare` is held to.

usage: prepare_corpus.py TOKENIZER.json FOLDER TARGET.h5 PROCESSES

Each .txt file below FOLDER is a document, in order of their names; where there are .jsonl or .parquet files instead, each
line or row is one, by its `text`. TARGET gets /tokens uint16 [n] and
/documents/offset uint64 [d + 1]. Tokenizing is the library's fast batch call, with its own threads
(RAYON_NUM_THREADS) in one process: measured quicker here than processes of one thread each.
"""
import sys
from pathlib import Path

import datasets
import h5py
import numpy
from tokenizers import Tokenizer

BATCH = 256  # documents


def load(folder):
    for kind, suffix, options in (("json", "*.jsonl", {}), ("parquet", "*.parquet", {}),
                                  ("text", "*.txt", {"sample_by": "document"})):
        files = [str(path) for path in sorted(folder.rglob(suffix))]
        if files:
            return datasets.load_dataset(kind, data_files=files, split="train", **options)
    raise SystemExit(f"no documents below {folder}")


def main():
    tokenizer_path, folder, target = sys.argv[1:4]
    datasets.disable_progress_bars()
    tokenizer = Tokenizer.from_file(tokenizer_path)
    corpus = load(Path(folder))

    def encode(batch):
        encodings = tokenizer.encode_batch_fast(batch["text"], add_special_tokens=False)
        return {"ids": [numpy.array(encoding.ids, dtype=numpy.uint16) for encoding in encodings]}

    features = datasets.Features({"ids": datasets.List(datasets.Value("uint16"))})
    corpus = corpus.map(encode, batched=True, batch_size=BATCH, remove_columns=["text"], features=features)
    with h5py.File(target, "w") as file:
        columns = [batch["ids"].combine_chunks() for batch in corpus.with_format("arrow").iter(BATCH)]
        lengths = numpy.concatenate([column.value_lengths().to_numpy() for column in columns])
        offsets = numpy.concatenate([[0], numpy.cumsum(lengths)]).astype(numpy.uint64)
        file["documents/offset"] = offsets
        tokens = file.create_dataset("tokens", shape=(int(offsets[-1]),), dtype=numpy.uint16)
        begin = 0
        for column in columns:
            values = column.flatten().to_numpy()
            tokens[begin:begin + len(values)] = values
            begin += len(values)


if __name__ == "__main__":
    main()
