#!/usr/bin/env python3
"""Exports a label file of focus to Parquet: a row for each swap that was measured. Needs the packages h5py and pyarrow.

usage: scripts/labels-to-parquet.py LABELS.h5 TABLE.parquet

Columns: session (number), name, cursor, budget, base_loss (nats a token), entry (index in its context), level, start, residency,
last_action, direction (1 expand, -1 collapse), utility_nll, utility_kl (nats a token that the swap gains; null: not measured). What
is the same for all rows (format, teacher, gistnet, corpus, block, horizon, position, digest) is in the table's metadata.
docs/label-file.md describes the label file. The table appears whole or not at all.
"""
import argparse
import os
import sys

FORMAT, VERSION = "gistmill-focus-labels", 1


def text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read_rows(file, np):
    """Columns of all measured swaps, each an array."""
    counts = file["snapshot/entries"][:].astype(np.int64)
    snapshot = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    utilities = {kind: file[f"entry/utility_{kind}"][:] for kind in ("nll", "kl")}
    measured = np.argwhere(~np.isnan(utilities["nll"]) | ~np.isnan(utilities["kl"]))
    entry, direction = measured[:, 0], measured[:, 1]
    owner = snapshot[entry]
    session = file["snapshot/session"][:][owner]
    columns = {"session": file["session/number"][:][session], "name": [text(name) for name in file["session/name"][:][session]]}
    columns |= {key: file[f"snapshot/{key}"][:][owner] for key in ("cursor", "budget", "base_loss")}
    columns["entry"] = (entry - first[owner]).astype(np.int32)
    columns |= {key: file[f"entry/{key}"][:][entry] for key in ("level", "start", "residency", "last_action")}
    columns["direction"] = np.where(direction == 0, 1, -1).astype(np.int8)
    columns |= {f"utility_{kind}": values[entry, direction] for kind, values in utilities.items()}
    return columns


def export(source, target):
    import h5py
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    with h5py.File(source, "r") as file:
        attributes = {key: text(value) for key, value in file.attrs.items()}
        if attributes.get("format") != FORMAT or attributes.get("version") != str(VERSION):
            raise ValueError(f"{source}: is '{attributes.get('format', 'no format')}' version {attributes.get('version', '-')} when it "
                             f"should be '{FORMAT}' version {VERSION}")
        columns = read_rows(file, np)
    table = pa.table({key: pa.array(values, from_pandas=True) for key, values in columns.items()})  # NaN becomes null
    partial = f"{target}.partial-{os.getpid()}"
    try:
        pq.write_table(table.replace_schema_metadata(attributes), partial)
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.remove(partial)
    return table.num_rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("labels", help="a file that store/focus-labels wrote")
    parser.add_argument("table", help="the Parquet file to write")
    arguments = parser.parse_args()
    try:
        print(f"{export(arguments.labels, arguments.table)} swaps in {arguments.table}")
    except ImportError as error:
        sys.exit(f"error: {error}; install the packages h5py and pyarrow")
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
