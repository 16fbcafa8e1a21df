"""Measuring the whole ladder beside training one compressor on the same spans. A step's cost is the difference of two
processes that differ in nothing but the number of steps, so that start and preparation are in neither."""
import tempfile

from floor import RUNGS, SMOLLM2_135M, Setting, ladder_flops, span_flops
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, say

# That of the recipes, and one of the GistNet documents' lengths: 256 spans of their 100 documents are 2.56 in each.
RECIPES = Setting(length=1024, spans=8)
LONG = Setting(length=4096, spans=3)
STEPS = 4   # beyond the first, which warms up
ROUNDS = 5  # samples of every median


def process(work, setting, trained, measured):
    """Of the real program with so many steps of both."""
    options = {
        "variables.model": work.model, "variables.text": work.novels(), "run.steps": trained, "run.threads": work.threads,
        "run.prepared": SCRATCH / "prepared", "components.teacher.dtype": setting.dtype,
        "evaluations.heldout.steps": measured,
    }
    for data in ("corpus", "heldout"):
        options |= {f"components.{data}.document": setting.length, f"components.{data}.spans": setting.spans,
                    f"components.{data}.horizon": setting.horizon, f"components.{data}.first": setting.first}
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        command = [work.program("bin/gistmill"), "run", ROOT / "tests/bench/ladder.toml", "--folder", folder, "--fresh"]
        for key, value in options.items():
            command += ["--set", f"{key}={value}"]
        return work.run(command)


def ratios(work, setting):
    """Of a step that measures over one that trains: {"clock": [...], "processor": [...]}, a value a round."""
    steps = work.steps or STEPS
    found = {"clock": [], "processor": []}
    process(work, setting, 1, 1)  # prepares the corpus
    for index in range(work.rounds or ROUNDS):
        short, trained, measured = (process(work, setting, *counts) for counts in ((1, 1), (1 + steps, 1), (1, 1 + steps)))
        found["clock"].append((measured.seconds - short.seconds) / (trained.seconds - short.seconds))
        found["processor"].append((measured.processor_seconds - short.processor_seconds)
                                  / (trained.processor_seconds - short.processor_seconds))
        say(f"  {setting.name}, round {index + 1}: {found['clock'][-1]:.2f} times, by processor time "
            f"{found['processor'][-1]:.2f}")
    return found


def measure(work, _):
    figures, details, notes = [], {}, []
    for setting in (RECIPES, LONG):
        found = ratios(work, setting)
        least = ladder_flops(SMOLLM2_135M, setting, RUNGS) / span_flops(SMOLLM2_135M, setting)
        figures.append(Figure(f"T {setting.length}, {setting.spans} spans a document", median(found["clock"]), "times",
                              Goal(2.0, at_least=False)))
        details[setting.name] = {**found, "operations": least}
        notes.append(f"T {setting.length}: {median(found['processor']):.3g} by processor time, {least:.3g} by operations")
    return Measured(figures, details, "; ".join(notes))


TASKS = [Task("ladder", f"measuring the ladder of {RUNGS} rungs, H {RECIPES.horizon}, {RECIPES.dtype}",
              "training on the same spans", measure)]
