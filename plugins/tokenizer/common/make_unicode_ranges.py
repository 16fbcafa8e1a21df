#!/usr/bin/env python3
"""Writes unicode_ranges.inc, unicode_categories.inc, word_ranges.inc, nfc_inert.inc, nfc_classes.inc,
decomposition_inert.inc, lowercase.inc and marks.inc: what Hugging Face's `tokenizers` knows of characters, asked of the
package itself.

Its regular expressions, its Digits pre-tokenizer and its normalizers follow different versions of Unicode, which no
table of one version reproduces. Usage: make_unicode_ranges.py  (needs PyPI `tokenizers` and `unicodedata2`).
"""

import pathlib

import tokenizers
import unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).parent
CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def matches(pattern):
    """A function that says whether the pattern matches a character."""
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return lambda character: not split.pre_tokenize_str(character)


def is_digit():
    digits = pre_tokenizers.Digits(individual_digits=True)
    return lambda character: len(digits.pre_tokenize_str(character * 2)) == 2


def class_ranges():
    letter, number, space, digit = matches(r"\p{L}"), matches(r"\p{N}"), matches(r"\s"), is_digit()

    def class_of(character):
        if space(character):
            return "kSpace"
        if letter(character):
            return "kLetter"
        if number(character):
            assert digit(character), ascii(character)
            return "kNumber"
        return "kNewNumber" if digit(character) else None

    return ranges_of(class_of)


def ranges_of(kind_of):
    """[first, last, kind] of neighbors of one kind; characters of kind None are left out."""
    ranges = []
    for code in CODES:
        kind = kind_of(chr(code))
        if kind is None:
            continue
        if ranges and ranges[-1][2] == kind and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, kind])
    return ranges


def category_ranges():
    """What the finer patterns tell apart; a character has one of these, or none."""
    kinds = {
        "kUpper": matches(r"[\p{Lu}\p{Lt}]"),
        "kLower": matches(r"\p{Ll}"),
        "kCaseless": matches(r"[\p{Lm}\p{Lo}]"),
        "kMark": matches(r"\p{M}"),
        "kNumber": matches(r"\p{N}"),
        "kPunctuation": matches(r"\p{P}"),
        "kSymbol": matches(r"\p{S}"),
        "kSpace": matches(r"\s"),
    }
    return ranges_of(lambda character: next((kind for kind, match in kinds.items() if match(character)), None))


def word_ranges():
    """Beside which an added token with single_word is not found."""
    token = "\ue000"
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.add_tokens([tokenizers.AddedToken(token, single_word=True, normalized=False)])

    def kind_of(character):
        before, behind = (not tokenizer.encode(text).ids for text in (character + token, token + character))
        assert before == behind or character == token
        return "word" if before and behind else None

    return ranges_of(kind_of)


def nfc_inert():
    """Characters that compose, decompose or change places by now, but not yet to the package."""
    theirs, now = normalizers.NFC().normalize_str, lambda text: unicodedata2.normalize("NFC", text)
    inert, composes = set(), set()
    for code in CODES:
        character = chr(code)
        # Alone, before a mark of the lowest class, after one of the highest: whatever class a character has, it would
        # change places with one of the two.
        for text in (character, "a" + character + "\u0334", "a\u0345" + character):
            if theirs(text) != now(text):
                inert.add(code)
        parts = unicodedata2.normalize("NFD", character)
        if len(parts) > 1 and theirs(parts) == character:
            composes.update(map(ord, parts))
    for code in CODES:
        parts = unicodedata2.normalize("NFD", chr(code))
        if len(parts) > 1 and now(parts) == chr(code) and theirs(parts) != chr(code):
            new = [ord(part) for part in parts if ord(part) not in composes]
            assert new, hex(code)
            inert.update(new)
    return inert


def nfc_classes(inert):
    """kInert; kChanges for characters that form C may take away: they decompose for good, or compose with what stands
    before; the combining class of the other marks."""
    theirs = normalizers.NFC().normalize_str
    changes = {code for code in CODES if theirs(chr(code)) != chr(code)}
    for code in CODES:
        parts = unicodedata2.normalize("NFD", chr(code))
        if len(parts) > 1 and theirs(parts) == chr(code):
            changes.update(map(ord, parts[1:]))

    def class_of(character):
        if ord(character) in inert:
            return "kInert"
        return "kChanges" if ord(character) in changes else str(unicodedata2.combining(character) or "") or None

    return ranges_of(class_of)


def decomposition_inert():
    """Characters that are more than one, or another, by now, but not yet to the package."""
    theirs = normalizers.NFKD().normalize_str
    return {code for code in CODES if theirs(chr(code)) != unicodedata2.normalize("NFKD", chr(code))}


def lowercase():
    """How far the lowercase letter lies from its capital; none where it is two characters (U+0130)."""
    lower = normalizers.Lowercase().normalize_str

    def distance(character):
        other = lower(character)
        return ord(other) - ord(character) if len(other) == 1 and other != character else None

    return ranges_of(distance)


def marks():
    """What StripAccents removes."""
    strip = normalizers.StripAccents().normalize_str
    return ranges_of(lambda character: "mark" if not strip(character) else None)


def write(name, comment, entries):
    lines, line = [], ""
    for entry in entries:
        if len(line) + 1 + len(entry) > 110:
            lines.append(line)
            line = ""
        line += (" " if line else "") + entry
    head = f"// Generated by make_unicode_ranges.py with tokenizers {tokenizers.__version__}. Not to be edited.\n"
    (FOLDER / name).write_text(head + f"// {comment}\n" + "\n".join(lines + [line]) + "\n")


def write_categories():
    write(
        "unicode_categories.inc",
        "{first, last, category}; everything else is kOther.",
        [f"{{0x{first:X}, 0x{last:X}, {kind}}}," for first, last, kind in category_ranges()],
    )


def write_nfc_classes(inert):
    write(
        "nfc_classes.inc",
        "{first, last, combining class or kInert or kChanges}; everything else is 0.",
        [f"{{0x{first:X}, 0x{last:X}, {kind}}}," for first, last, kind in nfc_classes(inert)],
    )


def main():
    write_categories()
    write(
        "word_ranges.inc",
        "{first, last}: characters of words.",
        [f"{{0x{first:X}, 0x{last:X}}}," for first, last, _ in word_ranges()],
    )
    write(
        "unicode_ranges.inc",
        "{first, last, class}; everything else is kOther.",
        [f"{{0x{first:X}, 0x{last:X}, {kind}}}," for first, last, kind in class_ranges()],
    )
    inert = nfc_inert()
    write_nfc_classes(inert)
    for name, codes in {"nfc_inert.inc": inert, "decomposition_inert.inc": decomposition_inert()}.items():
        ranges = ranges_of(lambda character: "inert" if ord(character) in codes else None)  # noqa: B023
        write(name, "{first, last}", [f"{{0x{first:X}, 0x{last:X}}}," for first, last, _ in ranges])
    write("lowercase.inc", "{first, last, distance}", [f"{{0x{a:X}, 0x{b:X}, {by}}}," for a, b, by in lowercase()])
    write("marks.inc", "{first, last, 1}", [f"{{0x{first:X}, 0x{last:X}, 1}}," for first, last, _ in marks()])


if __name__ == "__main__":
    main()
