#!/usr/bin/env python3
"""Microseconds that h5py takes for a window of tokens.  usage: read_windows.py FILE.h5 WINDOWS COUNT

WINDOWS: a line a window, document and first token. All are read once before; then the median over groups of a hundred
counts. Of h5py's two ways, slicing and read_direct into an array that is there, the quicker one is reported. Prints
JSON.
"""
import json
import statistics
import sys
import time

import h5py
import numpy


GROUP = 100


def microseconds(places, read):
    groups = []
    for at in range(0, len(places) - GROUP + 1, GROUP):
        begin = time.perf_counter()
        for place in places[at:at + GROUP]:
            read(place)
        groups.append((time.perf_counter() - begin) / GROUP * 1e6)
    return statistics.median(groups)


def main():
    path, windows, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with h5py.File(path) as file:
        offsets, tokens = file["documents/offset"][:].tolist(), file["tokens"]
        with open(windows, encoding="utf-8") as lines:
            places = [offsets[int(document)] + int(first) for document, first in (line.split() for line in lines)]
        total = sum(int(tokens[place:place + count].sum()) for place in places)
        kept = numpy.empty(count, tokens.dtype)
        ways = {"slice": lambda place: tokens[place:place + count],
                "read_direct": lambda place: tokens.read_direct(kept, numpy.s_[place:place + count])}
        taken = {way: microseconds(places, read) for way, read in ways.items()}
    best = min(taken, key=taken.get)
    print(json.dumps({"microseconds": taken[best], "way": best, "all": taken, "sum": total}))


if __name__ == "__main__":
    main()
