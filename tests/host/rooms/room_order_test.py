#!/usr/bin/env python3
"""Holds the includes of host/ and its README.md against the rooms that there are (host/CMakeLists.txt).

A room includes headers of itself and of rooms before it. Usage: room_order_test.py SOURCE_FOLDER ROOM...
"""

import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^#include "host/([^"]+)/[^"/]+"', re.MULTILINE)

# Rooms that the order alone does not keep apart: what runs writes files, and a report reads them.
APART = {("run", "report"), ("run/step", "report"), ("run", "model"), ("run/step", "model"),
         ("run/step", "figures"), ("machine", "figures"), ("machine", "cache"), ("report", "model"),
         ("run", "record"), ("run/step", "record"), ("run", "watch"), ("run/step", "watch"), ("watch", "report")}


def wrong_arrows(source, rooms):
    """Every include that points up, or into a folder that is no room: "host/a/b.cpp includes host/c"."""
    rank = {room: number for number, room in enumerate(rooms)}
    wrong = []
    for path in sorted((source / "host").rglob("*.[ch]pp")):
        room = str(path.parent.relative_to(source / "host"))
        for other in INCLUDE.findall(path.read_text()):
            known = room in rank and other in rank
            if not known or rank[other] > rank[room] or (room, other) in APART:
                wrong.append(f"{path.relative_to(source)} includes host/{other}")
    return wrong


def unlike_readme(readme, rooms):
    """Rooms without a paragraph in host/README.md, and paragraphs without a room."""
    told = re.findall(r"^\*\*\[[^\]]+\]\(([^)]+)\)\*\*", readme, re.MULTILINE)
    return sorted(set(told) ^ set(rooms))


def check_itself():
    """A wrong arrow and an unknown room are found; an arrow to a room before or to a room's own header is right."""
    told = unlike_readme("**[low](low)** is.\n**[gone](gone)** was.\n", ["low", "high"])
    assert told == ["gone", "high"], told
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder)
        for name, other in (("low/a.cpp", "low"), ("low/b.hpp", "high"), ("high/c.cpp", "low"), ("high/d.cpp", "none")):
            path = source / "host" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#include "host/{other}/x.hpp"\n')
        found = wrong_arrows(source, ["low", "high"])
        assert found == ["host/high/d.cpp includes host/none", "host/low/b.hpp includes host/high"], found


def main():
    check_itself()
    rooms = sys.argv[2:]
    assert len(rooms) > 10, rooms
    wrong = wrong_arrows(pathlib.Path(sys.argv[1]), rooms)
    for line in wrong:
        print(line)
    if wrong:
        sys.exit("dependencies point one way (docs/architecture.md)")
    unlike = unlike_readme((pathlib.Path(sys.argv[1]) / "host/README.md").read_text(), rooms)
    if unlike:
        sys.exit(f"host/README.md has a paragraph for each folder of host/ and for nothing else; differs in: {', '.join(unlike)}")


if __name__ == "__main__":
    main()
