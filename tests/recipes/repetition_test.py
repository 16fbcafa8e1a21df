#!/usr/bin/env python3
"""No six lines in a row stand in two recipes: what two need is a layer (`extends`)."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
RECIPES = Path(__file__).resolve().parents[2] / "recipes"
LINES = 6


def lines_of(text):
    """Numbers and contents, without blank lines, comments and the space around."""
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def repeated(texts):
    """Of {name: text}: one sentence for each block of LINES lines that stands in two of them."""
    first, found = {}, []
    for name, text in texts.items():
        lines = lines_of(text)
        for at in range(len(lines) - LINES + 1):
            block = tuple(line for _, line in lines[at:at + LINES])
            other, place = first.setdefault(block, (name, lines[at][0]))
            if other != name:
                found.append(f"{name}:{lines[at][0]} repeats {other}:{place}")
    return found


class Repetition(unittest.TestCase):
    six = "".join(f"key{number} = {number}\n" for number in range(LINES))

    def test_recipes_do_not_repeat_one_another(self):
        texts = {str(file.relative_to(RECIPES)): file.read_text() for file in sorted(RECIPES.rglob("*.toml"))}
        self.assertGreater(len(texts), 5)
        self.assertEqual(repeated(texts), [])

    def test_six_lines_in_two_recipes_are_found_whatever_comments_stand_between(self):
        other = "[run]\n" + self.six.replace("key3", "\n# why\n  key3")
        self.assertEqual(repeated({"a.toml": self.six, "b.toml": other}), ["b.toml:2 repeats a.toml:1"])

    def test_five_lines_are_not(self):
        self.assertEqual(repeated({"a.toml": self.six, "b.toml": self.six.replace("key0", "key9")}), [])

    def test_what_one_recipe_says_twice_is_its_own_business(self):
        self.assertEqual(repeated({"a.toml": self.six * 2}), [])


if __name__ == "__main__":
    unittest.main()
