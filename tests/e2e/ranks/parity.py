#!/usr/bin/env python3
"""Trains adapters of a real model, with dropout, on 1, 2 and 4 ranks, each twice, and compares what they saved.

The same ranks must save the same bits. Other ranks may differ by how sums are rounded: by a small part of what the
training changed.

arguments: program, scratch folder, number of steps; GISTMILL_MODEL names the model, a GGUF file
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
from array import array

RECIPE = pathlib.Path(__file__).resolve().parents[3] / "recipes/teacher/lora.toml"
MOST = 1e-3  # of the change


def words(model: str, steps: int) -> list[str]:
    options = {
        "variables.model": model, "variables.text": "text", "run.steps": steps, "run.micro_steps": 4, "run.threads": 1,
        "components.teacher.dtype": "f32", "components.base.dtype": "f32", "learning_rate.warmup": 2, "components.corpus.length": 32, "components.corpus.batch": 1,
        "components.heldout.length": 32, "components.heldout.batch": 1, "evaluations.heldout.steps": 1,
        "components.documents.group": "file", "components.documents.hold_out": "[]",
        "components.documents.validation": 0.3, "checkpoints.every": steps, "run.loggers": "[]",
    }
    return [word for key, value in options.items() for word in ("--set", f"{key}={value}")]


def write_prose(folder: pathlib.Path) -> None:
    """Made up: what it says does not matter, only that documents differ and are long enough."""
    folder.mkdir(parents=True)
    vocabulary = "the river turned slowly under a grey bridge while people walked home and lamps were lit one by".split()
    for document in range(12):
        state, text = 17 + document, []
        for word in range(400):
            state = (state * 1664525 + 1013904223) % 2**32
            text.append(vocabulary[(state >> 16) % len(vocabulary)] + (". " if word % 11 == 10 else " "))
        (folder / f"{document}.txt").write_text("".join(text))


def numbers(file: pathlib.Path) -> array:
    """All parameters of a checkpoint, in the order of the file."""
    data = file.read_bytes()
    header = int.from_bytes(data[:8], "little")
    assert all(entry["dtype"] == "F32" for name, entry in json.loads(data[8:8 + header]).items() if name != "__metadata__")
    return array("f", data[8 + header:])


def norm(values) -> float:
    return sum(value * value for value in values)**0.5


def main() -> int:
    program, scratch, steps = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    model = os.environ.get("GISTMILL_MODEL", "")
    if not pathlib.Path(model).is_file() or shutil.which("mpirun") is None:
        print("skipped: no model (GISTMILL_MODEL), or no mpirun (Debian: openmpi-bin)")
        return 77
    shutil.rmtree(scratch, ignore_errors=True)
    write_prose(scratch / "text")

    def trained(ranks: int, name: str, count: int) -> pathlib.Path:
        launcher = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(ranks)] if ranks > 1 else []
        command = [*launcher, program, "run", str(RECIPE), *words(model, count), "--folder", name]
        answer = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        if answer.returncode != 0:
            raise SystemExit(f"{ranks} ranks: exit code {answer.returncode}\n{answer.stderr}")
        return scratch / name / f"checkpoints/step-{count:06}/parameters.safetensors"

    first = numbers(trained(1, "begin", 1))
    one = trained(1, "1", steps)
    expected = numbers(one)
    change = norm(a - b for a, b in zip(expected, first))
    good = change > 0
    for ranks in (1, 2, 4):
        file, again = one if ranks == 1 else trained(ranks, str(ranks), steps), trained(ranks, f"{ranks}-again", steps)
        same = file.read_bytes() == again.read_bytes()
        found = numbers(file)
        part = norm(a - b for a, b in zip(found, expected)) / change
        furthest = max(abs(a - b) for a, b in zip(found, expected))
        print(f"{ranks} ranks, {steps} steps, {len(found)} parameters: {'the same bits' if same else 'OTHER BITS'} again; "
              f"{part:.2g} of the change beside one rank, at most {furthest:.2g} in one parameter")
        good = good and same and part < MOST
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
