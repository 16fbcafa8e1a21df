"""Rows that programs of the build measure: the head with its losses, a pipeline step's own cost."""
import json
import re
import shutil
import tempfile
from pathlib import Path

from outcome import Figure, Goal, Measured, Task, median
from workplace import BUILD, SCRATCH

REPEATS = 5
ROWS, VOCABULARY = 1024, 49152


def loss_rows(work, program, options, works):
    """What a bench program of a loss measured beside the plain way: `works` are its kinds of work, by what they are called."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        file = Path(folder) / "table.json"
        work.run([work.program(program), *options, "--rows", ROWS, "--threads", work.threads,
                  "--rounds", work.rounds or REPEATS, "--json", file])
        found = json.loads(file.read_text(encoding="utf-8"))
    ratios = {(line["work"], line["malloc"]): line["ratio"] for line in found["table"]}
    figures = [Figure(label, ratios[name, "default malloc"], "times", Goal(2.5)) for name, label in works.items()]
    # A tensor of all logits in f32 is the least that the plain way holds.
    figures.append(Figure("memory beside the inputs", found["memory"]["ours_bytes"] / 1e6, "MB",
                          Goal(ROWS * VOCABULARY * 4 / 1e6, False)))
    kept = ", ".join(f"{name} {ratios[name, 'freed memory kept']:.1f}" for name in works)
    return Measured(figures, found, f"both with the host's malloc thresholds: {kept} times; the plain way "
                                    f"{found['memory']['plain_bytes'] / 1e6:.0f} MB")


def head_loss(work, _):
    return loss_rows(work, "bench/head_loss", [], {"delta-nll": "delta-NLL", "kl": "KL"})


def pipeline(work, _):
    program = work.program("bench/pipeline_step")
    plugins = [BUILD / "bench/plugins", BUILD / "lib/gistmill/plugins"]
    runs = [work.run_json([program, *plugins]) for _ in range(work.rounds or REPEATS)]
    microseconds = {key: median([run[key] for run in runs]) for key in runs[0] if key.endswith("_us")}
    instructions = counted_instructions(work, [program, *plugins])
    figures = [
        Figure("a call", microseconds["forward_call_us"], "us", Goal(2.0, at_least=False)),
        Figure("a call forward and back", microseconds["forward_and_backward_call_us"], "us"),
        Figure("a step", microseconds["step_us"], "us", Goal(100.0, at_least=False)),
    ]
    note = "instructions: " + ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in instructions.items())
    return Measured(figures, {**microseconds, "instructions": instructions, "runs": runs},
                    note if instructions else "no valgrind, instructions were not counted")


def counted_instructions(work, command):
    """{part: instructions of one} by callgrind, or nothing where there is no valgrind."""
    if shutil.which("valgrind") is None:
        return {}
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        work.run(["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/counts",
                  *command, "--count"])
        return instructions_of([file.read_text(encoding="utf-8") for file in sorted(Path(folder).iterdir())])


def instructions_of(dumps):
    """{part: instructions of one}, from dumps that the program asked for as "part:times", two for each part: the
    difference of the two, so that what happens once is not counted."""
    totals = {}
    for text in dumps:
        trigger = re.search(r"^desc: Trigger: Client Request: (.+):(\d+)$", text, re.MULTILINE)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        if trigger and total:
            totals.setdefault(trigger.group(1), {})[int(trigger.group(2))] = int(total.group(1))
    return {part: (counts[max(counts)] - counts[min(counts)]) // (max(counts) - min(counts))
            for part, counts in totals.items() if len(counts) == 2}


TASKS = [
    Task("head-loss", f"head and loss of {ROWS} rows, forward and backward, bf16", "log-softmax through ATen", head_loss),
    Task("pipeline-step", "a pipeline step's own cost, no-op plugins", "", pipeline),
]
