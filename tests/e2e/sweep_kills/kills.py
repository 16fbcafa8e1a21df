#!/usr/bin/env python3
"""Kills processes of a sweep (SIGKILL: controller, workers, trials) at random moments, and begins it again each time.

Afterwards every point must be done, none may have run twice, and every parameter must have the bits of the same
study that nobody disturbed.

arguments: program, folder of test plugins, scratch folder, number of kills [seed]
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import small_study

STEPS = 40


def family(root: int) -> list[int]:
    """The process and all below it."""
    found, more = [], [root]
    while more:
        process = more.pop()
        found.append(process)
        try:
            children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        except OSError:
            continue
        more += [int(child) for child in children]
    return found


class Sweep:
    def __init__(self, program: str, plugins: str, folder: pathlib.Path):
        self.program, self.plugins, self.folder = program, plugins, folder
        folder.mkdir()

    def start(self) -> subprocess.Popen:
        command = [self.program, "sweep", "study.toml", "--workers", "2", "--plugins", self.plugins]
        log = open(self.folder / "log.txt", "a")
        return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def points(self) -> list[dict]:
        answer = subprocess.run([self.program, "sweep", "status", "sweeps/study", "--json"], cwd=self.folder,
                                capture_output=True)
        return json.loads(answer.stdout) if answer.returncode == 0 else []

    def is_open(self) -> bool:
        """Whether a point has not ended; before the first one is in the ledger, too."""
        points = self.points()
        return not points or any(point["state"] in ("queued", "running") for point in points)

    def results(self) -> dict[str, str]:
        """Point -> digest of the parameters that it ended with."""
        return {point["id"]: small_study.digest(self.at(point["id"]), STEPS) for point in self.points()}

    def at(self, point: str) -> pathlib.Path:
        return self.folder / "sweeps/points" / point


def disturb(sweep: Sweep, kills: int, dice: random.Random) -> int:
    """How many processes were killed before the study ended."""
    killed = 0
    process = sweep.start()
    while process.poll() is None or sweep.is_open():
        if process.poll() is not None:
            process = sweep.start()
        if killed >= kills:
            process.wait()
            continue
        time.sleep(dice.uniform(0.02, 0.5))
        living = family(process.pid)
        if process.poll() is None and living:
            os.kill(dice.choice(living), signal.SIGKILL)
            killed += 1
            time.sleep(dice.uniform(0, 0.1))
    return killed


def main() -> int:
    program, plugins, scratch, kills = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
    dice = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # Enough points that the kills come while some are open.
    rates = [round(0.05 + 0.01 * i, 2) for i in range(max(4, kills // 2))]
    sweeps = [Sweep(program, plugins, scratch / name) for name in ("undisturbed", "disturbed")]
    for sweep in sweeps:
        (sweep.folder / "study.toml").write_text(small_study.text(rates, STEPS))
    if sweeps[0].start().wait() != 0:
        print((sweeps[0].folder / "log.txt").read_text())
        return 1
    killed = disturb(sweeps[1], kills, dice)
    states = [point["state"] for point in sweeps[1].points()]
    lost = sum(state != "done" for state in states)
    twice = sum(small_study.ends(sweeps[1].at(point["id"])) != 1 for point in sweeps[1].points())
    differ = sum(sweeps[1].results()[point] != digest for point, digest in sweeps[0].results().items())
    print(f"{killed} kills, {len(states)} points: {lost} lost, {twice} not run exactly once, {differ} with other bits")
    if lost or twice or differ or killed < min(kills, 3):
        print((sweeps[1].folder / "log.txt").read_text()[-3000:])
        return 1
    return 0


sys.exit(main())
