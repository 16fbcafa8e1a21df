"""Rows that programs of the build measure: the head with its losses, a pipeline step's own cost, RetNet's layers."""
import json
import re
import shutil
import tempfile
from pathlib import Path

from outcome import Figure, Goal, Measured, Task, median
from workplace import BUILD, ROOT, SCRATCH

REPEATS = 5
RETNET = {"length": 2048, "width": 512, "layers": 8, "heads": 8}
RETNET_PEER_FORMS = ("parallel", 64, 128, 256)  # torchscale's: the fastest here is the peer
ROWS, VOCABULARY = 1024, 49152


def head_loss(work, _):
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        file = Path(folder) / "head_loss.json"
        work.run([work.program("bench/head_loss"), "--rows", ROWS, "--threads", work.threads,
                  "--rounds", work.rounds or REPEATS, "--json", file])
        found = json.loads(file.read_text(encoding="utf-8"))
    ratios = {(line["work"], line["malloc"]): line["ratio"] for line in found["table"]}
    megabytes = found["memory"]["ours_bytes"] / 1e6
    figures = [Figure(label, ratios[work_name, "default malloc"], "times", Goal(2.5))
               for label, work_name in (("delta-NLL", "delta-nll"), ("KL", "kl"))]
    # A tensor of all logits in f32 is the least that the plain way holds.
    figures.append(Figure("memory beside the inputs", megabytes, "MB", Goal(ROWS * VOCABULARY * 4 / 1e6, False)))
    kept = ", ".join(f"{name} {ratios[name, 'freed memory kept']:.1f}" for name in ("delta-nll", "kl"))
    return Measured(figures, found, f"both with the host's malloc thresholds: {kept} times; the plain way "
                                    f"{found['memory']['plain_bytes'] / 1e6:.0f} MB")


def distillation_loss(work, _):
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        file = Path(folder) / "distillation_loss.json"
        work.run([work.program("bench/distillation_loss"), "--dtype", "bf16", "--rows", ROWS, "--threads", work.threads,
                  "--rounds", work.rounds or REPEATS, "--json", file])
        found = json.loads(file.read_text(encoding="utf-8"))
    ratios = {(line["work"], line["malloc"]): line["ratio"] for line in found["table"]}
    megabytes = found["memory"]["ours_bytes"] / 1e6
    figures = [Figure(name, ratios[name, "default malloc"], "times", Goal(2.5)) for name in ("head frozen", "head trains")]
    figures.append(Figure("memory beside the inputs", megabytes, "MB", Goal(ROWS * VOCABULARY * 4 / 1e6, False)))
    kept = ", ".join(f"{name} {ratios[name, 'freed memory kept']:.1f}" for name in ("head frozen", "head trains"))
    return Measured(figures, found, f"both with the host's malloc thresholds: {kept} times; the plain way "
                                    f"{found['memory']['plain_bytes'] / 1e6:.0f} MB")


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


def retnet_layers(work, _):
    python = work.peer_python("torchscale")
    program = work.program("bench/retnet")
    steps = work.steps or 3

    def ours(dtype):
        options = [word for name, value in RETNET.items() for word in (f"--{name}", value)]
        return work.run_json([program, "layers", *options, "--steps", steps, "--threads", work.threads,
                              "--bf16", int(dtype == "bf16")])

    def peer(dtype, form, count):
        return work.run_json([python, ROOT / "tests/bench/peers/retnet_layers.py", form, dtype, *RETNET.values(), count,
                              work.threads])

    figures, details, notes = [], {}, []
    for dtype, goals in (("f32", (Goal(3.0), Goal(2.0))), ("bf16", (None, None))):
        best = max(RETNET_PEER_FORMS, key=lambda form: peer(dtype, form, 1)["tokens_per_second"])
        rounds = [(ours(dtype), peer(dtype, best, steps)) for _ in range(work.rounds or REPEATS)]
        sides = [{key: median([side[key] for side in column]) for key in ("tokens_per_second", "processor_seconds", "bytes")}
                 for column in zip(*rounds)]
        figures.append(Figure(dtype, sides[0]["tokens_per_second"] / sides[1]["tokens_per_second"], "times", goals[0]))
        # Wall time is the goal's; processor time says the same where the machine is shared.
        figures.append(Figure(f"{dtype} by processor time", sides[1]["processor_seconds"] / sides[0]["processor_seconds"],
                              "times"))
        figures.append(Figure(f"less memory in {dtype}", sides[1]["bytes"] / sides[0]["bytes"], "times", goals[1]))
        details[dtype] = {"peer_form": best, "rounds": rounds}
        notes.append(f"{dtype}: {sides[0]['tokens_per_second']:.0f} against {sides[1]['tokens_per_second']:.0f} tokens/s, "
                     f"{sides[0]['bytes'] / 1e6:.0f} against {sides[1]['bytes'] / 1e6:.0f} MB, peer's form {best}")
    return Measured(figures, details, "; ".join(notes))


def retnet_generation(work, _):
    windows = work.run_json([work.program("bench/retnet"), "generate", "--threads", work.threads])["windows"]
    first, last = windows[1], windows[-1]  # the first one warms up
    return Measured([Figure("a token's time, last to second window", last["seconds"] / first["seconds"], "times",
                            Goal(1.2, at_least=False)),
                     Figure("memory that came in between", (last["resident_bytes"] - first["resident_bytes"]) / 1e6, "MB",
                            Goal(8.0, at_least=False))], {"windows": windows})


TASKS = [
    Task("retnet-layers", "RetNet's layers forward and backward, 8 of width 512, T 2048", "torchscale's fastest form",
         retnet_layers, needs_peer=True),
    Task("retnet-generation", "RetNet: 65,536 tokens, one by one", "", retnet_generation),
    Task("head-loss", f"head and loss of {ROWS} rows, forward and backward, bf16", "log-softmax through ATen", head_loss),
    Task("distillation-loss", f"NLL and KL with 64 of a teacher's tokens, from {ROWS} hidden rows, forward and backward, bf16",
         "log-softmax and gather through ATen", distillation_loss),
    Task("pipeline-step", "a pipeline step's own cost, no-op plugins", "", pipeline),
]
