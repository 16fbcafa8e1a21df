"""Rows of gist tokens: a training step of vectors alone."""
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT

GISTS = 2
LENGTHS = ROOT / "tests/bench/gist_step/lengths.json"  # of the first 64 texts of the instructions of LLaMA Factory's demo
ROUNDS = 3


def gist_step(work, _):
    python = work.peer_python("transformers")
    program = work.program("bench/gist_step")
    passes = work.steps or 1

    def measured(command, dtype):
        return work.run_json([*command, work.model, dtype, GISTS, work.threads, LENGTHS, passes])

    figures, details, notes = [], {}, []
    for dtype in ("bf16", "f32"):
        rounds = [(measured([program], dtype), measured([python, ROOT / "tests/bench/peers/gist_step.py"], dtype))
                  for _ in range(work.rounds or ROUNDS)]
        # A batch is as dear as its longest text: sides are held batch to batch, each by its median.
        seconds = [[median(batch) for batch in zip(*(side["seconds"] for side in column))] for column in zip(*rounds)]
        ours, peer = (sum(side) / len(side) for side in seconds)
        figures.append(Figure(dtype, peer / ours, "times", Goal(3.0)))
        details[dtype] = rounds
        notes.append(f"{dtype}: {ours:.2f} against {peer:.2f} s a step")
        if dtype == "f32":
            apart = max(abs(a - b) / b for side in rounds for a, b in zip(side[0]["losses"], side[1]["losses"]))
            notes.append(f"losses apart by at most {apart:.1e} of their size in f32")
    return Measured(figures, details, "; ".join(notes))


TASKS = [
    Task("gist-step", f"training step, 8 instructions, gist mask, {GISTS} vectors train", "transformers with a 4-D mask",
         gist_step, needs_peer=True),
]
