#!/usr/bin/env python3
"""Makes conjunct_consonants.inc and newer_marks.inc: what graphemes.cpp needs to know beyond utf8proc.

PyPI `tokenizers` shows its grapheme clusters through Precompiled alone: of a cluster of less than 6 bytes it keeps what the
first mapped beginning becomes. With SentencePiece's map nmt_nfkc, U+00AA and U+0958 lose what extends them; behind a
consonant and a linker U+0958 is no beginning, and loses nothing.
Usage: make_grapheme_ranges.py  (needs tokenizers 0.23.3, sentencepiece 0.2.3, transformers 5.24.0, libutf8proc 2.8).
"""

import ctypes
import io
import pathlib
import textwrap

import sentencepiece
from tokenizers import normalizers
from transformers.utils import sentencepiece_model_pb2_new as model_pb2

HERE = pathlib.Path(__file__).parent
CODES = [code for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]


def nmt_nfkc():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"] * 9), model_writer=model, vocab_size=7, minloglevel=2)  # fmt: skip
    proto = model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap).normalize_str


def extends_to_utf8proc(library, code):
    """Whether it may stand between a picture and the joiner behind it."""
    state, breaks = ctypes.c_int32(0), True
    for left, right in ((0x1F600, code), (code, 0x200D), (0x200D, 0x1F600)):
        breaks = library.utf8proc_grapheme_break_stateful(left, right, ctypes.byref(state))
    return not breaks


def written(codes):
    ranges = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    text = ", ".join(f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges) + ","
    return "\n".join(textwrap.wrap(text, 108, break_long_words=False)) + "\n"


def main():
    map_of = nmt_nfkc()
    library = ctypes.CDLL("libutf8proc.so.2")
    library.utf8proc_grapheme_break_stateful.restype = ctypes.c_bool

    def keeps_mark(text):
        return map_of(text + "\u0958\u0301").endswith("\u0301")

    consonants = [code for code in CODES if keeps_mark(f"a{chr(code)}\u094d")]
    known = set(consonants)

    def is_newer_mark(code):
        if keeps_mark(f"\u0915{chr(code)}\u094d") and code not in known:
            return not extends_to_utf8proc(library, code)
        gone = code < 0x10000 and map_of(chr(code)) == chr(code) and map_of("\u00aa" + chr(code)) == "a"
        return gone and library.utf8proc_grapheme_break_stateful(0xAA, code, ctypes.byref(ctypes.c_int32(0)))

    joiner = 0x200D  # the one that joins pictures
    marks = [code for code in CODES if code != joiner and is_newer_mark(code)]
    (HERE / "conjunct_consonants.inc").write_text(written(consonants), encoding="utf-8")
    (HERE / "newer_marks.inc").write_text(written(marks), encoding="utf-8")


if __name__ == "__main__":
    main()
