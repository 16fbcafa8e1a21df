#!/usr/bin/env python3
"""Writes the tokenizer of SmolLM2's GGUF file as tokenizer.json.  usage: export_tokenizer.py MODEL.gguf TARGET.json

transformers takes the vocabulary and merges out of the file but not its pre-tokenizer, which splits digits off
first; without it the peer would make other ids.
"""
import os
import sys

from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoTokenizer

folder, name = os.path.split(os.path.abspath(sys.argv[1]))
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name).backend_tokenizer
tokenizer.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
tokenizer.save(sys.argv[2])
