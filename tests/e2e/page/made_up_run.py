"""A run folder as a long run leaves it, made up: many variants with long names, many figures, three stages, checks on the
way, messages, examples. For looking at pages."""
import json
import math

FIGURES = [("delta_nll.32", "delta-NLL", "H", "nats"), ("delta_nll.64", "delta-NLL", "H", "nats"),
           ("substitutability.32", "substitutability", "H", ""),
           ("delta_nll_by_surprise.0.5-3", "delta-NLL of targets with NLL", "", "nats"),
           ("distance", "distance of gists", "", "")]
VARIANTS = ["dropped", "zero vector", "last 1 in place", "last 8 in place", "keep: expected attention, 1 entry",
            "after stage 1, narrative", "after stage 2, structured", "after stage 3, mixed and adversarial"]
STAGES = ["narrative", "structured", "mixed"]
TEXT = "It was a bright cold day in April, and the clocks were striking — thirteen; naïve <b>tags</b> & all.\n"


def evaluation(name, stage, step, variants):
    entries = []
    for row, variant in enumerate(variants):
        for column, (figure, *_) in enumerate(FIGURES):
            value = 0.9 - 0.1 * row + 0.05 * column + 0.2 / (1 + step)
            entries.append({"variant": variant, "figure": figure, "trained": variant.startswith("after"),
                            "value": value, "mean": value, "standard_error": 0.02, "n": 1024, "documents": 100,
                            "recovered": 0.1 * row, "recovered_standard_error": 0.01, "paired": 0.3 - 0.1 * row,
                            "paired_standard_error": 0.01})
    figures = [{"name": figure, "aggregate": "mean", "better": "lower", "unit": unit, "title": title, "column": column}
               for figure, title, column, unit in FIGURES]
    return {"name": name, "stage": stage, "step": step, "reference": "dropped", "paired": "last 1 in place",
            "headline": "delta_nll.32", "items": "spans", "cluster": "document",
            "targets": [{"figure": "delta_nll.32", "below": 0.5, "bad": 2.0},
                        {"figure": "substitutability.32", "above": 0.9}], "figures": figures,
            "entries": entries}


def events():
    yield {"event": "run_started", "time": 1.8e9, "recipe": "recipes/gistnet/curriculum.toml", "run_folder": "runs/r",
           "version": "0.1.0", "processor": "AMD EPYC", "threads": 2, "seed": 0, "stages": [],
           "command": ["gistmill", "run", "recipes/gistnet/curriculum.toml"], "working_folder": "/home/ada/gistmill",
           "plugins": [{"name": "teacher-decoder", "version": "0.1.0", "digest": "0f" * 32}]}
    for number, stage in enumerate(STAGES):
        yield {"event": "stage_started", "time": 1.8e9, "stage": stage, "steps": 120, "trains": ["gist"],
               "parameters": 10778176}
        for step in range(1, 121):
            loss = 0.4 + math.exp(-step / 30) + 0.1 * math.sin(step * 1.7 + number)
            yield {"event": "step", "time": 1.8e9 + step, "stage": stage, "step": step, "loss": loss,
                   "losses": {"kl": loss, "apart": 0.01 * loss}, "learning_rate": 7e-4 * (1 - step / 121),
                   "gradient_norm": 1 + 0.3 * math.cos(step), "seconds": 1.5, "items": 28,
                   "peak_memory_bytes": 1.2e9}
            if step % 30 == 0:
                yield evaluation("check", stage, step, VARIANTS) | {"event": "evaluation", "time": 1.8e9}
        yield {"event": "decision", "time": 1.8e9, "stage": stage, "step": 120, "monitor": "plateau",
               "action": "advance", "reason": "delta_nll.32 fell by less than 5 % in 60 steps"}
    yield {"event": "message", "time": 1.8e9, "level": "warning", "instance": "teacher", "text": "slow here"}
    yield {"event": "run_finished", "time": 1.8e9, "status": "finished", "seconds": 540.0, "peak_memory_bytes": 1.3e9}


def examples():
    made = []
    for variant in VARIANTS[-3:]:
        for rank in ("worst", "best"):
            for number in range(3):
                words = [word + " " for word in (TEXT * 4).split(" ")]
                sign = 1 if rank == "worst" else -0.2
                tokens = [[word, sign * 4 * math.exp(-i / 4)] for i, word in enumerate(words)]
                made.append({"variant": variant, "rank": rank, "item": f"{number}", "value": sign * (2 - 0.1 * number),
                             "text": TEXT * 2, "tokens": tokens})
    return {"format": 1, "stage": "", "evaluation": "heldout", "figure": "delta_nll.32", "examples": made}


def write(folder):
    (folder / "examples").mkdir(parents=True)
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events()))
    (folder / "examples/heldout.json").write_text(json.dumps(examples()))
    (folder / "recipe.lock.toml").write_text('[run]\nsteps = 120  # recipes/gistnet/curriculum.toml:9:1\n' * 3)
    summary = {"format": 1, "recipe": "recipes/gistnet/curriculum.toml",
               "run": {"status": "finished", "seconds": 540.0},
               "evaluations": [evaluation("heldout", "", 0, VARIANTS)]}
    (folder / "summary.json").write_text(json.dumps(summary))
