"""Rows of gist tokens: a training step of vectors alone and with adapters, and generation behind a cached gist."""
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT

GISTS = 2
LENGTHS = ROOT / "tests/bench/gist_step/lengths.json"  # of the first 64 texts of the instructions of LLaMA Factory's demo
ROUNDS = 3
RANK = 8
PROMPT, BEHIND, NEW = 256, 16, 64  # tokens: read once, read each time, generated


def gist_step(work, _):
    return training_step(work, rank=0, goal=Goal(3.0))


def lora_step(work, _):
    work.peer_python("peft")
    return training_step(work, RANK, None)


def training_step(work, rank, goal):
    python = work.peer_python("transformers")
    program = work.program("bench/gist_step")
    passes = work.steps or 1

    def measured(command, dtype):
        return work.run_json([*command, work.model, dtype, GISTS, work.threads, LENGTHS, passes, rank])

    figures, details, notes = [], {}, []
    for dtype in ("bf16", "f32"):
        rounds = [(measured([program], dtype), measured([python, ROOT / "tests/bench/peers/gist_step.py"], dtype))
                  for _ in range(work.rounds or ROUNDS)]
        # A batch is as dear as its longest text: sides are held batch to batch, each by its median.
        seconds = [[median(batch) for batch in zip(*(side["seconds"] for side in column))] for column in zip(*rounds)]
        ours, peer = (sum(side) / len(side) for side in seconds)
        figures.append(Figure(dtype, peer / ours, "times", goal))
        details[dtype] = rounds
        notes.append(f"{dtype}: {ours:.2f} against {peer:.2f} s a step")
        if dtype == "f32":
            apart = max(abs(a - b) / b for side in rounds for a, b in zip(side[0]["losses"], side[1]["losses"]))
            notes.append(f"losses apart by at most {apart:.1e} of their size in f32")
    return Measured(figures, details, "; ".join(notes))


def gist_cache(work, _):
    python = work.peer_python("transformers")
    program = work.program("bench/gist_cache")
    passes = work.steps or 3
    figures, details, notes = [], {}, []
    for dtype in ("bf16", "f32"):
        rounds = [(work.run_json([program, work.model, dtype, work.threads, PROMPT, GISTS, BEHIND, NEW, passes]),
                   work.run_json([python, ROOT / "tests/bench/peers/gist_cache.py", work.model, dtype, work.threads, PROMPT,
                                  BEHIND, NEW, passes])) for _ in range(work.rounds or ROUNDS)]
        ours = {form: {key: median([second for side in rounds for second in side[0][form][key]])
                       for key in ("first_seconds", "seconds")} for form in ("gist", "prompt", "nothing")}
        peer = {key: median([second for side in rounds for second in side[1][key]]) for key in ("first_seconds", "seconds")}
        last = rounds[-1][0]
        figures.append(Figure(dtype, peer["seconds"] / ours["gist"]["seconds"], "times", Goal(3.0)))
        # What the operations say of the time to the first token, beside what the clock says.
        said = last["gist"]["first_operations"] / last["nothing"]["first_operations"]
        seen = ours["gist"]["first_seconds"] / ours["nothing"]["first_seconds"]
        figures.append(Figure(f"first token in {dtype}, share of an uncached one's time over its operations'", seen / said,
                              "times", Goal(1.1, at_least=False)))
        figures.append(Figure(f"first token in {dtype}", peer["first_seconds"] / ours["gist"]["first_seconds"], "times"))
        details[dtype] = rounds
        notes.append(f"{dtype}: {NEW} tokens in {ours['gist']['seconds']:.2f} s behind the gist, "
                     f"{ours['prompt']['seconds']:.2f} behind the whole prompt, {ours['nothing']['seconds']:.2f} uncached, "
                     f"{peer['seconds']:.2f} transformers; first token "
                     + ", ".join(f"{ours[form]['first_seconds'] * 1e3:.0f}" for form in ours)
                     + f", {peer['first_seconds'] * 1e3:.0f} ms; operations to it "
                     + ", ".join(f"{last[form]['first_operations'] / 1e9:.2f}" for form in ours)
                     + f" G; kept {last['gist']['kept_bytes'] / 1e3:.0f} against {last['prompt']['kept_bytes'] / 1e3:.0f} kB")
    return Measured(figures, details, "; ".join(notes))


TASKS = [
    Task("gist-step", f"training step, 8 instructions, gist mask, {GISTS} vectors train", "transformers with a 4-D mask",
         gist_step, needs_peer=True),
    Task("gist-lora-step", f"the same with adapters of rank {RANK} on every matrix of a layer", "transformers and PEFT", lora_step,
         needs_peer=True),
    Task("gist-cache", f"{NEW} tokens behind {BEHIND} behind a prompt of {PROMPT}, of which {GISTS} gist tokens are cached",
         "transformers with the prompt cached", gist_cache, needs_peer=True),
]
