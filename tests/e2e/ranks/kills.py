#!/usr/bin/env python3
"""Kills a rank of a run (SIGKILL) at random moments and goes on with the run each time.

Each time the others must end within 30 s, with a message and an exit code that is not 0. Afterwards the parameters must
have the bits of the same run that nobody disturbed, and no process may have written an event or a checkpoint twice.

arguments: program, folder of test plugins, scratch folder, number of kills [seed] [launcher words before the program]
"""
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

RANKS = 3
STEPS = 200
MICRO_STEPS = 6  # for two or three ranks
RAMP = pathlib.Path(__file__).resolve().parents[2] / "plugins/plain/ramp.toml"
# Vectors so long that much of a step is the sum over all ranks.
RECIPE = f"""\
extends = "{RAMP}"
[components.data]
growth = 1
size = 300007
[run]
steps = {STEPS}
micro_steps = {MICRO_STEPS}
[learning_rate]
peak = 0.01
[checkpoints]
every = 7
"""
LAUNCHER = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(RANKS)]


def ranks_in(folder: pathlib.Path) -> list[int]:
    """Processes of the program that work in the folder, whoever started them."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() == "gistmill" and (process / "cwd").samefile(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


class Run:
    def __init__(self, program: str, plugins: str, folder: pathlib.Path, launcher: list[str]):
        self.words = [*launcher, program, "run", "recipe.toml", "--folder", "run", "--plugins", plugins]
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "recipe.toml").write_text(RECIPE)

    def start(self, *more: str) -> subprocess.Popen:
        self.log = self.folder / "log.txt"
        with open(self.log, "w") as log:
            return subprocess.Popen([*self.words, *more], cwd=self.folder, stdout=log, stderr=log,
                                    stdin=subprocess.DEVNULL)

    def events(self) -> list[dict]:
        path = self.folder / "run/events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def last_step(self) -> int:
        return max((event["step"] for event in self.events() if event["event"] == "step"), default=0)

    def parameters(self) -> str:
        last = self.folder / f"run/checkpoints/step-{STEPS:06}/parameters.safetensors"
        return hashlib.sha256(last.read_bytes()).hexdigest()

    def written_twice(self) -> int:
        """Steps and checkpoints that one start of the run wrote more than once."""
        twice, seen = 0, set()
        for event in self.events():
            if event["event"] == "run_started":
                seen = set()
            if event["event"] in ("step", "checkpoint"):
                key = (event["event"], event["step"])
                twice += key in seen
                seen.add(key)
        return twice


def kill_one(run: Run, choice: random.Random, slowest: list[float], named: list[bool]) -> str:
    """What went wrong; "" where nothing did."""
    before = run.last_step()
    launcher = run.start("--resume")
    deadline = time.monotonic() + 120
    # The run says its first new step, then some time passes.
    while launcher.poll() is None and run.last_step() <= before and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(choice.uniform(0, 0.3))
    ranks = ranks_in(run.folder)
    if launcher.poll() is not None or len(ranks) < 2:
        launcher.wait()
        return f"there was nothing to kill\n{run.log.read_text()}"
    os.kill(choice.choice(ranks), signal.SIGKILL)
    began = time.monotonic()
    try:
        code = launcher.wait(timeout=60)
    except subprocess.TimeoutExpired:
        launcher.kill()
        return f"the launcher did not end\n{run.log.read_text()}"
    while ranks_in(run.folder) and time.monotonic() < began + 60:
        time.sleep(0.05)
    slowest.append(time.monotonic() - began)
    if slowest[-1] > 30:
        return f"the others ended {slowest[-1]:.0f} s later"
    if code == 0:
        return "the exit code was 0"
    text = run.log.read_text()
    named.append("has ended" in text)
    return "" if named[-1] or "signal" in text else f"no message:\n{text}"


def main() -> int:
    program, plugins, scratch, kills = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    launcher = sys.argv[6:] or LAUNCHER
    if shutil.which(launcher[0]) is None:
        print(f"skipped: there is no {launcher[0]} (Debian: apt-get install openmpi-bin)")
        return 77
    if not (pathlib.Path(program).parents[1] / "lib/gistmill/plugins/collective-mpi.so").exists():
        print("skipped: built without MPI (Debian: apt-get install libopenmpi-dev)")
        return 77
    shutil.rmtree(scratch, ignore_errors=True)
    choice = random.Random(seed)
    whole = Run(program, plugins, scratch / "whole", launcher)
    if whole.start().wait() != 0:
        print(whole.log.read_text())
        return 1
    disturbed = Run(program, plugins, scratch / "disturbed", launcher)
    wrong, slowest, named, killed = 0, [], [], 0
    while killed < kills:
        if disturbed.last_step() >= STEPS - 60:  # the next one might find nothing to kill
            wrong += disturbed.start("--resume").wait() != 0 or disturbed.parameters() != whole.parameters()
            wrong += disturbed.written_twice()
            shutil.rmtree(disturbed.folder)
            disturbed = Run(program, plugins, scratch / "disturbed", launcher)
        said = kill_one(disturbed, choice, slowest, named)
        killed += 1
        if said:
            wrong += 1
            print(said)
    if disturbed.start("--resume").wait() != 0:
        wrong += 1
        print(disturbed.log.read_text())
    differ = disturbed.parameters() != whole.parameters()
    twice = disturbed.written_twice()
    print(f"{killed} kills: {wrong} went wrong; the others ended at most {max(slowest, default=0):.1f} s later, {sum(named)} "
          f"times naming the rank before the launcher ended them; parameters {'differ from' if differ else 'are'} those of an "
          f"undisturbed run, {twice} written twice")
    return 0 if wrong == twice == 0 and not differ else 1


if __name__ == "__main__":
    sys.exit(main())
