"""Rows of focus: labels of one working context; one block of the loop."""
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH

BLOCKS, OPEN, HORIZON = 254, 24, 64  # 32 tokens each: as many as leave room for H below SmolLM2's 8192 positions
SAMPLE = 8  # of the swaps, evenly spread; all are counted as these
ROUNDS = 3
ACTIVE, LOOPED = 8192, 32  # rows of a working context; blocks that it grows by


def focus_labels(work, _):
    python = work.peer_python("transformers")
    texts = SCRATCH / "focus-labels.json"
    figures, details, notes = [], {}, []
    for dtype in ("f32", "bf16"):
        rounds = [(work.run_json([work.program("bench/focus_labels"), work.model, dtype, work.threads, BLOCKS, OPEN, HORIZON,
                                  work.steps or SAMPLE, 1, texts]),
                   work.run_json([python, ROOT / "tests/bench/peers/focus_labels.py", work.model, dtype, work.threads, 1, texts]))
                  for _ in range(work.rounds or ROUNDS)]
        details[dtype] = rounds
        last = rounds[-1][0]
        legal, swaps = last["legal"], last["swaps"]

        def whole(clock):  # seconds of all legal swaps: the context once, each swap as the measured ones
            context, branch, plain = (median([one[0][f"{form}_{clock}"][0] for one in rounds])
                                      for form in ("context", "branch", "plain"))
            peer = median([one[1][clock][0] for one in rounds])
            return context + (branch - context) / swaps * legal, plain / swaps * legal, peer / swaps * legal

        ours, plain, peer = whole("seconds")
        figures += [Figure(f"{dtype}, transformers", peer / ours, "times", Goal(10.0)),
                    Figure(f"{dtype}, own passes", plain / ours, "times", Goal(4.0))]
        busy = whole("cpu_seconds")
        notes.append(f"{dtype}: {legal} swaps of {last['entries']} entries in {last['rows']} rows, of which {swaps} measured: "
                     f"{ours:.0f}, own passes {plain:.0f}, transformers {peer:.0f} s; processor time {busy[2] / busy[0]:.1f} and "
                     f"{busy[1] / busy[0]:.1f} times")
        if dtype == "f32":
            apart = [max(abs(a - b) for a, b in zip(last["branch_nll"], other))
                     for other in (last["plain_nll"], rounds[-1][1]["nll"])]
            notes.append(f"losses apart from own passes by at most {apart[0]:.1e}, from transformers {apart[1]:.1e} nats")
    return Measured(figures, details, "; ".join(notes))


def focus_block(work, _):
    """LensNet, allocator and edit of a block, in percent of decoding the block's tokens in the same process."""
    parts = ("append", "score", "allocate", "edit")
    rounds = [work.run_json([work.program("bench/focus_block"), work.model, "bf16", work.threads, ACTIVE,
                             work.steps or LOOPED]) for _ in range(work.rounds or ROUNDS)]

    def percent(clock):
        block = {part: median([median(one[f"{part}_{clock}"]) for one in rounds]) for part in parts}
        decode = median([one[f"decode_{clock}"][0] * 32 / one["decoded"] for one in rounds])
        return block, decode, 100 * sum(block.values()) / decode

    block, decode, share = percent("seconds")
    last = rounds[-1]
    split = ", ".join(f"{part} {1000 * block[part]:.2f}" for part in parts)
    return Measured([Figure("of decoding", share, "%", Goal(10.0, at_least=False))], {"rounds": rounds},
                    f"{1000 * sum(block.values()):.1f} ms ({split}) for {last['entries']} entries in {last['rows']} rows, "
                    f"against {1000 * decode:.0f} ms for 32 tokens behind {last['read']}; by processor time "
                    f"{percent('cpu_seconds')[2]:.1f} %; reading rows again that an edit changed is in neither")


TASKS = [
    Task("focus-block", f"one block at {ACTIVE} active tokens: lensnet, allocator and edit",
         "decoding 32 tokens with the base model alone", focus_block),
    Task("focus-labels", f"labels of a working context of {BLOCKS} entries, H {HORIZON}, all legal swaps",
         "transformers, a pass for each; the program's own passes", focus_labels, needs_peer=True),
]
