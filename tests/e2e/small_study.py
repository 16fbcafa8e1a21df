"""A study of small real trials, for tests that disturb a sweep: what it computes, and whether it did so once."""
import hashlib
import json
import pathlib

RAMP = pathlib.Path(__file__).resolve().parents[1] / "plugins/plain/ramp.toml"


def text(rates: list[float], steps: int) -> str:
    """One point for each learning rate; every step is saved."""
    return f"""\
extends = "{RAMP}"
[components]
figure = {{ use = "test/figure" }}
[pipelines.measure]
steps = ["data.next", "scale.apply", {{ call = "figure.measure", in = {{ x = "y" }} }}]
[evaluations.end]
pipeline = "measure"
steps = 1
[run]
steps = {steps}
[checkpoints]
every = 1
[sweep]
axes."learning_rate.peak" = {rates}
headline = "number"
"""


def digest(folder: pathlib.Path, steps: int) -> str:
    """Of the parameters that the point in the folder ended with."""
    last = folder / f"checkpoints/step-{steps:06}/parameters.safetensors"
    return hashlib.sha256(last.read_bytes()).hexdigest() if last.exists() else "missing"


def ends(folder: pathlib.Path) -> int:
    """How often the point reached its end."""
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines() if line.endswith("}")]
    return sum(event["event"] == "run_finished" and event["status"] == "finished" for event in events)
