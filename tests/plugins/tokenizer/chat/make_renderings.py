#!/usr/bin/env python3
"""Writes renderings.json: our messages, and what `transformers` renders them to with each chat template.

The templates are others' work and not part of this repository: give a folder with a *.jinja file for each.
Usage: make_renderings.py FOLDER > renderings.json  (needs PyPI `transformers` and `jinja2`).
"""

import json
import pathlib
import sys

from transformers.utils.chat_template_utils import render_jinja_template

DATE = "20 Nov 2026"


def conversation(*turns):
    return [{"role": role, "content": content} for role, content in turns]


CONVERSATIONS = [
    conversation(("user", "Hello!")),
    conversation(("system", "You grind corn."), ("user", "How fine?")),
    conversation(("user", " Hi \n"), ("assistant", "\n\n Yes? "), ("user", "Nothing.\t")),
    conversation(("system", ""), ("user", "")),
    conversation(("system", "  Be brief. /no_think \n"), ("user", "2+2?"), ("assistant", "4"), ("user", "3+3?")),
    conversation(("system", "/think"), ("user", "Why?\u00a0")),
    conversation(("system", "\u3000Talk.\u2028 "), ("user", "\x1c\u0085 x \u200b")),
    conversation(("user", "a"), ("assistant", "<think>\nhm\n\n</think>\n\nb"), ("user", "c"), ("assistant", "<think>x</think>d")),
    conversation(("user", "a"), ("assistant", "x</think>y</think>\nz"), ("user", "c")),
    conversation(("user", "a"), ("assistant", "plain")),
    conversation(("user", "<tool_response>1</tool_response>"), ("assistant", "<think>q</think>w"), ("assistant", "v")),
    conversation(("user", "a"), ("system", "later"), ("user", "b")),
    conversation(("assistant", "I begin.")),
    conversation(("system", "only this")),
    conversation(("user", "<|im_end|> {{ x }} \u00e9\U0001f642")),
]


def render(template, messages):
    arguments = {"bos_token": "<s>", "eos_token": "</s>", "date_string": DATE}
    try:
        texts, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=True, **arguments)
    except Exception:  # what a template raises is of many types
        return None
    return texts[0]


def main():
    renderings = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        renderings[path.stem] = {"texts": [render(template, messages) for messages in CONVERSATIONS]}
    document = {"date": DATE, "bos": "<s>", "eos": "</s>", "conversations": CONVERSATIONS, "renderings": renderings}
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


if __name__ == "__main__":
    main()
