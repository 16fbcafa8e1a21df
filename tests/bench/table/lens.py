"""The row of a lensnet: a training step on many long contexts."""
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT

LENSNET = {"contexts": 16, "entries": 8192, "hidden": 576, "width": 512, "stacks": 2}
ROUNDS = 3


def lensnet_step(work, _):
    python = work.peer_python("torch")
    steps = work.steps or 1

    def ours():
        options = [word for name, value in LENSNET.items() for word in (f"--{name}", value)]
        return work.run_json([work.program("bench/lensnet"), *options, "--steps", steps, "--threads", work.threads])

    def peer():
        return work.run_json([python, ROOT / "tests/bench/peers/lensnet_step.py", *LENSNET.values(), steps, work.threads])

    rounds = [(ours(), peer()) for _ in range(work.rounds or ROUNDS)]
    sides = [{key: median([side[key] for side in column]) for key in ("median_seconds", "bytes")}
             for column in zip(*rounds)]
    parts = {key: median([side[0][key] for side in rounds]) for key in ("network_seconds", "loss_seconds")}
    return Measured([Figure("f32", sides[1]["median_seconds"] / sides[0]["median_seconds"], "times", Goal(20.0)),
                     Figure("less memory", sides[1]["bytes"] / sides[0]["bytes"], "times")], {"rounds": rounds},
                    f"{sides[0]['median_seconds']:.2f} s, of which the loss {parts['loss_seconds']:.2f}, against "
                    f"{sides[1]['median_seconds']:.2f} s; {sides[0]['bytes'] / 1e6:.0f} against "
                    f"{sides[1]['bytes'] / 1e6:.0f} MB")


TASKS = [
    Task("lensnet-step", f"training step of a lensnet, {LENSNET['contexts']} contexts of {LENSNET['entries']} entries",
         "plain torch with a tensor of pairs", lensnet_step, needs_peer=True),
]
