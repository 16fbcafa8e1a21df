#!/usr/bin/env python3
"""Exports a run to Weights & Biases, from the events that the run wrote. Needs the Python package wandb.

usage: scripts/to-wandb.py RUN --project NAME [--entity NAME] [--name NAME] [--offline]

Every step becomes one row, also where a run was resumed and repeated some. Metrics are named after their stage,
"contextual/loss", and have the stage's own step as their axis. Exporting a run again, when it has gone on, adds the new
rows to the same W&B run. With --offline nothing is sent: `wandb sync` does that later, from the folder wandb/.
"""
import argparse
import hashlib
import json
import pathlib
import sys
import tomllib

STEP_NUMBERS = ("loss", "learning_rate", "gradient_norm", "seconds", "items_per_second", "utilization",
                "peak_memory_bytes")


def read_events(path):
    """The events of a run, oldest first. A last line that a crash cut short is left out."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def is_repeated(kept, event):
    """Whether a step that came again replaces `kept`: docs/events.md, "Resuming"."""
    return kept["stage"] == event["stage"] and kept["step"] >= event["step"]


def rows_of(events):
    """Steps and evaluations that count, in their order."""
    rows = []
    for event in events:
        if event.get("event") not in ("step", "evaluation"):
            continue
        event.setdefault("stage", "")
        event.setdefault("step", 0)
        if event["event"] == "step":
            while rows and is_repeated(rows[-1], event):
                rows.pop()
        rows.append(event)
    return rows


def metrics_of(event):
    """The numbers of one row, by their names in W&B."""
    prefix = event["stage"] + "/" if event["stage"] else ""
    metrics = {prefix + "step": event["step"]}
    if event["event"] == "step":
        numbers = {key: event.get(key) for key in STEP_NUMBERS}
        numbers |= {"losses/" + slot: loss for slot, loss in event.get("losses", {}).items()}
    else:
        numbers = {}
        for entry in event.get("entries", []):
            name = "/".join((event.get("name", "evaluation"), entry.get("figure", ""), entry.get("variant", "")))
            numbers[name] = entry.get("value", entry.get("mean"))
    metrics |= {prefix + key: value for key, value in numbers.items() if isinstance(value, (int, float))}
    return metrics


def config_of(folder):
    """The resolved recipe of the run."""
    lock = folder / "recipe.lock.toml"
    return tomllib.loads(lock.read_text(encoding="utf-8")) if lock.exists() else {}


def identity_of(folder, events):
    """The same whenever this run is exported."""
    started = next((event.get("time") for event in events if event.get("event") == "run_started"), None)
    return hashlib.sha256(f"{folder.resolve()} {started}".encode()).hexdigest()[:16]


def export(wandb, folder, options):
    events = list(read_events(folder / "events.jsonl"))
    run = wandb.init(project=options.project, entity=options.entity, name=options.name or folder.name,
                     id=identity_of(folder, events), resume="never" if options.offline else "allow",
                     mode="offline" if options.offline else "online", config=config_of(folder))
    rows = rows_of(events)
    for stage in dict.fromkeys(row["stage"] for row in rows if row["stage"]):
        run.define_metric(stage + "/step", hidden=True)
        run.define_metric(stage + "/*", step_metric=stage + "/step")
    for number, row in enumerate(rows):
        run.log(metrics_of(row), step=number)
    summary = folder / "summary.json"
    if summary.exists():
        run.summary.update({"run/" + key: value for key, value in json.loads(summary.read_text())["run"].items()})
    run.finish()
    return len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, metavar="RUN", help="folder of the run")
    parser.add_argument("--project", required=True, help="project in W&B")
    parser.add_argument("--entity", help="user or team in W&B (default: your own)")
    parser.add_argument("--name", help="name in W&B (default: the folder's)")
    parser.add_argument("--offline", action="store_true", help="write wandb/ here and send nothing")
    options = parser.parse_args()
    if not (options.run / "events.jsonl").is_file():
        sys.exit(f"{options.run} is no folder of a run: it has no events.jsonl")
    try:
        import wandb
    except ImportError:
        sys.exit("the Python package wandb is missing; install it with: pip install wandb")
    print(f"{export(wandb, options.run, options)} rows exported to project {options.project}")


if __name__ == "__main__":
    main()
