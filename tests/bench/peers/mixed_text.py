#!/usr/bin/env python3
"""Text that is not prose: code, JSON and a hundred languages, 1.5 MB of each, cut into documents.

  mixed_text.py FOLDER

Code is Python's standard library; the languages are the messages of PyPI `Django`, which JSON has with their keys.
"""
import gettext
import importlib.util
import json
import sys
import sysconfig
from pathlib import Path

PART = 1_500_000    # bytes
DOCUMENT = 1 << 16  # characters
TOGETHER = 40       # messages of one language in a row


def messages_by_language():
    root = Path(importlib.util.find_spec("django").origin).parent
    messages = {}
    for file in sorted(root.rglob("LC_MESSAGES/django.mo")):
        with open(file, "rb") as compiled:
            catalog = gettext.GNUTranslations(compiled)._catalog  # pylint: disable=protected-access
        texts = {key if isinstance(key, str) else key[0]: text for key, text in catalog.items() if key}
        messages.setdefault(file.parts[-3], {}).update(texts)
    return messages


def in_turns(messages):
    """(language, [(key, text)]), a few messages of each language after the other."""
    longest = max(map(len, messages.values()))
    for start in range(0, longest, TOGETHER):
        for language in sorted(messages):
            yield language, list(messages[language].items())[start:start + TOGETHER]


def code():
    for file in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        yield file.read_text(encoding="utf-8", errors="replace")


def languages(messages):
    for _, some in in_turns(messages):
        yield "\n".join(text for _, text in some) + "\n"


def records(messages):
    """As different programs write JSON: with and without spaces, and with characters as escapes."""
    for number, (language, some) in enumerate(in_turns(messages)):
        record = {"language": language, "messages": [{"id": i, "key": key, "text": text} for i, (key, text) in enumerate(some)]}
        yield json.dumps(record, ensure_ascii=number % 4 == 3, indent=number % 2 or None) + "\n"


def write(folder, name, parts):
    text = ""
    for part in parts:
        text += part
        if len(text.encode()) >= PART:
            break
    text = text.encode()[:PART].decode(errors="ignore")
    for start in range(0, len(text), DOCUMENT):
        (folder / f"{name}-{start // DOCUMENT:03}.txt").write_bytes(text[start:start + DOCUMENT].encode())


def main(folder):
    folder = Path(folder)
    messages = messages_by_language()
    for name, parts in (("code", code()), ("json", records(messages)), ("languages", languages(messages))):
        write(folder, name, parts)


if __name__ == "__main__":
    main(*sys.argv[1:])
