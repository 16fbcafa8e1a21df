"""Training on spans: rates against the peer's step, share of the GEMM peak, memory, the second epoch from the cache.
The two sides and the GEMM peak take turns, process by process."""
import json
import os
import re
import shutil
import tempfile

from floor import SMOLLM2_135M, Setting, span_flops
from outcome import Figure, Goal, Measured, Task, median
from workplace import ROOT, SCRATCH, Unmeasured, say

PEER = "transformers, two passes per span"
SAMPLES = 5    # at least, of every median
DOCUMENTS = 3  # of an epoch that is cached

SHORT = {dtype: Setting(length=1024, spans=16, dtype=dtype) for dtype in ("bf16", "f32")}
LONG = {dtype: Setting(length=4096, spans=32, dtype=dtype) for dtype in ("bf16", "f32")}

# The host's own malloc thresholds (host/machine/memory.cpp), given to the peer too: its rate both ways.
MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=2000000000:"
                            "glibc.malloc.top_pad=67108864"}

# Sides of a measurement.
OURS, CACHED, THEIRS, THEIRS_MALLOC, GEMM = "gistmill", "cached", "peer", "peer with malloc's thresholds", "gemm"


class SpanMeasurements:
    """Measures every setting once, all sides that any row of the table wants of it taking turns."""

    def __init__(self, work):
        self.work = work
        self.wanted = {}  # setting -> set of sides
        self.seen = {}    # setting -> {side: {"rates": [spans/s], ...}}

    def want(self, setting, *sides):
        self.wanted.setdefault(setting, set()).update(sides)

    def of(self, setting, side):
        if setting not in self.seen:
            self.seen[setting] = self._measure(setting, self.wanted[setting])
        found = self.seen[setting][side]
        if isinstance(found, Unmeasured):
            raise found
        return found

    def _measure(self, setting, sides):
        rounds = self.work.rounds or 3
        take = {OURS: self._ours, CACHED: self._cached, THEIRS: self._theirs, THEIRS_MALLOC: self._theirs_malloc,
                GEMM: self._gemm}
        seen = {}
        for index in range(rounds):
            samples = self.work.steps or samples_of_rounds(rounds)[index]
            for side in (side for side in take if side in sides):
                if isinstance(seen.get(side), Unmeasured):
                    continue
                try:
                    merge(seen.setdefault(side, {}), take[side](setting, samples))
                except Unmeasured as why:
                    seen[side] = why
                say(f"  {setting.name}, round {index + 1} of {rounds}, {side}: {brief(seen[side])}")
        return seen

    def _ours(self, setting, samples):
        return run_steps(self.work, setting, samples)

    def _cached(self, setting, samples):
        return run_cached_steps(self.work, setting, samples)

    def _theirs(self, setting, samples, extra=None):
        python = self.work.peer_python("transformers")
        book = self.work.novels() / "emma.txt"
        finished = self.work.run([python, self.work.step_peer, self.work.model, book, setting.length, setting.horizon,
                                  "fp32" if setting.dtype == "f32" else setting.dtype, samples + 1], extra)
        return {"rates": peer_rates(finished.output), "peak_bytes": [finished.peak_bytes]}

    def _theirs_malloc(self, setting, samples):
        return self._theirs(setting, samples, MALLOC)

    def _gemm(self, setting, _):
        return gemm_peak(self.work, setting.dtype)


def samples_of_rounds(rounds):
    """SAMPLES, spread evenly: 2, 2, 1 over three."""
    return [SAMPLES // rounds + (index < SAMPLES % rounds) for index in range(rounds)]


def merge(all_rounds, one):
    for key, values in one.items():
        all_rounds.setdefault(key, []).extend(values)


def brief(found):
    if isinstance(found, Unmeasured):
        return f"not measured: {found}"
    if "gflops" in found:
        return f"{found['gflops'][-1]:.0f} GFLOP/s ({found['shapes'][-1]})"
    return f"{median(found['rates']):.3f} spans/s, {max(found['peak_bytes']) / 1e6:.0f} MB"


def peer_rates(output):
    """One span a step; step 0 warms up."""
    seconds = [float(value) for value in re.findall(r"^step [1-9]\d* .*?([0-9.]+)s$", output, re.MULTILINE)]
    if not seconds:
        raise Unmeasured("the peer printed no step behind step 0")
    return [1 / value for value in seconds]


def gemm_peak(work, dtype):
    found = work.run_json([work.program("bench/gemm_peak"), dtype, work.threads])
    return {"gflops": [found["gflops"]], "shapes": [found["shape"]]}


def training(work, recipe, setting, steps, folder, more=()):
    """The real program on a recipe of this folder; answers its step events and its peak memory."""
    options = {
        "variables.model": work.model, "variables.text": work.novels(), "run.steps": steps,
        "run.threads": work.threads, "run.prepared": SCRATCH / "prepared",
        "components.teacher.dtype": setting.dtype, "components.corpus.document": setting.length,
        "components.corpus.spans": setting.spans, "components.corpus.horizon": setting.horizon,
        "components.corpus.first": setting.first, "components.corpus.stride": setting.stride,
    }
    command = [work.program("bin/gistmill"), "run", ROOT / "tests/bench" / recipe, "--folder", folder, "--fresh"]
    for key, value in options.items():
        command += ["--set", f"{key}={value}"]
    for text in more:
        command += ["--set", text]
    finished = work.run(command)
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        steps = [event for event in map(json.loads, lines) if event["event"] == "step"]
    return steps, finished.peak_bytes


def run_steps(work, setting, samples):
    """The first step warms up."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        steps, peak = training(work, "span_training.toml", setting, samples + 1, folder)
    return {"rates": [step["items_per_second"] for step in steps[1:]], "peak_bytes": [peak],
            "flops_a_span": [step["flops"] / step["items"] for step in steps[1:] if "flops" in step]}


def run_cached_steps(work, setting, samples):
    """An epoch of few documents fills the cache; of the steps that then find everything in it the first warms up."""
    if not (ROOT / "tests/bench/span_training_cached.toml").exists():
        raise Unmeasured("this version has no call cache")
    cache = SCRATCH / "prepared/calls"
    shutil.rmtree(cache, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        steps, peak = training(work, "span_training_cached.toml", setting, DOCUMENTS + 1 + samples, folder,
                               [f"components.corpus.limit={DOCUMENTS}"])
    shutil.rmtree(cache, ignore_errors=True)
    found = [step for step in steps if step.get("cache_misses") == 0]
    if len(found) != samples + 1:
        raise Unmeasured(f"{len(found)} steps found everything in the cache when {samples + 1} should")
    return {"rates": [step["items_per_second"] for step in found[1:]], "peak_bytes": [peak]}


# ---- rows ----

def rate_task(name, setting, goal, side=OURS, work="spans/s"):
    sides = [side, THEIRS] + ([THEIRS_MALLOC] if setting == SHORT["bf16"] and side == OURS else [])

    def measure(_, spans):
        ours, theirs = spans.of(setting, side), spans.of(setting, THEIRS)
        rate, peer = median(ours["rates"]), median(theirs["rates"])
        note = f"{rate:.2f} against {peer:.4f} spans/s"
        details = {"spans_per_second": rate, "peer_spans_per_second": peer, "samples": ours["rates"],
                   "peer_samples": theirs["rates"], "peak_bytes": max(ours["peak_bytes"]),
                   "peer_peak_bytes": max(theirs["peak_bytes"])}
        if THEIRS_MALLOC in sides:
            tuned = median(spans.of(setting, THEIRS_MALLOC)["rates"])
            details["peer_with_malloc_thresholds_spans_per_second"] = tuned
            note += f"; {rate / tuned:.1f} times the peer with our malloc thresholds"
        return Measured([Figure("", rate / peer, "times", Goal(goal))], details, note)

    return Task(name, f"{work}, {setting.name}", PEER, measure, needs_peer=True, wants=[(setting, sides)])


def share_task(name, setting, goal=70.0):
    def measure(_, spans):
        rate, gemm = median(spans.of(setting, OURS)["rates"]), spans.of(setting, GEMM)
        peak = median(gemm["gflops"])
        floor = span_flops(SMOLLM2_135M, setting)
        useful = rate * floor / 1e9
        return Measured([Figure("", 100 * useful / peak, "%", Goal(goal))],
                        {"useful_gflops": useful, "peak_gflops": peak, "peak_samples": gemm["gflops"],
                         "peak_shapes": gemm["shapes"], "floor_flops_a_span": floor},
                        f"{useful:.0f} of {peak:.0f} GFLOP/s, {gemm['shapes'][0]}")

    return Task(name, f"useful FLOPs, {setting.name}", "peak of ATen GEMM in the same run", measure,
                wants=[(setting, [OURS, GEMM])])


def counted_task(name, settings):
    def measure(_, spans):
        figures, details = [], {}
        for setting in settings:
            counted = spans.of(setting, OURS)["flops_a_span"]
            if not counted:
                raise Unmeasured("step events carry no flops")
            floor = span_flops(SMOLLM2_135M, setting)
            figures.append(Figure(f"T {setting.length} off by", 100 * abs(median(counted) / floor - 1), "%",
                                  Goal(5.0, at_least=False)))
            details[setting.name] = {"counted_flops_a_span": median(counted), "floor_flops_a_span": floor}
        return Measured(figures, details)

    return Task(name, "FLOPs that the calls account for", "the floor's formula", measure,
                wants=[(setting, [OURS]) for setting in settings])


def memory_task(name, setting, goal=3.0):
    def measure(_, spans):
        ours = max(spans.of(setting, OURS)["peak_bytes"])
        theirs = max(spans.of(setting, THEIRS)["peak_bytes"])
        return Measured([Figure("", theirs / ours, "times less", Goal(goal))],
                        {"peak_bytes": ours, "peer_peak_bytes": theirs},
                        f"{ours / 1e6:.0f} against {theirs / 1e6:.0f} MB")

    return Task(name, f"peak resident memory, {setting.name}", PEER, measure, needs_peer=True,
                wants=[(setting, [OURS, THEIRS])])


CACHED_WORK = "spans/s in a second epoch, the original pass cached"
TASKS = [
    rate_task("spans-1024-bf16", SHORT["bf16"], 20),
    rate_task("spans-4096-bf16", LONG["bf16"], 85),
    rate_task("spans-1024-f32", SHORT["f32"], 16),
    rate_task("spans-4096-f32", LONG["f32"], 65),
    rate_task("cached-1024", SHORT["bf16"], 28, CACHED, CACHED_WORK),
    rate_task("cached-4096", LONG["bf16"], 120, CACHED, CACHED_WORK),
    share_task("flops-1024", SHORT["bf16"]),
    share_task("flops-4096", LONG["bf16"]),
    counted_task("counted-flops", [SHORT["bf16"], LONG["bf16"]]),
    memory_task("memory-4096", LONG["bf16"]),
]
