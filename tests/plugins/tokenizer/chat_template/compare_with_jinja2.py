#!/usr/bin/env python3
"""Compares render_chat_template with jinja2, which is set up as transformers sets it up.

Usage: compare_with_jinja2.py PROGRAM [--random COUNT] [--seed N] [TEMPLATE...]
Each TEMPLATE (a .jinja file, or a tokenizer_config.json) is rendered for conversations.py's conversations. Where
jinja2 raises, the program has to refuse; what the program says it does not support is counted apart. Needs PyPI
`jinja2`; exit code 77 where it is not there, so that tests are skipped.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

try:
    import oracle
except ImportError as error:
    python = pathlib.Path(".venv-tests/bin/python").absolute()  # where scripts/test.sh installs it
    if python.exists() and pathlib.Path(sys.prefix) != python.parent.parent:
        os.execv(python, [python, *sys.argv])
    print(f"skipped: {error}; pip install jinja2")
    sys.exit(77)
from conversations import cases
from random_templates import Maker

UNSUPPORTED = re.compile(
    "not supported|does not fit 64 bits|place in memory|complex number|beyond 64 bits|are not compared here"
    "|sliced here|block that defines it is over|when the loop is over|of ASCII letters|more than 300 places"
    "|is refused: templates do not reach into Python"
)
# Python writes where something lies in memory, which no two runs share.
ADDRESS = re.compile(r" at 0x[0-9a-f]+>")


class Program:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def render(self, template, variables):
        self.process.stdin.write(json.dumps({"template": template, "variables": variables}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the program died of {json.dumps([template, variables])}")
        return json.loads(line)


class Comparison:
    def __init__(self, program):
        self.program = program
        self.counts = collections.Counter()

    def shown(self):
        return ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.counts.items()))

    def compare(self, name, template, variables):
        expected, raised = oracle.render(template, variables)
        found = self.program.render(template, variables)
        self.counts[self.verdict(name, template, variables, expected, raised, found)] += 1

    def verdict(self, name, template, variables, expected, raised, found):
        if expected is None and "refused" in found:
            return "both refuse"
        if "refused" in found and UNSUPPORTED.search(found["refused"]):
            return "not supported"
        if expected is not None and ADDRESS.search(expected):
            return "address"
        if expected is not None and found.get("text") == expected:
            return "equal"
        if "different" not in self.counts or self.counts["different"] < 20:
            print(f"--- {name}\n{template!r}\n{json.dumps(variables)}\njinja2:  {expected!r} {raised}\nprogram: {found}")
        return "different"


def template_texts(paths):
    for path in map(pathlib.Path, paths):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jinja":
            yield path.name, text
            continue
        template = json.loads(text).get("chat_template")
        for one in template if isinstance(template, list) else [{"name": "default", "template": template}] if template else []:
            yield f"{path} {one['name']}", one["template"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    comparison = Comparison(Program(options.program))
    for name, template in template_texts(options.templates):
        for number, variables in enumerate(cases()):
            comparison.compare(f"{name}, case {number}", template, variables)
    for number in range(options.seed, options.seed + options.random):
        maker = Maker(number)
        comparison.compare(f"random {number}", maker.template(), maker.variables())
        if number % 10000 == 9999:
            print(f"up to {number}: {comparison.shown()}", flush=True)
    print(comparison.shown())
    return 1 if comparison.counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
