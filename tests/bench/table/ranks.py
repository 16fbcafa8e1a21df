"""A training step on two ranks of one thread each, beside one process of one thread that does all of it."""
import json
import shutil
import tempfile
from pathlib import Path

from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, Unmeasured, say

RANKS = 2
ROUNDS = 5
STEPS = 7  # of a process; the first two warm up


def rates(work, ranks):
    """Spans a second of every step that counts."""
    if shutil.which("mpirun") is None:
        raise Unmeasured("there is no mpirun (Debian: openmpi-bin)")
    work.program("lib/gistmill/plugins/collective-mpi.so")
    options = {
        "variables.model": work.model, "variables.text": work.novels(), "run.steps": work.steps or STEPS,
        "run.threads": 1, "run.micro_steps": RANKS, "run.prepared": SCRATCH / "prepared",
        "components.teacher.dtype": "f32", "components.corpus.document": 512, "components.corpus.spans": 8,
        "components.corpus.first": 64,
    }
    # One process is started by mpirun too: bound to a core as each of two is.
    command = ["mpirun", "--allow-run-as-root", "-n", ranks, work.program("bin/gistmill"), "run",
               ROOT / "tests/bench/span_training.toml"]
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for key, value in options.items():
            command += ["--set", f"{key}={value}"]
        work.run([*command, "--folder", folder, "--fresh"])
        lines = (Path(folder) / "events.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [event for event in map(json.loads, lines) if event["event"] == "step"]
    return [step["items_per_second"] for step in steps[2:]]


def measure(work, _):
    one, together = [], []
    for index in range(work.rounds or ROUNDS):
        one += rates(work, 1)
        together += rates(work, RANKS)
        say(f"  round {index + 1}: {median(one):.3f} spans/s alone, {median(together):.3f} on {RANKS} ranks")
    share = 100 * median(together) / (RANKS * median(one))
    return Measured([Figure("of twice one process", share, "%", Goal(90.0))], {"one": one, "together": together},
                    f"{median(together):.3f} against {median(one):.3f} spans/s")


TASKS = [Task("ranks", "spans/s on two ranks of one thread each, T 512, H 64, 16 spans a step, f32",
              "one process of one thread", measure)]
