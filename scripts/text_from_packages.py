#!/usr/bin/env python3
"""Turns unpacked Debian packages into plain text: one .txt a chapter or section; or into tasks: one .jsonl a work.

Used by gistmill data fetch, for the readers that data/catalog.toml names; not a general converter. Standard library
only. Every reader drops what is not running prose (title pages, notes, citations, navigation), joins wrapped lines, and
leaves one paragraph a line with an empty line between paragraphs. Files are named WORK__PART.txt: a split by WORK holds
out whole works.

    text_from_packages.py novels|essays|tasks UNPACKED_PACKAGE OUTPUT_FOLDER
"""

import gzip
import hashlib
import json
import re
import struct
import sys
import zlib
from pathlib import Path

SHORTEST = 4500  # characters; about 1024 tokens of English, so that a document fills one training window


class Unreadable(Exception):
    """The package does not look as expected: another version, perhaps."""


LONGEST_VERSE = 8  # lines; longer indented blocks are letters, which are joined like other prose


def paragraphs(lines):
    """Joins wrapped lines; indented short lines (verse) stay lines of their own."""
    block = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            verse = len(block) <= LONGEST_VERSE and all(x.startswith("  ") and len(x.strip()) < 60 for x in block)
            yield ("\n" if verse else " ").join(x.strip() for x in block)
            block = []


def tidy(text):
    text = text.replace("\r\n", "\n").replace("\u00a0", " ").replace("\u200b", "")
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" *\n *", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


# ---- novels: r-cran-janeaustenr, R's lazy-load data base -----------------------------------------------------

TITLES = {
    "EMMA": "emma",
    "MANSFIELD PARK": "mansfield-park",
    "NORTHANGER ABBEY": "northanger-abbey",
    "PERSUASION": "persuasion",
    "PRIDE AND PREJUDICE": "pride-and-prejudice",
    "SENSE AND SENSIBILITY": "sense-and-sensibility",
}
R_HEADER = b"X\n"  # XDR serialization
R_STRINGS, R_CHARACTERS = 16, 9  # types of R's serialization format


def r_string_vectors(path):
    """The character vectors of an .rdb file, in its order. Each entry: u32 length (big endian), zlib data."""
    data = path.read_bytes()
    at = 0
    while at + 4 < len(data):
        inflate = zlib.decompressobj()
        try:
            entry = inflate.decompress(data[at + 4 :])
        except zlib.error as error:
            raise Unreadable(f"{path}: entry at byte {at}: {error}") from error
        if len(entry) != struct.unpack(">I", data[at : at + 4])[0] or not entry.startswith(R_HEADER):
            raise Unreadable(f"{path}: entry at byte {at} is not R data")
        at = len(data) - len(inflate.unused_data)
        yield r_strings(entry, path)


def r_strings(entry, path):
    """The strings of one entry: a header, then type and count, then type, length and bytes of each string."""
    at = 14
    if struct.unpack(">i", entry[2:6])[0] == 3:  # version 3 names its encoding at the header's end
        at += 4 + struct.unpack(">i", entry[14:18])[0]
    flags, count = struct.unpack(">Ii", entry[at : at + 8])
    if flags & 0xFF != R_STRINGS:
        raise Unreadable(f"{path}: R type {flags & 0xFF} where {R_STRINGS} (strings) was expected")
    at += 8
    strings = []
    for _ in range(count):
        flags, size = struct.unpack(">Ii", entry[at : at + 8])
        if flags & 0xFF != R_CHARACTERS:
            raise Unreadable(f"{path}: R type {flags & 0xFF} where {R_CHARACTERS} (characters) was expected")
        at += 8
        strings.append(entry[at : at + max(size, 0)].decode("utf-8"))  # size -1: a missing value
        at += max(size, 0)
    return strings


def novels(package):
    chapter = re.compile(r"\s*chapter\s+([ivxlc]+|\d+)\s*$", re.IGNORECASE)
    rule = re.compile(r"\s*(volume [ivx]+|\*[\s*]*|\[end volume .*|printed by .*|printers to .*|the edinburgh .*)$",
                      re.IGNORECASE)
    path = package / "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
    for lines in r_string_vectors(path):
        title = TITLES.get(lines[0].strip().upper())
        if title is None:
            raise Unreadable(f"{path}: unknown title {lines[0]!r}")
        starts = [i for i, line in enumerate(lines) if chapter.match(line)]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)]), 1):
            body = [line for line in lines[start + 1 : end] if not rule.match(line)]
            for i, line in enumerate(body):  # editors' notes follow the last chapter
                if re.match(r"\s*(the end|finis|a note on the text)\s*$", line, re.IGNORECASE):
                    body = body[:i]
                    break
            yield f"{title}__{number:02d}", "\n\n".join(paragraphs(body)).replace("_", "")


# ---- essays: anarchism, Markdown -----------------------------------------------------------------------------


def essays(package):
    """The sections A to J. The appendices repeat much of them, which would leak into held-out text."""
    folder = package / "usr/share/doc/anarchism/markdown"
    for path in sorted(folder.glob("sec*.md*")):
        name = re.fullmatch(r"sec([A-J])(\d+|int|con)\.md(\.gz)?", path.name)
        if not name:
            raise Unreadable(f"{path}: a name that is none of a section")
        data = path.read_bytes()
        text = (gzip.decompress(data) if name.group(3) else data).decode("utf-8")
        for number, part in enumerate(re.split(r"(?m)^#+ .*$", text)):
            yield f"section-{name.group(1).lower()}__{name.group(2)}-{number:02d}", markdown_text(part)


def markdown_text(text):
    text = re.sub(r"(?ms)^\[‹.*|^\[up\].*", "", text)  # links to the previous and next page
    text = re.sub(r"(?m)^[>\s]+$", "", re.sub(r"(?m)^> ?", "", text))  # quotations
    text = re.sub(r"\[([^\][]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*\*|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "", text)
    text = re.sub(r"\s*\[[^\][]*\b(p|pp|Op\. Cit|vol|no)\b[^\][]*\]", "", text)  # citations
    text = re.sub(r"\\([^\w\s])", r"\1", text)  # escapes: 1\. for a number that begins no list
    return "\n\n".join(paragraphs(re.sub(r" +([,.;:?!])", r"\1", line) for line in text.splitlines()))


# ---- tasks: what can be asked of a sentence and answered by a program ----------------------------------------

# The instruction decides the answer, so that a gist token that stands for it has something to carry. {n}, {word} and
# {new} are filled in.
NUMBERS = ["first", "second", "third", "fourth", "fifth"]
NEW_WORDS = ["lantern", "teapot", "ladder", "button", "violin", "pillow", "bridge", "candle"]
TASKS = [
    (["Repeat the text.", "Copy the text word for word.", "Say the text again."], lambda t: t.text),
    (["Write the text in capital letters.", "Make every letter of the text a capital."], lambda t: t.text.upper()),
    (["Write the text without capital letters.", "Make every letter small."], lambda t: t.text.lower()),
    (["Name the {n} word of the text.", "Which word is the {n} one?"], lambda t: t.words[t.n]),
    (["Name the last word of the text.", "With which word does the text end?"], lambda t: t.words[-1]),
    (["How many words has the text?", "Count the words."], lambda t: str(len(t.words))),
    (["Name the longest word of the text.", "Which word is the longest?"], lambda t: max(t.words, key=len)),
    (["Write the words in the opposite order.", "Say the words from the last to the first."],
     lambda t: " ".join(reversed(t.words))),
    (["Write the words in the order of the alphabet.", "Sort the words."],
     lambda t: " ".join(sorted(t.words, key=str.lower))),
    (["Leave the {n} word out.", "Write the text without its {n} word."],
     lambda t: " ".join(t.words[: t.n] + t.words[t.n + 1 :])),
    (["Write the first letter of each word.", "Make an abbreviation of the text."],
     lambda t: "".join(word[0].upper() for word in t.words)),
    (["Replace the word \"{word}\" by \"{new}\".", "Write {new} in place of {word}."],
     lambda t: " ".join(t.new if word == t.words[t.n] else word for word in t.words)),
    (["Put the word \"{new}\" in front of the text.", "Begin with the word {new}, then write the text."],
     lambda t: f"{t.new} {t.text}"),
    (["Write the first {count} words.", "How does the text begin? Give {count} words."],
     lambda t: " ".join(t.words[: t.n + 2])),
    (["Write a hyphen between the words in place of blanks.", "Join the words by hyphens."],
     lambda t: "-".join(t.words)),
    (["Is the text longer than ten words? Say yes or no.", "Say yes if there are more than ten words, else no."],
     lambda t: "yes" if len(t.words) > 10 else "no"),
]
TASKS_A_SENTENCE = 8  # so that the same text has different answers, and there are more than 52,000 samples


class Task:
    """One sentence, and what a number decides of it: the same sentence and number always give the same task."""

    def __init__(self, sentence, number):
        digest = hashlib.sha256(f"{number} {sentence}".encode()).digest()
        self.text = sentence
        self.words = re.findall(r"[A-Za-z']+", sentence)
        self.n = digest[0] % len(NUMBERS)
        self.new = NEW_WORDS[digest[1] % len(NEW_WORDS)]
        first = hashlib.sha256(sentence.encode()).digest()[0]
        wordings, self.answer = TASKS[(first + 5 * number) % len(TASKS)]  # 5: no task twice
        self.wording = wordings[digest[2] % len(wordings)]

    def sample(self):
        instruction = self.wording.format(n=NUMBERS[self.n], word=self.words[self.n], new=self.new, count=self.n + 2)
        return {"instruction": instruction, "input": self.text, "output": self.answer(self)}


def sentences(text):
    """Plain sentences of 6 to 20 words."""
    text = re.sub(r"\b(Mr|Mrs|Dr)\.", r"\1", text.replace("\n", " "))
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        sentence = re.sub(r"\s+", " ", sentence).strip()
        if re.fullmatch(r"[A-Z][A-Za-z',; ]*[.!?]", sentence) and 6 <= len(re.findall(r"[A-Za-z']+", sentence)) <= 20:
            yield sentence


def tasks(package):
    """Of the novels' sentences, JSON lines as Alpaca has its samples; a novel a file."""
    seen, works = set(), {}
    for name, text in novels(package):
        lines = works.setdefault(name.split("__")[0], [])
        for sentence in sentences(text):
            if sentence in seen:
                continue
            seen.add(sentence)
            lines += [json.dumps(Task(sentence, i).sample(), ensure_ascii=False) for i in range(TASKS_A_SENTENCE)]
    for name, lines in works.items():
        if lines:
            yield name, "\n".join(lines) + "\n"


READERS = {"novels": novels, "essays": essays}


def write_documents(kind, package, output):
    """Of prose: what is long enough, each text once. Gives the number of documents and their characters."""
    written, seen = 0, set()
    for name, text in READERS[kind](package):
        text = tidy(text)
        if len(text) < SHORTEST or text in seen:
            continue
        seen.add(text)
        (output / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
        written += len(text)
    return len(seen), written


def write_tasks(package, output):
    files, written = 0, 0
    for name, text in tasks(package):
        (output / f"{name}.jsonl").write_text(text, encoding="utf-8", newline="\n")
        files += 1
        written += len(text)
    return files, written


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in [*READERS, "tasks"]:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    kind, package, output = arguments[0], Path(arguments[1]), Path(arguments[2])
    output.mkdir(parents=True, exist_ok=True)
    try:
        count, written = write_tasks(package, output) if kind == "tasks" else write_documents(kind, package, output)
    except (Unreadable, OSError, ValueError, struct.error, zlib.error) as error:
        print(f"error: cannot read {package}: {error}", file=sys.stderr)
        return 1
    if count == 0:
        wanted = "sentence to make a task of" if kind == "tasks" else f"text of at least {SHORTEST} characters"
        print(f"error: {package} holds no {wanted}", file=sys.stderr)
        return 1
    print(f"{kind}: {count} documents, {written / 1e6:.1f} million characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
