#!/usr/bin/env python3
"""Fails where two prepared files do not hold the same documents, in whatever order.  usage: compare_corpora.py A B"""
import sys
from collections import Counter

import h5py


def documents(path):
    with h5py.File(path) as file:
        tokens, offsets = file["tokens"][:], file["documents/offset"][:]
    return Counter(tokens[begin:end].astype("uint32").tobytes() for begin, end in zip(offsets, offsets[1:]))


ours, theirs = (documents(path) for path in sys.argv[1:3])
if ours != theirs:
    sys.exit(f"{(ours - theirs).total()} of {ours.total()} documents are not among the other's {theirs.total()}")
