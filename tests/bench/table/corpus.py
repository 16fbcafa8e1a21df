"""Text to tokens, and windows of tokens, beside what Python's libraries do with the same files."""
import random
import shutil

from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, Unmeasured, say

REPEATS = 5
COPIES = 3          # of data/text: more than 30 MB
WINDOW = 4096       # tokens
WINDOWS = 20000
SEQUENCE = 2048     # tokens, as tests/bench/pack.toml has it


# ---- prepare ----

def corpora(work):
    """(all text several times over, the shortest document alone): folders of .txt files."""
    # Whatever else was fetched: figures of two machines are of the same text.
    sources = sorted(path for name in ("novels", "essays") for path in (ROOT / "data/text" / name).glob("*.txt"))
    if not sources:
        raise Unmeasured("data/text has no novels and essays; run scripts/fetch-text.sh")
    shortest = min(sources, key=lambda path: path.stat().st_size)
    whole, tiny = SCRATCH / "corpus", SCRATCH / "corpus-of-one"
    for folder, files in ((whole, [(f"copy{copy}", path) for copy in range(COPIES) for path in sources]),
                          (tiny, [("copy0", shortest)])):
        shutil.rmtree(folder, ignore_errors=True)
        for copy, path in files:
            target = folder / copy / path.relative_to(ROOT / "data/text")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return whole, tiny


def as_records(work, folder, kind):
    """The same documents as one file of `kind`, jsonl or parquet."""
    target = folder.with_name(f"{folder.name}-{kind}")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    work.run([work.peers, ROOT / "tests/bench/peers/write_records.py", folder, target / f"documents.{kind}"])
    return target


def our_preparation(work, folder, kind="text"):
    """Seconds, and the file that was made."""
    prepared = SCRATCH / "prepared-corpus"
    shutil.rmtree(prepared, ignore_errors=True)
    options = {"variables.model": work.model, "variables.text": folder, "run.prepared": prepared,
               "components.documents.use": f"dataset/{kind}", "components.documents.files": f'["{folder}"]',
               "components.documents.hold_out": "[]", "components.documents.group": "file",
               "components.documents.validation": 0}
    command = [work.program("bin/gistmill"), "prepare", ROOT / "tests/bench/span_training.toml"]
    for key, value in options.items():
        command += ["--set", f"{key}={value}"]
    return work.run(command).seconds, next(prepared.glob("*.h5"))


def their_preparation(work, folder, _):
    target, cache = SCRATCH / "peer-corpus.h5", SCRATCH / "peer-cache"
    shutil.rmtree(cache, ignore_errors=True)
    finished = work.run([work.peers, ROOT / "tests/bench/peers/prepare_corpus.py", tokenizer_json(work), folder,
                         target, work.threads], {"HF_DATASETS_CACHE": str(cache)})
    return finished.seconds, target


def tokenizer_json(work):
    """The model's tokenizer as the peer reads it fastest, written once, not counted."""
    target = SCRATCH / "tokenizer.json"
    if not target.exists():
        work.run([work.peer_python("transformers"), ROOT / "tests/bench/peers/export_tokenizer.py", work.model, target])
    return target


def prepare(work, kind):
    work.peer_python("datasets")
    whole, tiny = corpora(work)
    size = sum(path.stat().st_size for path in whole.rglob("*.txt"))
    if kind != "text":
        whole, tiny = (as_records(work, folder, kind) for folder in (whole, tiny))
    tokenizer_json(work)
    seconds = {side: [] for side in ("ours", "theirs", "our start", "their start")}
    ours = theirs = None
    for index in range(work.rounds or REPEATS):
        for side, run, folder in (("their start", their_preparation, tiny), ("our start", our_preparation, tiny),
                                  ("theirs", their_preparation, whole), ("ours", our_preparation, whole)):
            taken, made = run(work, folder, kind)
            seconds[side].append(taken)
            if side == "ours":
                ours = made
            elif side == "theirs":
                theirs = made
        say(f"  prepare from {kind}, round {index + 1}: {seconds['ours'][-1]:.2f} s, the peer {seconds['theirs'][-1]:.2f} s")
    compare_corpora(work, ours, theirs)
    return compared(seconds, size, 10.0 if kind == "text" else 5.0)


def compare_corpora(work, ours, theirs):
    """Raises Unmeasured where the two did not make the same documents of the same ids."""
    work.run([work.peers, ROOT / "tests/bench/peers/compare_corpora.py", ours, theirs])


# ---- pack ----

def our_packing(work, folder):
    """Seconds, and the folder that was made. A short document alone fills no sequence: it is padded."""
    packed, prepared = SCRATCH / "packed", SCRATCH / "packed-index"
    for made in (packed, prepared):
        shutil.rmtree(made, ignore_errors=True)
    options = {"variables.model": work.model, "variables.text": folder, "variables.packed": packed,
               "run.prepared": prepared}
    if folder.name.startswith("corpus-of-one"):
        options["components.packing.tail"] = "pad"
    command = [work.program("bin/gistmill"), "prepare", ROOT / "tests/bench/pack.toml"]
    for key, value in options.items():
        command += ["--set", f"{key}={value}"]
    return work.run(command).seconds, packed


def their_packing(work, folder):
    target = SCRATCH / "peer-packed"
    shutil.rmtree(target, ignore_errors=True)
    finished = work.run([work.peers, ROOT / "tests/bench/peers/pack_corpus.py", tokenizer_json(work), folder, target,
                         SEQUENCE])
    return finished.seconds, target


def pack(work, _):
    work.peer_python("pyarrow")
    whole, tiny = corpora(work)
    size = sum(path.stat().st_size for path in whole.rglob("*.txt"))
    whole, tiny = (as_records(work, folder, "jsonl") for folder in (whole, tiny))
    tokenizer_json(work)
    seconds = {side: [] for side in ("ours", "theirs", "our start", "their start")}
    made = {}
    for index in range(work.rounds or REPEATS):
        for side, run, folder in (("their start", their_packing, tiny), ("our start", our_packing, tiny),
                                  ("theirs", their_packing, whole), ("ours", our_packing, whole)):
            taken, made[side] = run(work, folder)
            seconds[side].append(taken)
        say(f"  pack, round {index + 1}: {seconds['ours'][-1]:.2f} s, the peer {seconds['theirs'][-1]:.2f} s")
    work.run([work.peers, ROOT / "tests/bench/peers/compare_packed.py", made["ours"], made["theirs"]])
    return compared(seconds, size, 10.0)


def compared(seconds, size, goal):
    """Whole processes, and the same without the time that each takes for one short document."""
    middle = {side: median(samples) for side, samples in seconds.items()}
    work_seconds = (middle["ours"] - middle["our start"], middle["theirs"] - middle["their start"])
    figures = [Figure("the whole process", middle["theirs"] / middle["ours"], "times", Goal(goal)),
               Figure("without the time for one short document", work_seconds[1] / work_seconds[0], "times")]
    note = f"{size / 1e6:.0f} MB in {middle['ours']:.2f} against {middle['theirs']:.2f} s"
    return Measured(figures, {"bytes": size, "seconds": middle, "samples": seconds}, note)


# ---- windows ----

def windows(work, _):
    python = work.peer_python("h5py")
    whole, _ = corpora(work)
    _, file = our_preparation(work, whole)
    places = SCRATCH / "windows.txt"
    program = work.program("bench/token_window")
    described = work.run_json([program, file])
    choose_windows(described["lengths"], places)
    ours, theirs = [], []
    for _ in range(work.rounds or REPEATS):
        theirs.append(work.run_json([python, ROOT / "tests/bench/peers/read_windows.py", file, places, WINDOW]))
        ours.append(work.run_json([program, file, places, WINDOW]))
        if ours[-1]["sum"] != theirs[-1]["sum"]:
            raise Unmeasured(f"the windows differ: sums of ids {ours[-1]['sum']} and {theirs[-1]['sum']}")
    own, peer = (median([run["microseconds"] for run in runs]) for runs in (ours, theirs))
    return Measured([Figure("", peer / own, "times", Goal(3.0)), Figure("a window", own, "us", Goal(10.0, False))],
                    {"microseconds": own, "peer_microseconds": peer,
                     "samples": [run["microseconds"] for run in ours],
                     "peer_samples": [run["microseconds"] for run in theirs]}, f"h5py {peer:.1f} us")


def choose_windows(lengths, path):
    """A line a window: document, first token."""
    chooser = random.Random(0)
    long_enough = [(document, length) for document, length in enumerate(lengths) if length >= WINDOW]
    if not long_enough:
        raise Unmeasured(f"no document has {WINDOW} tokens")
    weights = [length - WINDOW + 1 for _, length in long_enough]
    with open(path, "w", encoding="utf-8") as file:
        for document, length in chooser.choices(long_enough, weights, k=WINDOWS):
            file.write(f"{document} {chooser.randrange(length - WINDOW + 1)}\n")


def preparation(name, source, kind):
    return Task(name, f"prepare: {source} to HDF5", "datasets, tokenizers and h5py", lambda work, _: prepare(work, kind),
                needs_peer=True)


TASKS = [
    preparation("prepare", "text", "text"),
    preparation("prepare-jsonl", "JSON lines", "jsonl"),
    preparation("prepare-parquet", "Parquet", "parquet"),
    Task("pack", "pack: JSON lines to sequences, a shard a source", "tokenizers and pyarrow", pack, needs_peer=True),
    Task("window", f"a random window of {WINDOW} tokens from HDF5, warm cache", "h5py", windows, needs_peer=True),
]
