"""opened.py WRITER: TensorBoard's own reader opens what the logger wrote, a resumed run included. Exits 77 where there is
no TensorBoard (.venv-peers, or the python that runs this)."""
import glob
import json
import subprocess
import sys
import tempfile

sys.path[:0] = glob.glob(".venv-peers/lib/python3.*/site-packages")
try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    print("skipped: no TensorBoard; scripts/bench.sh installs it into .venv-peers")
    sys.exit(77)


def step(stage, number, loss):
    return {"event": "step", "stage": stage, "step": number, "time": 1000.0 + number, "loss": loss, "losses": {"apart": 0.5}}


def write(folder, events):
    text = "".join(json.dumps(event) + "\n" for event in events)
    subprocess.run([sys.argv[1], folder], input=text, text=True, check=True)


def scalars(folder, tag):
    accumulator = EventAccumulator(folder)
    accumulator.Reload()
    return [(event.step, round(event.value, 4)) for event in accumulator.Scalars(tag)]


def main():
    with tempfile.TemporaryDirectory() as folder:
        begin = {"event": "stage_started", "stage": "refine", "step": 0, "time": 1000.0}
        write(folder, [begin] + [step("refine", n, 1.0 / n) for n in range(1, 6)])
        # Killed after step 5, resumed from the checkpoint of step 3.
        resumed = {"event": "stage_started", "stage": "refine", "step": 3, "time": 2000.0}
        measured = {"event": "evaluation", "stage": "refine", "step": 6, "time": 2010.0, "name": "heldout",
                    "entries": [{"variant": "last 4", "figure": "delta_nll.32", "value": 0.25}]}
        write(folder, [resumed] + [step("refine", n, 2.0 / n) for n in range(4, 7)] + [measured])
        stage = folder + "/refine"
        assert scalars(stage, "loss") == [(1, 1.0), (2, 0.5), (3, 0.3333), (4, 0.5), (5, 0.4), (6, 0.3333)], scalars(stage, "loss")
        assert len(scalars(stage, "losses/apart")) == 6
        assert scalars(stage, "heldout/delta_nll.32/last 4") == [(6, 0.25)]
    print("TensorBoard shows every step once")


main()
