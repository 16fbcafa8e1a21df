#!/usr/bin/env python3
"""Text files as records of one file, each {"text": ...}, in order of their names.

usage: write_records.py FOLDER TARGET.jsonl|TARGET.parquet
"""
import sys
from pathlib import Path

import datasets


def main():
    folder, target = Path(sys.argv[1]), sys.argv[2]
    texts = [path.read_text(encoding="utf-8-sig") for path in sorted(folder.rglob("*.txt"))]
    corpus = datasets.Dataset.from_dict({"text": texts})
    corpus.to_parquet(target) if target.endswith(".parquet") else corpus.to_json(target, force_ascii=False)


if __name__ == "__main__":
    main()
