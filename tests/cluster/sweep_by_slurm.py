#!/usr/bin/env python3
"""A sweep of small real trials as a Slurm array job. Tasks are told to save as before their time limit, and preempted;
afterwards every point must be done, none twice, and every parameter must have the bits of the same sweep without Slurm.

arguments: program, folder of test plugins, scratch folder; Slurm's commands in PATH (slurm.sh)
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import small_study

STEPS = 500
# No point ends before the test has told it to save: while the file "{go}" is missing, a step takes 0.2 s.
PACE = """\
[components.pace]
use = "test/slow"
step = 1000
until = "{go}"
[pipelines.train]
steps = ["data.next", {{ call = "pace.pass", out = {{ y = "paced" }} }},
         {{ call = "scale.apply", in = {{ x = "paced" }} }}, "loss.value"]
"""
SLURM = """\
[sweep.slurm]
partition = "low"
cpus = 1
save_seconds = 60
"""
# What a script may stumble over: sbatch, the shell and the names of output files each have marks of their own.
ODD_NAME = """it's 100% "odd" #1 $HOME"""


def say(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        raise SystemExit(f"{command} failed:\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def wait_until(what: str, holds, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds} s in vain: {what}\n{say('squeue')}")
        time.sleep(0.1)


def states(job: str) -> list[str]:
    """Of the tasks that Slurm still has to run or runs."""
    answer = subprocess.run(["squeue", "--noheader", "--array", f"--jobs={job}", "--format=%T"], capture_output=True,
                            text=True)
    return answer.stdout.split()


def restarts(job: str) -> int:
    text = say("scontrol", "show", "job", job)
    return sum(int(word.partition("=")[2]) for word in text.split() if word.startswith("Restarts="))


class Sweep:
    def __init__(self, program: str, plugins: str, folder: pathlib.Path, rates: list[float], go: pathlib.Path):
        self.program, self.plugins, self.folder, self.go = program, plugins, folder, go
        folder.mkdir(parents=True)
        (folder / "study.toml").write_text(small_study.text(rates, STEPS) + PACE.format(go=go) + SLURM)

    def gistmill(self, *words: str) -> str:
        answer = subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True)
        if answer.returncode != 0:
            raise SystemExit(f"{words} failed: {answer.returncode}\n{answer.stdout}{answer.stderr}{self.logs()}")
        return answer.stdout

    def sweep(self, *words: str) -> str:
        return self.gistmill("sweep", "study.toml", "--plugins", self.plugins, *words)

    def submit(self, *words: str) -> str:
        """The id of the job."""
        said = self.sweep("--slurm", *words)
        return said.split(":")[0].removeprefix("slurm job ")

    def points(self) -> list[dict]:
        return json.loads(self.gistmill("sweep", "status", "sweeps/study", "--json"))

    def count(self, state: str) -> int:
        return sum(point["state"] == state for point in self.points())

    def saved(self) -> int:
        """Checkpoints of points that are not done."""
        return len(list(self.folder.glob("sweeps/points/*/checkpoints/step-*")))

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("sweeps/study/slurm-*.log"))

    def results(self) -> dict[str, str]:
        return {point["id"]: small_study.digest(self.at(point["id"]), STEPS) for point in self.points()}

    def at(self, point: str) -> pathlib.Path:
        return self.folder / "sweeps/points" / point


def told_to_save_and_preempted(sweep: Sweep) -> str:
    job = sweep.submit("--workers", "2")
    wait_until("both tasks run and have saved", lambda: states(job) == ["RUNNING"] * 2 and sweep.saved() >= 2)
    time.sleep(5)  # a task that is told at once to save has too short a time limit, and does not come back
    say("scancel", "--signal=TERM", "--batch", f"{job}_0")  # what --signal does before the time limit
    wait_until("the task asks for its next turn", lambda: restarts(f"{job}_0") == 1)
    before = restarts(job)
    say("sbatch", "--partition=high", "--cpus-per-task=2", "--output=/dev/null", "--wrap=true")
    wait_until("the other task is preempted", lambda: restarts(job) > before)
    wait_until("both wait", lambda: states(job) == ["PENDING"] * 2)
    sweep.go.touch()
    # Slurm lets a job that is queued again wait for two minutes.
    for task in say("squeue", "--noheader", "--array", f"--jobs={job}", "--format=%i").split():
        say("scontrol", "update", f"JobId={task}", "StartTime=now")
    wait_until("the job ends", lambda: states(job) == [], 300)
    return job


def compare(sweep: Sweep, alone: Sweep) -> bool:
    found, expected = sweep.results(), alone.results()
    lost = len(expected) - sweep.count("done")
    twice = sum(small_study.ends(sweep.at(point)) != 1 for point in found)
    differ = sum(found[point] != digest for point, digest in expected.items())
    saved = sweep.logs().count("stopped and saved")
    print(f"{len(found)} points by Slurm, {saved} times stopped and saved: {lost} lost, {twice} not run exactly once, "
          f"{differ} with other bits")
    return lost == twice == differ == 0 and saved >= 1


def canceled_while_waiting(sweep: Sweep) -> bool:
    job = sweep.submit("--slurm-options", "--begin=now+1hour")
    status = sweep.gistmill("sweep", "status", "sweeps/study")
    waited = states(job)
    said = sweep.gistmill("sweep", "cancel", "sweeps/study")
    print(f"canceled: {len(waited)} tasks waited, {len(states(job))} do now; {sweep.count('canceled')} points canceled")
    return (f"slurm job {job}, 3 tasks" in status and waited == ["PENDING"] * 3 and states(job) == []
            and f"waiting tasks of slurm job {job} canceled" in said and sweep.count("canceled") == 3)


def canceled_while_running(sweep: Sweep) -> bool:
    """scontrol requeue would bring a canceled job back."""
    job = sweep.submit("--workers", "1")
    wait_until("the task runs and has saved", lambda: states(job) == ["RUNNING"] and sweep.saved() >= 2)
    say("scancel", job)
    wait_until("the task ends", lambda: states(job) == [])
    time.sleep(2)
    again = states(job)
    print(f"scancel of a running task: {sweep.count('done')} of 2 points done, tasks that came back: {len(again)}")
    return again == [] and sweep.count("queued") >= 1


def main() -> int:
    program, plugins, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(scratch, ignore_errors=True)

    go = scratch / "go"  # the same for all: a point is what its recipe says

    def sweep(name: str, rates: list[float]) -> Sweep:
        return Sweep(program, plugins, scratch / name, rates, go)

    rates = [0.05, 0.06, 0.07, 0.08]
    alone, by_slurm = sweep("alone", rates), sweep(ODD_NAME, rates)
    go.touch()
    alone.sweep("--workers", "2")
    go.unlink()
    told_to_save_and_preempted(by_slurm)
    good = compare(by_slurm, alone)
    go.unlink()
    good = canceled_while_waiting(sweep("waiting", rates[:3])) and good
    good = canceled_while_running(sweep("running", rates[:2])) and good
    if not good:
        print(by_slurm.logs()[-3000:])
    return 0 if good else 1


sys.exit(main())
