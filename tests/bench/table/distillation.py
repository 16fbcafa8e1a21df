"""Rows of distillation: RetNet's layers and its decoding, the loss, and a step with a teacher that is kept or runs."""
import json
import tempfile
from pathlib import Path

from outcome import Figure, Goal, Measured, Task, median
from programs import ROWS, loss_rows
from workplace import ROOT, SCRATCH, say

REPEATS = 5
LAYERS = {"length": 2048, "width": 512, "layers": 8, "heads": 8}
PEER_FORMS = ("parallel", 64, 128, 256)  # torchscale's: the fastest here is the peer
POSITION, DECODED = 32768, 32
STEPS = 4  # beyond the first, which warms up


def distillation_loss(work, _):
    return loss_rows(work, "bench/distillation_loss", ["--dtype", "bf16"],
                     {"head frozen": "head frozen", "head trains": "head trains"})


def retnet_layers(work, _):
    python = work.peer_python("torchscale")
    program = work.program("bench/retnet")
    steps = work.steps or 3

    def ours(dtype):
        options = [word for name, value in LAYERS.items() for word in (f"--{name}", value)]
        return work.run_json([program, "layers", *options, "--steps", steps, "--threads", work.threads,
                              "--bf16", int(dtype == "bf16")])

    def peer(dtype, form, count):
        return work.run_json([python, ROOT / "tests/bench/peers/retnet_layers.py", form, dtype, *LAYERS.values(), count,
                              work.threads])

    figures, details, notes = [], {}, []
    for dtype, goals in (("f32", (Goal(3.0), Goal(2.0))), ("bf16", (None, None))):
        best = max(PEER_FORMS, key=lambda form: peer(dtype, form, 1)["tokens_per_second"])
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


def decoding(work, _):
    """A token of the student of recipes/retnet, and of SmolLM2 by this program, far behind in a text."""
    figures, details, notes = [], {}, []
    for dtype in ("bf16", "f32"):
        found = work.run_json([work.program("bench/decoding"), work.model, dtype, work.threads, POSITION, work.steps or DECODED])
        seconds = {key: median(values) for key, values in found.items()}
        figures.append(Figure(dtype, seconds["transformer_seconds"] / seconds["student_seconds"], "times", Goal(10.0)))
        details[dtype] = found
        notes.append(f"{dtype}: {1000 * seconds['student_seconds']:.2f} against {1000 * seconds['transformer_seconds']:.1f} ms, "
                     f"{seconds['transformer_cpu_seconds'] / seconds['student_cpu_seconds']:.3g} times by processor time")
    return Measured(figures, details, "; ".join(notes))


def step_seconds(work, recipe, dtype, folder, steps):
    """Of the real program on a recipe of recipes/retnet with a few chapters of one novel, but for the first step."""
    text = ROOT / "data/text/novels"
    options = {
        "variables.model": work.model, "variables.text": text, "variables.packed": SCRATCH / "packed/distillation",
        "components.documents.files": f'["{text}/emma__0*.txt"]', "components.documents.group": "file",
        "components.documents.hold_out": '["emma__01.txt"]', "run.prepared": SCRATCH / "prepared",
        "run.steps": 1 + steps, "run.threads": work.threads, "evaluations.heldout.steps": 1,
        "evaluations.heldout.variants.teacher": "false", "components.student.dtype": dtype,
        "components.loss.dtype": "bf16" if dtype == "bf16" else "head",
    }
    command = [work.program("bin/gistmill"), "run", ROOT / "recipes/retnet" / recipe, "--folder", folder, "--fresh"]
    for key, value in options.items():
        command += ["--set", f"{key}={value}"]
    work.run(command)
    with open(Path(folder) / "events.jsonl", encoding="utf-8") as lines:
        return [event["seconds"] for event in map(json.loads, lines) if event["event"] == "step"][1:]


def distillation_step(work, _):
    """The teacher's words from its file, against a teacher in bf16 that runs beside the student."""
    sides = {"cached": "distill-cached.toml", "direct": "distill.toml"}
    figures, details, notes = [], {}, []
    for dtype in ("bf16", "f32"):
        seconds = {side: [] for side in sides}
        for index in range(work.rounds or REPEATS):
            for side, recipe in sides.items():
                with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
                    seconds[side].append(median(step_seconds(work, recipe, dtype, folder, work.steps or STEPS)))
            say(f"  {dtype}, round {index + 1}: {seconds['cached'][-1]:.2f} s cached, {seconds['direct'][-1]:.2f} s direct")
        cached, direct = median(seconds["cached"]), median(seconds["direct"])
        figures.append(Figure(f"a student in {dtype}", direct / cached, "times", Goal(2.5)))
        details[dtype] = seconds
        notes.append(f"{dtype}: {cached:.2f} against {direct:.2f} s a step of 4 sequences of 512 tokens")
    return Measured(figures, details, "; ".join(notes))


TASKS = [
    Task("retnet-layers", "RetNet's layers forward and backward, 8 of width 512, T 2048", "torchscale's fastest form",
         retnet_layers, needs_peer=True),
    Task("retnet-generation", "RetNet: 65,536 tokens, one by one", "", retnet_generation),
    Task("retnet-decoding", f"a token of RetNet, 8 layers of width 576, behind {POSITION:,}",
         "SmolLM2-135M by this program behind as many", decoding),
    Task("distillation-loss", f"NLL and KL with 64 of a teacher's tokens, from {ROWS} hidden rows, forward and backward, bf16",
         "log-softmax and gather through ATen", distillation_loss),
    Task("distillation-step", "a step of distillation, the teacher's words kept", "the teacher beside the student", distillation_step),
]
