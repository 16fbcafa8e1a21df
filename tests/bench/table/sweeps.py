"""Eight trials that share the teacher's calls, as a sweep, beside eight runs that share nothing."""
import shutil
import tomllib

from outcome import Figure, Goal, Measured, Task
from workplace import ROOT, SCRATCH, say

STUDY = ROOT / "tests/bench/sweep_cached.toml"


def measure(work, _):
    program = work.program("bin/gistmill")
    folder = SCRATCH / "sweep-cache"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    texts = ["--set", f"variables.model={work.model}", "--set", f"variables.text={work.novels()}"]
    with open(STUDY, "rb") as file:
        rates = tomllib.load(file)["sweep"]["axes"]["learning_rate.peak"]
    # A study is not run: the same without its axes.
    recipe = STUDY.with_name(f".{STUDY.stem}.one.toml")
    recipe.write_text(STUDY.read_text(encoding="utf-8").split("[sweep]")[0], encoding="utf-8")
    alone = []
    try:
        for rate in rates:
            prepared = folder / f"prepared-{rate}"
            alone.append(work.run([program, "run", recipe, "--folder", folder / f"run-{rate}", *texts, "--set",
                                   f"learning_rate.peak={rate}", "--set", f"run.prepared={prepared}", "--set",
                                   "cache.max_gb=0"]).seconds)
            say(f"  alone, {rate}: {alone[-1]:.1f} s")
    finally:
        recipe.unlink()
    together = work.run([program, "sweep", STUDY, "--folder", folder / "sweeps/study", "--workers", work.threads, *texts,
                         "--set", f"run.prepared={folder / 'prepared'}"]).seconds
    say(f"  as a sweep: {together:.1f} s")
    shutil.rmtree(folder)
    return Measured([Figure("of the time of separate runs", together / sum(alone), "", Goal(1 / 3, at_least=False))],
                    {"seconds": together, "separate_seconds": alone},
                    f"{together:.0f} against {sum(alone):.0f} s")


TASKS = [Task("sweep-cache", "a sweep of eight trials that share the teacher's calls", "eight separate runs", measure)]
