#!/usr/bin/env python3
"""Holds the schema of recipes against a real validator: every shipped recipe passes, wrong ones fail.

arguments: program, folder of recipes
"""
import json
import pathlib
import subprocess
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("skipped: Debian's python3-jsonschema is not installed")
    sys.exit(77)

WRONG = {
    "an unknown table": "[runs]\nsteps = 1",
    "an unknown key": "[run]\nstepz = 1",
    "a string for an integer": '[run]\nsteps = "many"',
    "a number for a string": "[run]\npipeline = 3",
    "loggers that are no list": '[run]\nloggers = "progress"',
    "an unknown component": '[components]\na = { use = "gistnet/refin" }',
    "an unknown option": '[components]\na = { use = "gistnet/refine", widht = 3 }',
    "an option of the wrong type": '[components]\na = { use = "gistnet/refine", width = [1] }',
    "an option below its range": '[components]\na = { use = "gistnet/refine", width = 0 }',
    "a choice that is none": '[components]\na = { use = "gistnet/refine", input = "tokens" }',
    "an option of another component": '[components]\na = { use = "gistnet/zero", width = 8 }',
    "a corpus that weighs nothing": '[components]\na = { use = "dataset/spans", corpus = { novels = 0 } }',
    "a weight that is a string": '[components]\na = { use = "dataset/spans", corpus = { novels = "most" } }',
    "options beside from": '[components]\na = { from = "b.c", width = 8 }',
    "steps that are no list": '[pipelines.p]\nsteps = "a.b"',
    "a call without its operation": '[pipelines.p]\nsteps = ["corpus"]',
    "a call without call": "[pipelines.p]\nsteps = [{ in = { a = 'b' } }]",
    "a wire that is no name": "[pipelines.p]\nsteps = [{ call = 'a.b', in = { x = 1 } }]",
    "a weight that is no number": "[pipelines.p]\nminimize = { loss = true }",
    "a variant that is true": "[evaluations.e.variants]\ngist = true",
    "an unknown key of a variant": "[evaluations.e.variants.gist]\nuses = {}",
    "a stage without a recipe": "[[stage]]\nname = 'a'",
    "a take that is none": "[[stage]]\nrecipe = 'a.toml'\ntake = 'first'",
    "an unknown key of the schedule": "[learning_rate]\npeek = 1e-3",
}


def main() -> int:
    program, recipes = sys.argv[1:]
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft4Validator.check_schema(schema)
    validator = jsonschema.Draft4Validator(schema)
    failed = 0
    shipped = sorted(pathlib.Path(recipes).rglob("*.toml"))
    for path in shipped:
        for error in validator.iter_errors(tomllib.loads(path.read_text())):
            print(f"{path}: {error.message[:200]}")
            failed += 1
    for name, text in WRONG.items():
        if validator.is_valid(tomllib.loads(text)):
            print(f"{name} passes")
            failed += 1
    print(f"{len(shipped)} recipes, {len(WRONG)} wrong ones, {failed} failures")
    return 1 if failed else 0


sys.exit(main())
