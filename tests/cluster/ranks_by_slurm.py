#!/usr/bin/env python3
"""One run of two ranks that srun started: the same bits as by itself, refused without PMIx, and a rank that is killed
ends the other, which srun does not do.

arguments: program, folder of test plugins, scratch folder; Slurm's commands in PATH (slurm.sh)
"""
import pathlib
import shutil
import subprocess
import sys

KILLS = pathlib.Path(__file__).resolve().parents[1] / "e2e/ranks"
sys.path.append(str(KILLS))
import kills

SRUN = ["srun", "--ntasks=2", "--mpi=pmix"]


def has_pmix() -> bool:
    said = subprocess.run(["srun", "--mpi=list"], capture_output=True, text=True)
    return "pmix" in said.stdout + said.stderr


def refused_without_pmix(program: str, plugins: str, folder: pathlib.Path) -> bool:
    run = kills.Run(program, plugins, folder, ["srun", "--ntasks=2", "--mpi=none"])
    code = run.start().wait()
    text = run.log.read_text()
    good = code != 0 and "does not speak to" in text and not (folder / "run").exists()
    print(f"without PMIx: exit code {code}, {'refused' if good else text}")
    return good


def alone_in_a_step(program: str, plugins: str, folder: pathlib.Path) -> bool:
    """srun -n 1 is a process by itself, and so is one in a job with several tasks."""
    run = kills.Run(program, plugins, folder, ["srun", "--ntasks=1", "--mpi=none"])
    code = run.start().wait()
    started = next(event for event in run.events() if event["event"] == "run_started")
    print(f"one task: exit code {code}, ranks {started.get('ranks', 1)}")
    return code == 0 and "ranks" not in started


def main() -> int:
    program, plugins, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if not (pathlib.Path(program).parents[1] / "lib/gistmill/plugins/collective-mpi.so").exists() or not has_pmix():
        print("skipped: built without MPI, or this Slurm has no PMIx (Debian: libopenmpi-dev, libpmix2)")
        return 77
    shutil.rmtree(scratch, ignore_errors=True)
    good = refused_without_pmix(program, plugins, scratch / "none")
    good = alone_in_a_step(program, plugins, scratch / "alone") and good
    killed = subprocess.run([sys.executable, KILLS / "kills.py", program, plugins, scratch / "kills", "2", "1", *SRUN])
    return 0 if good and killed.returncode == 0 else 1


sys.exit(main())
