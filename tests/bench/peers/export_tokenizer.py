#!/usr/bin/env python3
"""Writes the tokenizer of a GGUF file as tokenizer.json.  usage: export_tokenizer.py MODEL.gguf TARGET.json"""
import os
import sys

from transformers import AutoTokenizer

folder, name = os.path.split(os.path.abspath(sys.argv[1]))
AutoTokenizer.from_pretrained(folder, gguf_file=name).backend_tokenizer.save(sys.argv[2])
