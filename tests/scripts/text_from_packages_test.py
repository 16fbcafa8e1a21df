#!/usr/bin/env python3
"""What becomes of a package's text: made-up packages in, documents out."""

import gzip
import importlib.util
import io
import json
import struct
import sys
import tempfile
import unittest
import zlib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.dont_write_bytecode = True
SCRIPT = Path(__file__).resolve().parents[2] / "scripts/text_from_packages.py"
spec = importlib.util.spec_from_file_location("text_from_packages", SCRIPT)
converter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(converter)

SENTENCE = "It was a long evening, and nobody in the room wished it to be shorter than it was."
LONG = [SENTENCE] * (converter.SHORTEST // len(SENTENCE) + 1)


def r_entry(lines):
    """A character vector as R's lazy-load data base keeps it."""
    data = b"X\n" + struct.pack(">iiii", 3, 0x40201, 0x30500, 5) + b"UTF-8"
    data += struct.pack(">Ii", 16, len(lines))
    for line in lines:
        data += struct.pack(">Ii", 0x40009, len(line.encode())) + line.encode()
    return struct.pack(">I", len(data)) + zlib.compress(data)


class ConverterTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.package = Path(folder.name) / "package"
        self.output = Path(folder.name) / "text"

    def put(self, name, data):
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def convert(self, kind):
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = converter.main([kind, str(self.package), str(self.output)])
        texts = {path.name: path.read_text() for path in self.output.glob("*")}
        return status, said.getvalue(), texts

    def novels(self, *books):
        data = b"".join(r_entry(book) for book in books)
        self.put("usr/lib/R/site-library/janeaustenr/data/Rdata.rdb", data)
        return self.convert("novels")

    def essay(self, name, text):
        data = text.encode()
        self.put(f"usr/share/doc/anarchism/markdown/{name}", gzip.compress(data) if name.endswith(".gz") else data)

    def test_a_novel_becomes_a_file_a_chapter_without_its_title_page(self):
        status, _, texts = self.novels(
            ["EMMA", "", "By Jane Austen", "VOLUME I", "", "CHAPTER I", "", *LONG, "", "CHAPTER II", "", *LONG[1:], *LONG])
        self.assertEqual(status, 0)
        self.assertEqual(sorted(texts), ["emma__01.txt", "emma__02.txt"])
        self.assertEqual(texts["emma__01.txt"], " ".join(LONG) + "\n")

    def test_what_follows_the_end_of_a_novel_is_dropped(self):
        _, _, texts = self.novels(["PERSUASION", "Chapter 1", *LONG, "", "Finis", "", "A printer's note."])
        self.assertTrue(texts["persuasion__01.txt"].endswith("than it was.\n"))

    def test_verse_keeps_its_lines_and_letters_are_joined(self):
        verse = ["", "    A line of a poem,", "    and another.", ""]
        letter = ["", *["     a line of a letter"] * 9, ""]
        _, _, texts = self.novels(["EMMA", "CHAPTER I", *LONG, *verse, *letter])
        self.assertIn("\n\nA line of a poem,\nand another.\n\n", texts["emma__01.txt"])
        self.assertIn(" ".join(["a line of a letter"] * 9), texts["emma__01.txt"])

    def test_emphasis_marks_are_dropped(self):
        _, _, texts = self.novels(["EMMA", "CHAPTER I", *LONG, "", "_She_ was there."])
        self.assertIn("She was there.", texts["emma__01.txt"])

    def test_short_texts_and_second_copies_are_left_out(self):
        _, said, texts = self.novels(["EMMA", "CHAPTER I", *LONG, "CHAPTER II", *LONG, "CHAPTER III", "Short."])
        self.assertEqual(sorted(texts), ["emma__01.txt"])
        self.assertTrue(said.startswith("novels: 1 documents, 0.0 million characters"), said)

    def test_another_package_is_refused_in_words(self):
        status, said, texts = self.novels(["NOTES ON WHIST", "CHAPTER I", *LONG])
        self.assertEqual((status, texts), (1, {}))
        self.assertIn("unknown title 'NOTES ON WHIST'", said)
        self.put("usr/lib/R/site-library/janeaustenr/data/Rdata.rdb", b"\0\0\0\5nonsense")
        self.assertIn("entry at byte 0: ", self.convert("novels")[1])
        self.put("usr/lib/R/site-library/janeaustenr/data/Rdata.rdb", r_entry(LONG)[:-20])
        self.assertEqual(self.convert("novels")[0], 1)

    def test_a_package_without_its_text_is_refused_in_words(self):
        for kind in ("novels", "essays", "tasks"):
            status, said, _ = self.convert(kind)
            self.assertEqual(status, 1)
            self.assertTrue(said.startswith(f"error: "), said)

    def test_sentences_become_tasks_that_a_program_can_answer(self):
        book = r_entry(["EMMA", "CHAPTER I", *LONG[:2], "Too short."])
        self.put("usr/lib/R/site-library/janeaustenr/data/Rdata.rdb", book)
        status, said, texts = self.convert("tasks")
        self.assertEqual(status, 0)
        self.assertEqual(sorted(texts), ["emma.jsonl"])
        samples = [json.loads(line) for line in texts["emma.jsonl"].splitlines()]
        self.assertEqual(len(samples), converter.TASKS_A_SENTENCE, "a sentence counts once")
        self.assertEqual({sample["input"] for sample in samples}, {SENTENCE})
        self.assertGreater(len({sample["output"] for sample in samples}), 5, "the instruction decides")
        self.assertEqual(self.convert("tasks")[2], texts)
        self.assertTrue(said.startswith("tasks: 1 documents"), said)

    def test_every_task_has_its_answer(self):
        found = {}
        for number in range(3 * len(converter.TASKS)):
            task = converter.Task("The little dog saw a very large cat.", number)
            found[task.sample()["instruction"]] = task.sample()["output"]
        self.assertIn("The little dog saw a very large cat.", found.values())
        self.assertIn("THE LITTLE DOG SAW A VERY LARGE CAT.", found.values())
        self.assertIn("8", found.values())
        self.assertIn("cat large very a saw dog little The", found.values())
        self.assertIn("a cat dog large little saw The very", found.values())
        self.assertIn("TLDSAVLC", found.values())
        self.assertIn("no", found.values())
        for instruction, output in found.items():
            self.assertNotIn("{", instruction)
            if instruction.startswith("Replace the word"):
                _, old, _, new, _ = instruction.split('"')
                self.assertEqual(output, "The little dog saw a very large cat".replace(old, new))

    def test_titles_end_no_sentence(self):
        text = "It was to Mr. Weston that Mrs. Elton spoke first. He was not there at all, she said."
        self.assertEqual(list(converter.sentences(text)), ["It was to Mr Weston that Mrs Elton spoke first.",
                                                           "He was not there at all, she said."])

    def test_an_essay_becomes_a_file_a_heading(self):
        self.essay("secB2.md.gz", "# B.2 Why?\n" + "\n".join(LONG) + "\n## B.2.1 How?\n" + "\n".join(LONG[1:] + LONG))
        status, _, texts = self.convert("essays")
        self.assertEqual(status, 0)
        self.assertEqual(sorted(texts), ["section-b__2-01.txt", "section-b__2-02.txt"])
        self.assertEqual(texts["section-b__2-01.txt"], " ".join(LONG) + "\n")

    def test_markup_citations_and_navigation_are_dropped(self):
        self.essay("secA1.md", "\n".join(LONG) + """

> _"A quotation, **strong** ."_ [Author, **A Book** , p. 12] See [section
> B](secB.md#b1) (or [this page](x.md)) and snake_case stays [sic].

1\\. First.

[‹ A.0](secA0.md "Go to previous page") [up](index.md
"Go to parent page")
""")
        (text,) = self.convert("essays")[2].values()
        self.assertIn('\n\n"A quotation, strong." See section B (or this page) and snake_case stays [sic].\n\n1. First.\n',
                      text)
        self.assertNotIn("Go to", text)

    def test_a_wrong_call_shows_the_usage(self):
        said = io.StringIO()
        with redirect_stderr(said):
            self.assertEqual(converter.main(["poems", "a", "b"]), 2)
        self.assertIn("text_from_packages.py novels|essays", said.getvalue())


if __name__ == "__main__":
    unittest.main()
