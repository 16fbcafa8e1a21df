#!/usr/bin/env python3
"""Ends with 1 where packed sequences of Gistmill and of pack_corpus.py are not the same ids.

usage: compare_packed.py OURS THEIRS
"""
import json
import sys
from pathlib import Path

import h5py
import numpy
import pyarrow.parquet


def ours(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    length = manifest["max_seq_length"]
    for source in manifest["sources"]:
        with h5py.File(folder / source["shard"]) as file:
            yield file["train/input_ids"][:source["train"]["tokens"] // length]


def theirs(folder):
    for path in sorted(folder.rglob("*.parquet")):
        column = pyarrow.parquet.read_table(path)["input_ids"].combine_chunks()
        yield column.flatten().to_numpy().reshape(len(column), -1)


def main():
    left, right = list(ours(Path(sys.argv[1]))), list(theirs(Path(sys.argv[2])))
    same = len(left) == len(right) and all(numpy.array_equal(a, b) for a, b in zip(left, right))
    if not same or not left:
        sys.exit(f"{len(left)} and {len(right)} shards, which differ")


if __name__ == "__main__":
    main()
