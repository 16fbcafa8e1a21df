"""Text to ids by real vocabularies, on one thread, beside PyPI `tokenizers`: the pass over text that was not seen before,
and the same text again."""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from corpus import tokenizer_json
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, Unmeasured, say

REPEATS = 5
KINDS = ("books", "mixed")
PASSES = ("first", "second")


@dataclass(frozen=True)
class Vocabulary:
    title: str
    file: str       # below data/vocabularies, or what GISTMILL_VOCABULARIES names
    peer: str = ""  # what `tokenizers` reads in its place


VOCABULARIES = (
    Vocabulary("GPT-2", "gpt2/tokenizer.json"),
    Vocabulary("Llama 3", "llama3/tokenizer.json"),
    Vocabulary("Qwen 3", "qwen3/tokenizer.json"),
    Vocabulary("Gemma 3", "gemma3/tokenizer.json"),
    Vocabulary("Mistral v0.1", "llama2/tokenizer.json"),  # its package is called after Llama 2
    Vocabulary("Mistral v0.1, tokenizer.model", "mistral/tokenizer.model", "llama2/tokenizer.json"),
)


def files_of(vocabulary):
    """(ours, the peer's), or None where they are not there."""
    folder = Path(os.environ.get("GISTMILL_VOCABULARIES", ROOT / "data/vocabularies"))
    files = folder / vocabulary.file, folder / (vocabulary.peer or vocabulary.file)
    return files if all(file.exists() for file in files) else None


def texts_of(work):
    """Files of each kind."""
    folders = {kind: SCRATCH / f"tokenize-{kind}" for kind in KINDS}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    novels = sorted((ROOT / "data/text/novels").glob("*.txt"))
    if not novels:
        raise Unmeasured("data/text/novels is not there; run scripts/fetch-text.sh")
    for novel in novels:
        shutil.copyfile(novel, folders["books"] / novel.name)
    work.run([work.peer_python("django"), ROOT / "tests/bench/peers/mixed_text.py", folders["mixed"]])
    return {kind: sorted(folder.glob("*.txt")) for kind, folder in folders.items()}


class Side:
    """Seconds of a program's passes, round by round."""

    def __init__(self):
        self.seconds = {(name, measure): [] for name in PASSES for measure in ("processor", "clock")}

    def add(self, measured):
        for (name, measure), samples in self.seconds.items():
            samples.append(measured[name][measure])

    def speed(self, mib, name, measure="processor"):
        return mib / median(self.seconds[name, measure])


def measured_pair(work, title, files, texts):
    """What both sides take for the same texts, in turns; their ids are the same or Unmeasured is raised."""
    program, python = work.program("tests/tokenizer_bench"), work.peer_python("tokenizers")
    ids = SCRATCH / "tokenize-ids", SCRATCH / "tokenize-peer-ids"
    ours, theirs = Side(), Side()
    for _ in range(work.rounds or REPEATS):
        theirs.add(work.run_json([python, ROOT / "tests/bench/peers/tokenize_text.py", files[1], ids[1], *texts]))
        # A process each: no page, no table and no cache has seen the text.
        measured = work.run_json([program, "passes", files[0], ids[0], 1, *texts])
        ours.add({name: {measure: values[0] for measure, values in measured[name].items()} for name in PASSES})
        if ids[0].read_bytes() != ids[1].read_bytes():
            raise Unmeasured(f"the ids of {title} differ from those of tokenizers: {ids[0]} and {ids[1]}")
    return ours, theirs


def line_of(work, title, kind, files, texts):
    mib = sum(text.stat().st_size for text in texts) / 2**20
    ours, theirs = measured_pair(work, title, files, texts)
    peer = max(theirs.speed(mib, name) for name in PASSES)  # its better pass
    line = {"vocabulary": title, "text": kind, "mib": mib, "peer_mib_per_s": peer}
    for name in PASSES:
        line[f"{name}_mib_per_s"] = ours.speed(mib, name)
        line[f"{name}_mib_per_s_by_the_clock"] = ours.speed(mib, name, "clock")
        line[f"{name}_ratio"] = ours.speed(mib, name) / peer
    say(f"  {title}, {kind}: first pass {line['first_mib_per_s']:.0f} MiB/s, second {line['second_mib_per_s']:.0f}; "
        f"tokenizers {peer:.2f}: {line['first_ratio']:.0f} and {line['second_ratio']:.0f} times")
    return line


def tokenize(work, _):
    work.peer_python("numpy")
    texts = texts_of(work)
    found = [(vocabulary.title, files_of(vocabulary)) for vocabulary in VOCABULARIES]
    exported = tokenizer_json(work)
    found.append(("SmolLM2", (exported, exported)))
    lines = [line_of(work, title, kind, files, texts[kind]) for title, files in found if files for kind in KINDS]
    missing = [title for title, files in found if not files]
    return Measured(figures_of(lines), {"lines": lines, "missing": missing}, note_of(lines, missing))


def figures_of(lines):
    """The worst of all, of which the goals speak."""
    figures = []
    for key, what, unit, bound in (("first_ratio", "first pass", "times", 30.0), ("first_mib_per_s", "first pass", "MiB/s", 40.0)):
        worst = min(lines, key=lambda line: line[key])
        figures.append(Figure(f"{what}, worst ({worst['vocabulary']}, {worst['text']})", worst[key], unit, Goal(bound)))
    return figures


def note_of(lines, missing):
    texts = [f"{line['vocabulary']}, {line['text']}: {line['first_mib_per_s']:.0f} and {line['second_mib_per_s']:.0f} MiB/s, "
             f"{line['first_ratio']:.0f} and {line['second_ratio']:.0f} times" for line in lines]
    return "; ".join(texts) + (f"; not there: {', '.join(missing)}" if missing else "")


TASKS = [Task("tokenize", "text to ids by real vocabularies, one thread, first and second pass", "tokenizers", tokenize,
              needs_peer=True)]
